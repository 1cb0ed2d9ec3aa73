// The hosted payment page: the library's card form, a pay button, and the way on afterwards. It
// uses the library as any merchant's page would; the page itself sees no card data.

import type * as Api from '../host/obolus';
import { publicState, readState, type SessionState } from '../shared/session_state';
import { kPollMs, watchSession } from './watch_session';

declare global {
  interface Window {
    readonly Obolus: typeof Api;
  }
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`checkout.html has no #${id}`);
  return found;
}

/** "49.90 EUR" in the words of the page's language; the currency's own number of decimals. */
export function formatAmount(amount_minor: number, currency: string, locale: string): string {
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amount_minor / 10 ** digits);
}

function say(text: string, tone: 'busy' | 'good' | 'bad' | 'plain' = 'plain'): void {
  const status = element('status');
  status.textContent = text;
  status.dataset['tone'] = tone;
}

class Checkout {
  private readonly pay_ = element('pay') as HTMLButtonElement;
  private readonly cancel_ = element('cancel') as HTMLButtonElement;
  private stop_: (() => void) | null = null;
  private over_ = false;

  constructor(
    private readonly session_key_: string,
    private readonly obolus_: Api.Obolus,
  ) {}

  start(): void {
    const card = this.obolus_.card({ name: 'optional' });
    card.on('ready', () => this.allow(true));
    card.on('enter', () => void this.pay());
    card.on('error', (error) => this.fail(error));
    this.pay_.addEventListener('click', () => void this.pay());
    this.cancel_.addEventListener('click', () => void this.cancel());
    this.obolus_.onStateChange((state) => this.follow(state));
    card.mount(element('card'));
    void this.showAmount();
  }

  private async pay(): Promise<void> {
    if (this.pay_.disabled) return;
    this.allow(false);
    say('Sending your card details securely …', 'busy');
    try {
      const result = await this.obolus_.submit();
      if (this.over_ || result.status === 'failure') return;
      say('Your card details were received. Please wait …', 'busy');
      this.stop_ ??= watchSession(this.session_key_, {
        onState: (state) => this.follow(publicState(state)),
        onGone: () => this.end('This payment session has ended.', 'plain'),
      });
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
  private follow(state: Api.SessionState): void {
    if (this.over_) return;
    if (state.nextAction === '3ds_challenge' && state.redirectUrl !== null) {
      this.leave(state.redirectUrl, 'Your bank wants to confirm the payment …');
    } else if (state.nextAction === null && state.continueUrl !== null) {
      this.leave(state.continueUrl, 'Taking you back to the shop …');
    } else if (state.status === 'success') {
      this.allow(false);
      say(
        'Your card details were received. If anything more is needed, this page goes on by itself.',
        'good',
      );
    } else if (state.status === 'failure') {
      this.end(state.reason ?? 'The payment did not go through.', 'bad');
    }
  }

  private leave(url: string, why: string): void {
    this.end(why, 'busy');
    location.assign(url);
  }

  private end(text: string, tone: 'busy' | 'bad' | 'plain'): void {
    this.stop_?.();
    this.stop_ = null;
    this.over_ = true;
    this.allow(false);
    say(text, tone);
  }

  private fail(error: unknown): void {
    const code = error instanceof window.Obolus.ObolusError ? error.code : 'service_failed';
    const over = code.startsWith('session_') || code === 'browser_unsupported';
    this.allow(!over && code !== 'frame_unreachable');
    say(error instanceof Error ? error.message : 'Something went wrong.', 'bad');
  }

  private allow(paying: boolean): void {
    this.pay_.disabled = !paying;
    this.cancel_.disabled = !paying;
    if (paying) say('');
  }

  private async showAmount(): Promise<void> {
    const state = await firstState(this.session_key_);
    if (!state?.payment) return;
    const { amount, currency_code } = state.payment;
    try {
      const text = formatAmount(amount, currency_code, document.documentElement.lang || 'en');
      element('amount').textContent = text;
      this.pay_.textContent = `Pay ${text}`;
    } catch {
      // Not a currency that Intl knows: the server's text stays.
    }
  }
}

/** The state, tried a few times: the amount is worth a second look, not a failed page. */
async function firstState(session_key: string): Promise<SessionState | null> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const response = await fetch(`/sessions/${encodeURIComponent(session_key)}`);
      if (response.ok) return readState(await response.json(), location.origin);
    } catch {
      // Tried again below.
    }
    await new Promise((resolve) => setTimeout(resolve, kPollMs));
  }
  return null;
}

async function main(): Promise<void> {
  const { sessionKey = '' } = document.body.dataset;
  const obolus = await window.Obolus.init(sessionKey, {
    baseUrl: location.origin,
    locale: document.documentElement.lang,
    appearance: { theme: 'auto' },
  });
  new Checkout(sessionKey, obolus).start();
}

// Back from the bank or the shop: what this page showed is long past.
window.addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});
void main();
