// The ways in which taking a card can fail, and who can do something about each. One table, shared
// by the host (which throws ObolusError) and the frame (which reports them).

export type Actor = 'shopper' | 'merchant' | 'network' | 'obolus';

const kActors = {
  card_invalid: 'shopper',
  rate_limited: 'shopper',
  browser_unsupported: 'shopper',
  session_not_found: 'merchant',
  session_expired: 'merchant',
  session_ended: 'merchant',
  not_mounted: 'merchant',
  already_mounted: 'merchant',
  destroyed: 'merchant',
  argument_invalid: 'merchant',
  network_failed: 'network',
  frame_unreachable: 'network',
  service_failed: 'obolus',
} as const satisfies Record<string, Actor>;

export type ErrorCode = keyof typeof kActors;

export const kErrorCodes = /* @__PURE__ */ Object.keys(kActors) as ErrorCode[];

/** Who can act on an error of this code. */
export function actorFor(code: ErrorCode): Actor {
  return kActors[code];
}
