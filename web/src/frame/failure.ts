// A failure inside the frame, on its way to the host as a WireError.

import type { FieldName } from '../shared/card_rules';
import type { ErrorCode } from '../shared/error_codes';
import type { WireError } from '../shared/protocol';
import { errorMessage } from './messages';

export class Failure extends Error {
  constructor(
    readonly code: ErrorCode,
    readonly fields: readonly FieldName[] = [],
  ) {
    super(errorMessage(code));
  }

  toWire(): WireError {
    return { code: this.code, message: this.message, fields: [...this.fields] };
  }
}

/**
 * What any error means to the host; one that is not ours is our bug and says nothing of its text.
 */
export function toFailure(error: unknown): Failure {
  return error instanceof Failure ? error : new Failure('service_failed');
}
