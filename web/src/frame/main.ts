// The card frame's first script (card.js): wires the fields and the host page together, and loads
// the second one, which talks to the server, once the fields work. It runs in a document of our
// origin, one per session; card data leaves it only encrypted, and only to the server.

import type { FrameMessage, HostMessage, PublicState } from '../shared/protocol';
import { readTexts } from '../shared/texts';
import { applyAppearance } from './appearance';
import { CardFields } from './card_fields';
import { Failure, toWire } from './failure';
import { acceptHost, type HostPort } from './host_port';
import { isOther, loadTexts, speak } from './language';
import type * as SessionScript from './session';

const { sessionKey = '', allowedOrigins = '', sessionScript = '' } = document.body.dataset;

class CardFrame {
  private readonly fields_: CardFields;
  private host_: HostPort | null = null;
  private locale_: string | null | undefined;
  private session_: SessionScript.FrameSession | null = null;
  private loading_: Promise<SessionScript.FrameSession> | null = null;
  private loads_ = 0;

  constructor() {
    this.fields_ = new CardFields(
      document,
      () => new Date(),
      {
        edited: () => this.session_?.forgetPayload(),
        changed: (change) => this.send({ type: 'change', ...change }),
        focused: (field) => this.send({ type: 'focus', field }),
        blurred: (field) => this.send({ type: 'blur', field }),
        entered: () => this.send({ type: 'enter' }),
        escaped: () => this.send({ type: 'escape' }),
      },
      async (iin) => (await this.session()).networks(iin),
    );
  }

  start(allowed_origins: readonly string[]): void {
    this.fields_.start();
    acceptHost(window, allowed_origins, (message, host) => {
      this.host_ = host;
      this.receive(message);
    });
  }

  private send(message: FrameMessage): void {
    this.host_?.send(message);
  }

  private receive(message: HostMessage): void {
    switch (message.type) {
      case 'configure':
        this.configure(message);
        break;
      case 'focus':
        this.fields_.focus(message.field);
        break;
      case 'blur':
        if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
        break;
      case 'clear':
        this.fields_.clear();
        break;
      case 'submit':
      case 'cancel':
        void this.answer(
          message.call,
          this.session().then((session) => session[message.type]()),
        );
        break;
    }
  }

  /** The first one starts the conversation; each one leaves what is typed, and the focus, alone. */
  private configure(message: Extract<HostMessage, { type: 'configure' }>): void {
    const first = this.locale_ === undefined;
    this.locale_ = message.locale;
    applyAppearance(document, message);
    this.fields_.setNameMode(message.name);
    if (isOther(message.locale)) void this.translate(message.locale);
    if (!first) return;
    const form = document.getElementById('card');
    if (form) new ResizeObserver(() => this.reportHeight(form)).observe(form);
    this.send({ type: 'ready' });
    this.session().then((session) => session.load(), this.failed);
  }

  private async translate(locale: string): Promise<void> {
    const texts = await loadTexts(locale);
    // Another wish may have come meanwhile.
    if (texts === null || this.locale_ !== locale) return;
    speak(document, texts);
    this.fields_.translate();
    this.send({ type: 'title', title: document.title });
  }

  private reportHeight(form: HTMLElement): void {
    const height = Math.ceil(form.getBoundingClientRect().height);
    if (height > 0) this.send({ type: 'resize', height });
  }

  private readonly failed = (error: unknown): void => {
    this.send({ type: 'error', error: toWire(error) });
  };

  /** The server's side of the session. Rejects with `network_failed`; the next call tries again. */
  private session(): Promise<SessionScript.FrameSession> {
    this.loading_ ??= this.loadSession().catch(() => {
      this.loading_ = null;
      throw new Failure('network_failed');
    });
    return this.loading_;
  }

  private async loadSession(): Promise<SessionScript.FrameSession> {
    // Browsers remember that a module could not be loaded, by its address.
    const again = this.loads_++ === 0 ? '' : `?${this.loads_}`;
    const script = (await import(sessionScript + again)) as typeof SessionScript;
    this.session_ = new script.FrameSession(sessionKey, this.fields_, {
      state: (state) => this.send({ type: 'state', state }),
      accepts: (networks) => this.fields_.setAccepted(networks),
      expiring: (secondsLeft) => this.send({ type: 'expiring', secondsLeft }),
      failed: this.failed,
    });
    return this.session_;
  }

  private async answer(call: number, work: Promise<PublicState>): Promise<void> {
    try {
      this.send({ type: 'done', call, state: await work });
    } catch (error) {
      this.send({ type: 'failed', call, error: toWire(error) });
    }
  }
}

readTexts(document);
// Our own pages embed the frame as any shop does.
new CardFrame().start([location.origin, ...allowedOrigins.split(/\s+/).filter(Boolean)]);
