// The words of the card form, from the language that the document was served in or was switched to.

import type { FieldFault, FieldName } from '../shared/card_rules';
import type { ErrorCode } from '../shared/error_codes';
import { text, type TextKey } from '../shared/texts';

/** A field that has no words of its own for a fault says that what is typed is not right. */
export function fieldMessage(field: FieldName, fault: FieldFault): string {
  const key = `fault.${field}.${fault}`;
  const found = text(key as TextKey);
  return found === key ? text(`fault.${field}.invalid`) : found;
}

/** Codes that no shopper can meet have no words: the code itself tells the integrator. */
export function errorMessage(code: ErrorCode): string {
  const key = `error.${code}`;
  const found = text(key as TextKey);
  return found === key ? code : found;
}
