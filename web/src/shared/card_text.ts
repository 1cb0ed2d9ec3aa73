// What a shopper types, turned into what the field shows: digits grouped as on the card, and the
// caret put where the shopper expects it. Pure functions; the frame calls them on every input
// event.

import {
  kMaxPanDigits,
  kNetworkRules,
  detectNetwork,
  maxPanDigits,
  type Network,
} from './networks';

export interface Edited {
  readonly text: string;
  /** Offset in `text`, 0…text.length. */
  readonly caret: number;
}

/** Full-width and Arabic digits, as some keyboards give, made ASCII ones; the length stays. */
export function asciiDigits(text: string): string {
  // The last four bits of each of these code points are the digit.
  return text.replace(/[\u0660-\u0669\u06f0-\u06f9\uff10-\uff19]/g, (c) =>
    String(c.charCodeAt(0) & 15),
  );
}

/** The digits of a text, as ASCII. */
export function digitsOf(text: string): string {
  return asciiDigits(text).replace(/\D/g, '');
}

/** Card number digits in the groups of its network: "378282246310005" → "3782 822463 10005". */
export function groupDigits(digits: string, network: Network | null): string {
  const sizes = network === null ? [4] : kNetworkRules[network].groups;
  const groups: string[] = [];
  let at = 0;
  while (at < digits.length) {
    const size = sizes[Math.min(groups.length, sizes.length - 1)] ?? 4;
    groups.push(digits.slice(at, at + size));
    at += size;
  }
  return groups.join(' ');
}

/** The offset just behind the `count`-th digit of `text` (0 → 0). */
export function caretBehindDigit(text: string, count: number): number {
  if (count === 0) return 0;
  let seen = 0;
  for (let i = 0; i < text.length; i++) {
    if (/\d/.test(text.charAt(i)) && ++seen === count) return i + 1;
  }
  return text.length;
}

/**
 * The card number field after an edit that left `raw` with the caret at `caret`. The caret stays
 * behind the same digit, and hops over the gap when the digit before it was just typed
 * (`inserted`).
 */
export function editNumber(raw: string, caret: number, inserted: boolean): Edited {
  const all = digitsOf(raw);
  const network = detectNetwork(all);
  const digits = all.slice(0, Math.min(maxPanDigits(network), kMaxPanDigits));
  const before = Math.min(digitsOf(raw.slice(0, caret)).length, digits.length);
  const text = groupDigits(digits, network);
  const behind = caretBehindDigit(text, before);
  const hop = inserted && text.charAt(behind) === ' ' ? 1 : 0;
  return { text, caret: behind + hop };
}

/**
 * What Backspace (`direction` -1) or Delete (+1) beside a gap should leave: without this the gap
 * would come back and the key would seem dead. The gap stays; null when the key needs no help.
 */
export function eraseAcrossGap(text: string, caret: number, direction: -1 | 1): Edited | null {
  const [head, tail] = [text.slice(0, caret), text.slice(caret)];
  const gap = (direction === -1 ? /\D+$/.exec(head) : /^\D+/.exec(tail))?.[0] ?? '';
  const at = direction === -1 ? caret - gap.length - 1 : caret + gap.length;
  if (gap === '' || at < 0 || at >= text.length) return null;
  return { text: text.slice(0, at) + text.slice(at + 1), caret: at };
}

/** A security code: digits only, at most as long as the network's (4 while it is unknown). */
export function editCvc(raw: string, caret: number, network: Network | null): Edited {
  const digits = digitsOf(raw).slice(0, network === null ? 4 : kNetworkRules[network].cvcLength);
  return { text: digits, caret: Math.min(digitsOf(raw.slice(0, caret)).length, digits.length) };
}

/**
 * What a pasted or dropped text should put in the place of whatever the field holds: the run of 12
 * to 19 digits that is a card number, or all of a text with as many digits as an expiry date or a
 * security code has. Null when the text is only a piece, which goes where the caret is.
 */
export function wholeIn(field: 'number' | 'expiry' | 'cvc', pasted: string): string | null {
  const text = asciiDigits(pasted);
  if (field === 'number') return /\d(?:[\s.-]*\d){11,18}/.exec(text)?.[0] ?? null;
  return digitsOf(text).length >= 3 ? text : null;
}
