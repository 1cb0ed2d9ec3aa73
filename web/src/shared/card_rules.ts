// Is this card number, security code, name acceptable? The same answers as the server's, given
// while the shopper types so that a slip is found at once; the server remains the judge. Pure
// functions.

import { utf8 } from './base64url';
import { couldBecomeNetwork, kNetworkRules, type Network } from './networks';

export const kFields = ['number', 'expiry', 'cvc', 'name'] as const;
export type FieldName = (typeof kFields)[number];

/** Why a field is not acceptable; the words for the shopper are in frame/messages.ts. */
export const kFieldFaults = [
  'empty',
  'incomplete',
  'invalid',
  'past',
  'network_not_accepted',
  'refused',
] as const;
export type FieldFault = (typeof kFieldFaults)[number];

/** The check digit of ISO/IEC 7812-1 Annex B; false for anything but digits. */
export function passesLuhn(digits: string): boolean {
  if (!/^\d+$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits.charAt(digits.length - 1 - i));
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/**
 * What is wrong with a card number of `network` (null while none is known), which the session
 * accepts or not, or null. In order: empty, invalid (of no network), network_not_accepted (as soon
 * as it is known), invalid (a wrong check digit at a length that the network has), incomplete.
 */
export function numberFault(
  digits: string,
  network: Network | null,
  accepted: boolean,
): FieldFault | null {
  if (digits === '') return 'empty';
  if (network === null) return couldBecomeNetwork(digits) ? 'incomplete' : 'invalid';
  if (!accepted) return 'network_not_accepted';
  if (kNetworkRules[network].lengths.includes(digits.length)) {
    return passesLuhn(digits) ? null : 'invalid';
  }
  return 'incomplete';
}

/**
 * What is wrong with a security code for this network (3 or 4 digits while it is unknown), or null.
 */
export function cvcFault(digits: string, network: Network | null): FieldFault | null {
  if (digits === '') return 'empty';
  if (network === null) return /^\d{3,4}$/.test(digits) ? null : 'incomplete';
  const wanted = kNetworkRules[network].cvcLength;
  if (digits.length < wanted) return 'incomplete';
  return digits.length === wanted ? null : 'invalid';
}

const kMaxNameBytes = 128;

/**
 * A cardholder name: at most 128 bytes of UTF-8 without control characters; one that is really a
 * card number (12 digits or more) is refused, as it would be kept in clear.
 */
export function nameFault(text: string, required: boolean): FieldFault | null {
  const name = text.trim();
  if (name === '') return required ? 'empty' : null;
  const wrong =
    utf8(name).length > kMaxNameBytes ||
    name.replace(/\D/g, '').length >= 12 ||
    /[\u0000-\u001f\u007f]/.test(name);
  return wrong ? 'invalid' : null;
}
