// The words of the card form. English is the one language so far; a language is a table of this
// shape.

import type { FieldFault, FieldName } from '../shared/card_rules';
import type { ErrorCode } from '../shared/error_codes';

type FieldMessages = Partial<Record<FieldFault, string>> & { invalid: string };

const kFieldMessages: Record<FieldName, FieldMessages> = {
  number: {
    empty: 'Enter the card number.',
    incomplete: 'The card number is too short.',
    invalid: 'Check the card number: it has a typing error.',
    network_not_accepted: 'This kind of card is not accepted here.',
    refused: 'This card number was not accepted. Check it or use another card.',
  },
  expiry: {
    empty: 'Enter the expiry date.',
    incomplete: 'Enter month and year, as on the card.',
    invalid: 'Check the expiry date: there is no such date.',
    past: 'This card has expired.',
    refused: 'This expiry date was not accepted.',
  },
  cvc: {
    empty: 'Enter the security code.',
    incomplete: 'The security code is too short.',
    invalid: 'The security code is too long for this card.',
    refused: 'This security code was not accepted.',
  },
  name: {
    empty: 'Enter the name on the card.',
    invalid: 'Enter the name as it stands on the card.',
    refused: 'This name was not accepted.',
  },
};

const kErrorMessages: Partial<Record<ErrorCode, string>> = {
  card_invalid: 'The card details need correction.',
  session_not_found: 'This payment session does not exist or has expired.',
  session_expired: 'This payment session has expired.',
  session_ended: 'This payment session has ended.',
  network_failed: 'The connection failed. It is safe to try again.',
  service_failed: 'The payment service has a problem. It is safe to try again.',
  rate_limited: 'Too many attempts. Wait a little and try again.',
  browser_unsupported: 'This browser cannot encrypt card details here (no secure context).',
};

export const kSecurityCodeHint = { three: '3 digits', four: '4 digits' } as const;
export const kCardTaken = 'Card details received.';
export const kFormClosed = 'This form is closed.';

export function fieldMessage(field: FieldName, fault: FieldFault): string {
  const messages = kFieldMessages[field];
  return messages[fault] ?? messages.invalid;
}

export function errorMessage(code: ErrorCode): string {
  return kErrorMessages[code] ?? code;
}
