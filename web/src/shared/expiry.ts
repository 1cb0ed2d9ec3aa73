// The expiry date of a card: reading what a shopper, a paste or the browser's autofill puts into
// one "MM / YY" field. Pure functions; the current date is passed in.

import { asciiDigits, caretBehindDigit, digitsOf, type Edited } from './card_text';

export interface Expiry {
  /** 1…12 */
  readonly month: number;
  /** Four digits. */
  readonly year: number;
}

export type ExpiryFault = 'incomplete' | 'invalid' | 'past';

const kMaxYearsAhead = 20;
// A card is good until its last month has ended everywhere on Earth, which is last so at UTC-12.
const kLastZoneMs = 12 * 3600 * 1000;

interface Parts {
  readonly month: string;
  readonly year: string;
  /** The caret is behind the month: in the separator or in the year. */
  readonly past: boolean;
  /** The month has one digit and can have no second one. */
  readonly padded: boolean;
}

/** With a separator: what stands on either side; a third digit of the month goes on to the year. */
function partsAround(match: RegExpExecArray, caret: number, before: number): Parts {
  const [, lead = '', digits = '', rest = ''] = match;
  const month = digits.slice(0, 2);
  const carried = before > 2 ? digits.slice(2) : '';
  const past = carried !== '' || caret > lead.length + digits.length;
  const padded = /^[2-9]$/.test(month) || (past && month === '1');
  return { month, year: carried + rest, past, padded };
}

/** Digits only: "930" is September as much as "0930". */
function partsOf(digits: string, before: number, inserted: boolean): Parts {
  const padded = inserted && /^([2-9]|1[3-9])/.test(digits);
  const length = padded ? 1 : 2;
  return {
    month: digits.slice(0, length),
    year: digits.slice(length),
    past: before > length,
    padded,
  };
}

/**
 * The expiry field after an edit that left `typed` with the caret at `caret`: "9" → "09 / ",
 * "1230", "12/2030" and "2030-12" → "12 / 30". The separator appears once the month is complete,
 * but not while the shopper erases, and keeps month and year apart while either is edited.
 */
export function editExpiry(typed: string, caret: number, inserted: boolean): Edited {
  const raw = asciiDigits(typed).replace(/^\D*(20\d\d)\D+(\d{1,2})\D*$/, '$2/$1');
  const at_end = caret >= typed.length;
  const before = digitsOf(raw.slice(0, caret)).length;
  const match = /^([^\d/]*)(\d*)\D+(\d*)/.exec(raw);
  const parts = match
    ? partsAround(match, at_end ? raw.length : caret, before)
    : partsOf(digitsOf(raw), before, inserted);
  const pad = inserted && parts.padded ? '0' : '';
  const month = pad + parts.month;
  // Whoever types 2030 has "20" there on the way.
  const year = (at_end ? parts.year.replace(/^20(?=\d)/, '') : parts.year).slice(0, 2);
  const parted = year !== '' || (inserted && month.length === 2);
  const text = month + (parted ? ` / ${year}` : '');
  if (at_end) return { text, caret: text.length };
  const behind = before + pad.length;
  const found = caretBehindDigit(text, behind);
  const in_year = parts.past || (inserted && behind >= 2);
  return {
    text,
    caret: in_year ? Math.min(Math.max(found, month.length + 3), text.length) : found,
  };
}

/** The date in the field's text, or why there is none: incomplete, then invalid, then past. */
export function readExpiry(text: string, now: Date): Expiry | ExpiryFault {
  const digits = digitsOf(text);
  if (digits.length !== 4) return 'incomplete';
  const month = Number(digits.slice(0, 2));
  const year = 2000 + Number(digits.slice(2));
  if (month < 1 || month > 12) return 'invalid';
  const last = new Date(now.getTime() - kLastZoneMs);
  const this_year = last.getUTCFullYear();
  if (year < this_year || (year === this_year && month < last.getUTCMonth() + 1)) return 'past';
  return year > this_year + kMaxYearsAhead ? 'invalid' : { month, year };
}
