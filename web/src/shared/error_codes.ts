// The ways in which taking a card can fail, and who can do something about each. One table, shared
// by the host (which throws ObolusError) and the frame (which reports them).

export const kErrorCodes = [
  'card_invalid',
  'session_not_found',
  'session_expired',
  'session_ended',
  'network_failed',
  'service_failed',
  'rate_limited',
  'frame_unreachable',
  'not_mounted',
  'already_mounted',
  'destroyed',
  'argument_invalid',
  'browser_unsupported',
] as const;
export type ErrorCode = (typeof kErrorCodes)[number];

export type Actor = 'shopper' | 'merchant' | 'network' | 'obolus';

/** Who can act on an error of this code. */
export function actorFor(code: ErrorCode): Actor {
  switch (code) {
    case 'card_invalid':
    case 'rate_limited':
    case 'browser_unsupported':
      return 'shopper';
    case 'session_not_found':
    case 'session_expired':
    case 'session_ended':
    case 'not_mounted':
    case 'already_mounted':
    case 'destroyed':
    case 'argument_invalid':
      return 'merchant';
    case 'network_failed':
    case 'frame_unreachable':
      return 'network';
    case 'service_failed':
      return 'obolus';
  }
}
