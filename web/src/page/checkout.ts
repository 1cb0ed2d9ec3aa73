// The hosted payment page: the library's card form, a pay button, what is left of the time, and the
// way on afterwards. It uses the library as any merchant's page would; the page itself sees no card
// data.

import type * as Api from '../host/obolus';
import type { SessionState } from '../shared/session_state';
import { language, readTexts, text, type TextKey } from '../shared/texts';
import { formatAmount } from './amount';
import { Countdown, formatTime } from './countdown';
import { watchSession } from '../shared/watch_session';

declare global {
  interface Window {
    readonly Obolus: typeof Api;
  }
}

type Tone = 'plain' | 'busy' | 'bad';

function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`checkout.html has no #${id}`);
  return found as T;
}

function say(words: string, tone: Tone = 'plain'): void {
  const status = element('status');
  status.textContent = words;
  status.dataset['tone'] = tone;
}

/** Why a session ended without success, for the shopper. */
function reasonText(code: string | null): TextKey {
  switch (code) {
    case 'SESSION_EXPIRED':
      return 'checkout.expired';
    case 'CANCELLED_BY_SHOPPER':
      return 'checkout.cancelled';
    case 'VOIDED':
      return 'checkout.voided';
    default:
      return 'checkout.failed';
  }
}

class Checkout {
  private readonly pay_ = element<HTMLButtonElement>('pay');
  private readonly cancel_ = element<HTMLButtonElement>('cancel');
  private readonly back_ = element<HTMLAnchorElement>('back');
  private readonly countdown_ = new Countdown(() => Date.now(), {
    show: (seconds) => this.showTime(seconds),
    announce: (seconds) => {
      element('announcement').textContent = timeLeft(seconds);
    },
    extended: () => say(text('checkout.extended')),
    over: () => this.expire(),
  });
  private readonly card_: Api.Card;
  private readonly stop_: () => void;
  private over_ = false;
  private sent_ = false;

  constructor(
    session_key: string,
    private readonly obolus_: Api.Obolus,
  ) {
    this.card_ = obolus_.card({ name: 'optional' });
    this.card_.on('ready', () => this.allow(true));
    this.card_.on('enter', () => void this.pay());
    this.card_.on('error', (error) => this.fail(error));
    this.pay_.addEventListener('click', () => void this.pay());
    this.cancel_.addEventListener('click', () => void this.cancel());
    this.card_.mount(element('card'));
    this.stop_ = watchSession(session_key, {
      onState: (state) => this.follow(state),
      onGone: () => this.end('checkout.ended'),
    });
    obolus_.onStateChange((state) => this.follow(state));
  }

  private async pay(): Promise<void> {
    if (this.pay_.disabled) return;
    this.allow(false);
    say(text('checkout.sending'), 'busy');
    try {
      const result = await this.obolus_.submit();
      if (this.over_ || result.status === 'failure') return;
      this.take();
    } catch (error) {
      this.fail(error);
    }
  }

  private async cancel(): Promise<void> {
    this.allow(false);
    try {
      await this.obolus_.cancel();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Goes where the state says, or says what there is to say. */
  private follow(state: Api.SessionState | SessionState): void {
    if (this.over_) return;
    if (state.nextAction === '3ds_challenge' && state.redirectUrl !== null) {
      this.leave(state.redirectUrl, 'checkout.to_bank');
    } else if (state.status === 'failure') {
      this.endOf(state);
    } else if (state.nextAction === null && state.continueUrl !== null) {
      this.leave(state.continueUrl, 'checkout.to_shop');
    } else if (state.status === 'success') {
      this.take();
    } else if ('expiresInSeconds' in state && state.expiresInSeconds !== null) {
      this.countdown_.set(state.expiresInSeconds);
    }
  }

  /** The card is stored: what comes now, Commerce decides. */
  private take(): void {
    this.allow(false);
    this.countdown_.stop();
    if (this.sent_) return;
    this.sent_ = true;
    say(text('checkout.done'), 'busy');
  }

  /**
   * A shopper who cancelled, or whose payment failed, is expected by the shop. One who came too
   * late is told so first.
   */
  private endOf({ reasonCode, continueUrl }: Api.SessionState): void {
    const reason = reasonText(reasonCode);
    if (continueUrl !== null) this.back_.href = continueUrl;
    this.end(reason);
    if (continueUrl !== null && (reason === 'checkout.cancelled' || this.sent_)) {
      this.leave(continueUrl, 'checkout.to_shop');
    }
  }

  /** By our clock; the server's word, if it comes, is the same. */
  private expire(): void {
    if (!this.sent_) this.end('checkout.expired');
  }

  private leave(url: string, why: TextKey): void {
    this.over_ = true;
    this.finish();
    say(text(why), 'busy');
    location.assign(url);
  }

  private end(why: TextKey): void {
    if (this.over_) return;
    this.over_ = true;
    this.finish();
    say('');
    this.card_.unmount();
    document.body.dataset['outcome'] = why.slice('checkout.'.length);
    element('end-text').textContent = text(why);
    const end = element('end');
    end.hidden = false;
    end.focus();
  }

  private finish(): void {
    this.stop_();
    this.countdown_.stop();
    this.allow(false);
  }

  private fail(error: unknown): void {
    if (this.over_) return;
    const code = error instanceof window.Obolus.ObolusError ? error.code : 'service_failed';
    if (code === 'session_expired') return this.end('checkout.expired');
    if (code === 'session_not_found' || code === 'session_ended') return this.end('checkout.ended');
    this.allow(code !== 'browser_unsupported' && code !== 'frame_unreachable');
    say(errorText(code), 'bad');
  }

  private allow(paying: boolean): void {
    this.pay_.disabled = !paying;
    this.cancel_.disabled = !paying;
    if (paying) say('');
  }

  private showTime(seconds: number | null): void {
    const time = element('time');
    time.hidden = seconds === null;
    time.textContent = seconds === null ? '' : timeLeft(seconds);
  }
}

function timeLeft(seconds: number): string {
  return text('checkout.time_left', { time: formatTime(seconds, language()) });
}

/** Errors that only a merchant's page can make are, here, faults of ours. */
function errorText(code: string): string {
  const key = `error.${code}` as TextKey;
  const found = text(key);
  return found === key ? text('error.service_failed') : found;
}

async function main(): Promise<void> {
  const { sessionKey = '' } = document.body.dataset;
  readTexts(document);
  const amount = formatAmount(element('amount').textContent ?? '', language());
  element('amount').textContent = amount;
  if (amount !== '') element('pay').textContent = text('checkout.pay_amount', { amount });
  const obolus = await window.Obolus.init(sessionKey, {
    baseUrl: location.origin,
    locale: language(),
    appearance: { theme: 'auto' },
  });
  new Checkout(sessionKey, obolus);
}

// Back from the bank or the shop: what this page showed is long past.
window.addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});
void main();
