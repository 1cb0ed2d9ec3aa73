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

/** The ASCII digits of a text; full-width digits, as some keyboards give, count as well. */
export function digitsOf(text: string): string {
  return text
    .replace(/[０-９]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0))
    .replace(/\D/g, '');
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
 * would come back and the key would seem dead. Null when the key needs no help from us.
 */
export function eraseAcrossGap(text: string, caret: number, direction: -1 | 1): Edited | null {
  const gap = direction === -1 ? text.slice(0, caret) : text.slice(caret);
  const match = direction === -1 ? /\d[^\d]+$/.exec(gap) : /^[^\d]+\d/.exec(gap);
  if (match === null) return null;
  if (direction === -1) {
    return { text: gap.slice(0, match.index) + text.slice(caret), caret: match.index };
  }
  return { text: text.slice(0, caret) + gap.slice(match[0].length), caret };
}

/** A security code: digits only, at most as long as the network's (4 while it is unknown). */
export function editCvc(raw: string, caret: number, network: Network | null): Edited {
  const digits = digitsOf(raw).slice(0, network === null ? 4 : kNetworkRules[network].cvcLength);
  return { text: digits, caret: Math.min(digitsOf(raw.slice(0, caret)).length, digits.length) };
}
