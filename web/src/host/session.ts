// One session in the merchant's page: what Obolus.init() gives. It checks its arguments, owns the
// card form, and turns the frame's answers into results.

import type * as Api from './obolus';
import type { PublicState } from '../shared/protocol';
import type * as Challenge from './challenge';
import { CardForm } from './card';
import { Emitter } from './emitter';
import { ObolusError } from './errors';

// The address of challenge.js at its server, by build.mjs; "" where the library carries it.
declare const OBOLUS_CHALLENGE: string;

interface Start {
  readonly sessionKey: string;
  readonly origin: string;
  readonly locale: string | null;
  readonly appearance: Api.Appearance;
}

export class Session implements Api.Obolus {
  private readonly events_ = new Emitter<{ state: Api.SessionState }>();
  private card_: CardForm | null = null;
  private submission_: Promise<Api.SubmitResult> | null = null;
  private last_state_ = '';

  constructor(private readonly start_: Start) {}

  card(options: Api.CardOptions = {}): CardForm {
    if (this.card_) {
      throw new ObolusError('already_mounted', 'This session has a card form; destroy it first.');
    }
    this.card_ = new CardForm(
      {
        ...this.start_,
        onState: (state) => this.noteState(state),
        onDestroyed: () => {
          this.card_ = null;
        },
      },
      options,
    );
    return this.card_;
  }

  submit(): Promise<Api.SubmitResult> {
    const forget = () => {
      this.submission_ = null;
    };
    if (!this.submission_) {
      this.submission_ = this.mounted()
        .then((card) => card.call('submit'))
        .then(toResult);
      this.submission_.then(forget, forget);
    }
    return this.submission_;
  }

  /**
   * By the frame when there is one, else straight to the server, which allows this origin by CORS.
   */
  async cancel(): Promise<void> {
    if (this.card_?.connected) {
      await this.card_.call('cancel');
      return;
    }
    const { origin, sessionKey } = this.start_;
    let response: Response;
    try {
      response = await fetch(`${origin}/sessions/${encodeURIComponent(sessionKey)}/cancel`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
      });
    } catch {
      throw new ObolusError('network_failed', 'The server could not be reached.');
    }
    if (response.ok) return;
    if (response.status === 404) throw new ObolusError('session_not_found', 'No such session.');
    if (response.status === 409) throw new ObolusError('session_ended', 'The session has ended.');
    throw new ObolusError('service_failed', `The server answered ${response.status}.`);
  }

  /** A script that does not come is no reason to lose the shopper: the full page needs none. */
  challenge(redirectUrl: string, options?: Api.ChallengeOptions): Promise<Api.ChallengeResult> {
    const { origin } = this.start_;
    return loadChallenge(origin).then(
      ({ run }) => run({ ...this.start_, ObolusError }, redirectUrl, options),
      () => {
        location.assign(origin + new URL(redirectUrl).pathname);
        return new Promise(() => undefined);
      },
    );
  }

  onStateChange(listener: (state: Api.SessionState) => void): () => void {
    return this.events_.on('state', listener);
  }

  private async mounted(): Promise<CardForm> {
    if (this.card_) return this.card_;
    throw new ObolusError('not_mounted', 'Mount a card form before submitting.');
  }

  private noteState(state: PublicState): void {
    const { nextAction, status, tokenId, reason, reasonCode, redirectUrl, continueUrl } = state;
    const known = { nextAction, status, tokenId, reason, reasonCode, redirectUrl, continueUrl };
    const text = JSON.stringify(known);
    if (text === this.last_state_) return;
    this.last_state_ = text;
    this.events_.emit('state', known);
  }
}

function loadChallenge(origin: string): Promise<typeof Challenge> {
  return OBOLUS_CHALLENGE ? import(origin + OBOLUS_CHALLENGE) : import('./challenge');
}

function toResult(state: PublicState): Api.SubmitResult {
  const result: Api.SubmitResult = { status: state.status ?? 'pending' };
  if (state.tokenId !== null) result.tokenId = state.tokenId;
  if (state.reason !== null) result.reason = state.reason;
  if (state.reasonCode !== null) result.reasonCode = state.reasonCode;
  if (state.nextAction === '3ds_challenge' && state.redirectUrl !== null) {
    result.nextAction = { type: '3ds_challenge', redirectUrl: state.redirectUrl };
  } else if (state.nextAction === 'wait') {
    result.nextAction = { type: 'wait' };
  }
  return result;
}

/**
 * The origin of `base_url`; throws `argument_invalid` unless it is https, or http on this machine.
 */
export function serverOrigin(base_url: string): string {
  let url: URL;
  try {
    url = new URL(base_url);
  } catch {
    throw new ObolusError('argument_invalid', `baseUrl must be the server's URL: ${base_url}`);
  }
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) {
    throw new ObolusError('argument_invalid', 'baseUrl must start with https://');
  }
  return url.origin;
}

/**
 * What both builds export as `init`; `script_url` is where the library itself came from, if known:
 * the server, or, in a shop's own bundle, some other place.
 */
export async function start(
  script_url: string | undefined,
  session_key: string,
  options: Api.InitOptions = {},
): Promise<Session> {
  if (typeof session_key !== 'string' || !/^[\w-]{8,200}$/.test(session_key)) {
    throw new ObolusError('argument_invalid', 'The session key is not one of ours.');
  }
  return new Session({
    sessionKey: session_key,
    origin: serverOrigin(
      options.baseUrl ?? (script_url?.includes('/client/v1/') ? script_url : ''),
    ),
    locale: options.locale?.slice(0, 35) ?? null,
    appearance: options.appearance ?? {},
  });
}
