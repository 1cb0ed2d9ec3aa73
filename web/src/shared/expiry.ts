// The expiry date of a card: reading what a shopper, a paste or the browser's autofill puts into
// one "MM / YY" field. Pure functions; the current date is passed in.

import { caretBehindDigit, digitsOf, type Edited } from './card_text';

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

/**
 * "2030-09", "09/2030", "9/30", "0930" → "0930"; what is not complete yet stays as short as it is.
 */
export function expiryDigits(raw: string): string {
  const iso = /^\s*(20\d\d)\s*[-/.]\s*(\d{1,2})\s*$/.exec(raw);
  if (iso) return (iso[2] ?? '').padStart(2, '0') + (iso[1] ?? '').slice(2);
  const split = /^\D*(\d{1,2})\s*[^\d\s]\s*(\d*)/.exec(raw);
  if (split) {
    const year = split[2] ?? '';
    return (split[1] ?? '').padStart(2, '0') + shortYear(year);
  }
  const digits = digitsOf(raw);
  if (/^[2-9]/.test(digits)) return '0' + digits.slice(0, 1) + shortYear(digits.slice(1));
  if (/^1[3-9]/.test(digits)) return '01' + shortYear(digits.slice(1));
  return digits.slice(0, 2) + shortYear(digits.slice(2));
}

function shortYear(year: string): string {
  return /^20\d\d$/.test(year) ? year.slice(2) : year.slice(0, 2);
}

/**
 * The expiry field after an edit that left `raw` with the caret at `caret`: "9" → "09 / ", "1230" →
 * "12 / 30". The separator appears once the month is complete, but not while the shopper erases.
 */
export function editExpiry(raw: string, caret: number, inserted: boolean): Edited {
  const at_end = caret >= raw.length;
  if (!inserted) {
    const digits = digitsOf(raw).slice(0, 4);
    const text = digits.length > 2 ? `${digits.slice(0, 2)} / ${digits.slice(2)}` : digits;
    const before = Math.min(digitsOf(raw.slice(0, caret)).length, digits.length);
    return { text, caret: caretBehindDigit(text, before) };
  }
  const digits = expiryDigits(raw);
  const text = digits.length >= 2 ? `${digits.slice(0, 2)} / ${digits.slice(2)}` : digits;
  if (at_end) return { text, caret: text.length };
  const before = Math.min(digitsOf(raw.slice(0, caret)).length, digits.length);
  return { text, caret: caretBehindDigit(text, before) };
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
