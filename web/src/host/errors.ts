// The library's one error class, as declared in obolus.d.ts.

import { actorFor, type Actor, type ErrorCode } from '../shared/error_codes';
import type { FieldName } from '../shared/card_rules';

export class ObolusError extends Error {
  readonly code: ErrorCode;
  readonly actor: Actor;
  readonly fields: readonly FieldName[];

  constructor(code: ErrorCode, message: string, fields: readonly FieldName[] = []) {
    super(message);
    this.name = 'ObolusError';
    this.code = code;
    this.actor = actorFor(code);
    this.fields = fields;
  }
}
