// The session's state as the server says it (contract 4.1), read strictly: an answer of another
// shape is no state. Used by the frame and by our own pages.

import {
  anyOf,
  integer,
  list,
  oneOf,
  orNull,
  shape,
  text,
  type Guard,
  type Guarded,
} from './guard';
import type { EcPublicJwk } from './jwe';
import type { PublicState } from './protocol';

const base = shape({
  next_action: orNull(oneOf('tokenize_card', 'wait', '3ds_challenge')),
});

const isJwkEc: Guard<EcPublicJwk> = shape({
  kty: oneOf('EC'),
  crv: oneOf('P-256'),
  x: text(64),
  y: text(64),
  kid: text(200),
});

const isTokenizeData = shape({ jwk_ec: isJwkEc });
const isWork = shape({ seed: text(100), bits: integer(4, 20), parts: integer(1, 32) });
const isSchemes = list(text(40), 20);
const isPayment = shape({
  amount: integer(0, Number.MAX_SAFE_INTEGER),
  currency_code: text(3),
});
const isCount = integer(0, 86_400);
const isText = anyOf(text(4096));

const isWindowSize = oneOf('01', '02', '03', '04', '05');
export type WindowSize = Guarded<typeof isWindowSize>;

/** What the server wants solved with the next card (frame/proof_of_work). */
export type Work = Guarded<typeof isWork>;

export interface Tokenize {
  readonly key: EcPublicJwk;
  /** Empty: every network is accepted. */
  readonly schemes: readonly string[];
  readonly work: Work | null;
}

export interface SessionState extends PublicState {
  readonly tokenize: Tokenize | null;
  readonly payment: Guarded<typeof isPayment> | null;
  readonly expiresInSeconds: number | null;
  /** Of a cool-down that a refused card began: what is left of it, and of the attempts. */
  readonly retryAfterSeconds: number | null;
  readonly attemptsLeft: number | null;
  /** EMV 3DS window size that the challenge was made for. */
  readonly windowSize: WindowSize | null;
  /** Of the shop, when the outcome is long in coming: the shopper need not wait here. */
  readonly wayBackUrl: string | null;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function textMember(value: unknown, name: string): string | null {
  const found = member(value, name);
  return isText(found) && found !== '' ? found : null;
}

/**
 * An absolute http(s) URL, or null: what a page may go to. Keeps `javascript:` and its like out.
 */
export function safeUrl(value: unknown, base_url?: string): string | null {
  if (typeof value !== 'string') return null;
  try {
    const url = new URL(value, base_url);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
  } catch {
    return null;
  }
}

/**
 * The state in a server's answer, or null when it is not one. Relative URLs are taken from
 * `origin`.
 */
export function readState(json: unknown, origin: string): SessionState | null {
  if (!base(json)) return null;
  const data = member(json, 'data');
  const schemes = member(data, 'allowed_schemes');
  const work = member(data, 'proof_of_work');
  const status = member(json, 'status');
  const payment = member(json, 'payment');
  const expires_in = member(json, 'expires_in');
  const retry_after = member(json, 'retry_after');
  const attempts_left = member(json, 'attempts_left');
  const window_size = member(data, 'window_size');
  if (json.next_action === 'tokenize_card' && !isTokenizeData(data)) return null;
  return {
    nextAction: json.next_action,
    status:
      json.next_action === null && (status === 'success' || status === 'failure')
        ? status
        : json.next_action === null
          ? 'pending'
          : null,
    tokenId: textMember(data, 'token_id'),
    reason: textMember(data, 'reason'),
    reasonCode: textMember(data, 'reason_code'),
    redirectUrl: safeUrl(member(data, 'redirect_url'), origin),
    continueUrl: safeUrl(member(json, 'continue_url'), origin),
    tokenize: isTokenizeData(data)
      ? {
          key: data.jwk_ec,
          schemes: isSchemes(schemes) ? schemes : [],
          work: isWork(work) ? work : null,
        }
      : null,
    payment: isPayment(payment) ? payment : null,
    retryAfterSeconds: isCount(retry_after) ? retry_after : null,
    attemptsLeft: isCount(attempts_left) ? attempts_left : null,
    windowSize: isWindowSize(window_size) ? window_size : null,
    wayBackUrl: safeUrl(member(json, 'way_back_url')),
    expiresInSeconds: typeof expires_in === 'number' && expires_in >= 0 ? expires_in : null,
  };
}

/** The part of a state that the merchant's page may know. */
export function publicState(state: SessionState): PublicState {
  const { nextAction, status, tokenId, reason, reasonCode, redirectUrl, continueUrl } = state;
  return { nextAction, status, tokenId, reason, reasonCode, redirectUrl, continueUrl };
}
