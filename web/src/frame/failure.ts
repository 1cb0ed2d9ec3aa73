// A failure inside the frame, on its way to the host as a WireError. It may come out of the other
// script of the frame, so it is known by its code, not by its class.

import type { FieldName } from '../shared/card_rules';
import { kErrorCodes, type ErrorCode } from '../shared/error_codes';
import type { WireError } from '../shared/protocol';
import { errorMessage } from './messages';

export class Failure extends Error {
  constructor(
    readonly code: ErrorCode,
    readonly fields: readonly FieldName[] = [],
  ) {
    super(code);
  }
}

/** What any error means to the host; one that is not ours is our bug and tells nothing. */
export function toWire(error: unknown): WireError {
  const { code, fields = [] } = error as Partial<Failure>;
  const known = kErrorCodes.find((each) => each === code) ?? 'service_failed';
  return { code: known, message: errorMessage(known), fields: [...fields] };
}
