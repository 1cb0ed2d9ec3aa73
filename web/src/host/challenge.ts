// A bank's challenge shown by the shop's page (challenge.js, which the library loads when it is
// asked for one). How it ended is told by the server alone, by the challenge's own key, which is
// the last part of its address; no message of a frame is an outcome.
//
//   network lost        following goes on by polling; nothing of the server in 10 s: full page
//   ACS refuses frames  told by Chromium: full page at once. Elsewhere the shopper sees the
//                       browser's note, and the control that opens the full page
//   ACS shows nothing   for 10 s, and the shopper did nothing in it: full page
//   later bank page     cannot be shown: said, with that control; nothing is left by itself
//   voided, expired     `failure` with the server's reason; unknown by now: SESSION_EXPIRED
//   unknown at once     rejects with `session_not_found`
//   closed by shopper   asks; then POST …/cancel, and the state goes on deciding
//   taken out by shop   following goes on, and another call shows the challenge again
//   page hidden         no time-out runs; looks at once when it is seen again
//   called twice        one challenge, one promise
//   outcome is late     `pending`, with the way back that the server offers
//   tab closed          silence; the session expires, and Commerce hears of it then

import { watchSession } from '../shared/watch_session';
import type { SessionState } from '../shared/session_state';
import type { ChallengeFrameMessage } from '../shared/challenge_protocol';
import { kWindowSizes } from './challenge_look';
import { ChallengeView } from './challenge_view';
import type * as Api from './obolus';

/** What the library gives of itself, so that errors are of its own class. */
export interface Caller {
  readonly origin: string;
  readonly locale: string | null;
  readonly ObolusError: new (code: Api.ErrorCode, message: string) => Error;
}

export const kNothingShownMs = 10_000;

const under_way = new Map<string, Challenge>();

/** What Obolus.challenge() does. */
export function run(
  caller: Caller,
  redirect_url: string,
  options: Api.ChallengeOptions = {},
): Promise<Api.ChallengeResult> {
  return new Promise((resolve) => {
    const key = challengeKey(caller, redirect_url);
    const known = under_way.get(key);
    if (known?.shown) return resolve(known.result);
    known?.leave();
    resolve(new Challenge(caller, key, checked(caller, options)).result);
  });
}

function challengeKey({ origin, ObolusError }: Caller, redirect_url: string): string {
  const [, key] = /^\/3ds\/(tds_[\w-]{8,200})$/.exec(pathOf(redirect_url, origin)) ?? [];
  if (!key) throw new ObolusError('argument_invalid', `Not a challenge of ${origin}.`);
  return key;
}

function pathOf(redirect_url: string, origin: string): string {
  try {
    const url = new URL(redirect_url);
    return url.origin === origin ? url.pathname : '';
  } catch {
    return '';
  }
}

interface Wishes {
  readonly page: boolean;
  readonly container: Element | null;
  readonly size: Api.WindowSize | null;
}

function checked({ ObolusError }: Caller, options: Api.ChallengeOptions): Wishes {
  const { display = 'dialog', container, windowSize } = options;
  const target = typeof container === 'string' ? document.querySelector(container) : container;
  const fault = !['dialog', 'container', 'page'].includes(display)
    ? 'display'
    : display === 'container' && !target?.ownerDocument
      ? 'container'
      : windowSize !== undefined && !(windowSize in kWindowSizes)
        ? 'windowSize'
        : null;
  if (fault) throw new ObolusError('argument_invalid', `The option ${fault} is not one of ours.`);
  // What a browser must have for the rest; and in an isolated page no bank's page can be shown.
  const able = 'adoptedStyleSheets' in Document.prototype && !window.crossOriginIsolated;
  return {
    page: display === 'page' || !able,
    container: display === 'container' ? (target ?? null) : null,
    size: windowSize ?? null,
  };
}

class Challenge {
  readonly result: Promise<Api.ChallengeResult>;
  private readonly url_: string;
  private readonly stop_: () => void;
  private readonly onSeen_ = (): void => {
    if (!document.hidden && this.timer_ !== undefined) this.await();
  };
  private resolve_!: (result: Api.ChallengeResult) => void;
  private reject_!: (error: Error) => void;
  private view_: ChallengeView | null = null;
  private timer_: ReturnType<typeof setTimeout> | undefined;
  private known_ = false;
  private left_ = false;

  constructor(
    private readonly caller_: Caller,
    private readonly key_: string,
    private readonly wishes_: Wishes,
  ) {
    this.url_ = `${caller_.origin}/3ds/${key_}`;
    this.result = new Promise((resolve, reject) => {
      this.resolve_ = resolve;
      this.reject_ = reject;
    });
    under_way.set(key_, this);
    document.addEventListener('visibilitychange', this.onSeen_);
    this.stop_ = watchSession(
      key_,
      { onState: (state) => this.follow(state), onGone: () => this.gone() },
      caller_.origin,
    );
    if (wishes_.page) this.go(this.url_);
    else this.await();
  }

  /** False when the shop has taken it out of its page. */
  get shown(): boolean {
    return this.view_?.attached ?? true;
  }

  /** For another view of the same challenge. */
  leave(): void {
    this.stop_();
    this.disarm();
    document.removeEventListener('visibilitychange', this.onSeen_);
    this.view_?.remove();
    under_way.delete(this.key_);
  }

  private follow(state: SessionState): void {
    this.known_ = true;
    const { status, reason, reasonCode, continueUrl, wayBackUrl } = state;
    if (status === 'success' || status === 'failure') {
      this.finish({ status, reason, reasonCode, continueUrl });
    } else if (wayBackUrl !== null) {
      this.finish({ status: 'pending', reason, reasonCode, continueUrl: wayBackUrl });
    } else if (!this.view_ && !this.wishes_.page) this.show(state);
  }

  private gone(): void {
    if (this.known_) {
      const reason = 'The session has expired.';
      const reasonCode = 'SESSION_EXPIRED';
      return this.finish({ status: 'failure', reason, reasonCode, continueUrl: null });
    }
    this.leave();
    this.reject_(new this.caller_.ObolusError('session_not_found', 'No such challenge.'));
  }

  private finish(found: { [K in keyof Api.ChallengeResult]: Api.ChallengeResult[K] | null }): void {
    this.leave();
    const said = Object.entries(found).filter(([, value]) => value !== null);
    this.resolve_(Object.fromEntries(said) as unknown as Api.ChallengeResult);
  }

  private show(state: SessionState): void {
    const { origin, locale } = this.caller_;
    const size = this.wishes_.size ?? state.windowSize ?? '03';
    const language = locale ? `&locale=${encodeURIComponent(locale)}` : '';
    const { container } = this.wishes_;
    this.view_ = new ChallengeView(
      { container, size, origin, src: `${this.url_}/frame?size=${size}${language}` },
      {
        message: (message) => this.see(message),
        mute: () => this.fallBack(),
        full: () => this.fallBack(),
        stop: () => this.cancel(),
      },
    );
  }

  private see(message: ChallengeFrameMessage): void {
    switch (message.type) {
      case 'seen':
        // Our own pages say what they wait for; the bank's first page must come to be seen.
        if (message.page === 'start') this.await();
        else if (message.page !== 'bank') this.disarm();
        break;
      case 'loaded':
      case 'used':
        this.disarm();
        break;
      case 'refused':
        this.fallBack();
        break;
      case 'broken':
        this.view_?.say('error.network_failed');
    }
  }

  /** Something is to be seen within 10 s, as long as anybody looks. */
  private await(): void {
    clearTimeout(this.timer_);
    this.timer_ = setTimeout(() => {
      if (!document.hidden) this.fallBack();
    }, kNothingShownMs);
  }

  private disarm(): void {
    clearTimeout(this.timer_);
    this.timer_ = undefined;
  }

  private fallBack(): void {
    this.go(`${this.url_}?in=page&after=frame`);
  }

  private go(url: string): void {
    if (this.left_) return;
    this.left_ = true;
    this.disarm();
    location.assign(url);
  }

  /** The bank's check is given up: said to the server, which decides what comes of it. */
  private async cancel(): Promise<boolean> {
    try {
      const response = await fetch(`${this.caller_.origin}/sessions/${this.key_}/cancel`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
      });
      // Refused with 409: it has ended meanwhile, and the state says how.
      return response.ok || response.status === 409;
    } catch {
      return false;
    }
  }
}
