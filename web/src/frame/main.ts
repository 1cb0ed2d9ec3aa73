// The card frame's script (card.js): wires the fields, the server and the host page together. It
// runs in a document of our origin, one per session; card data leaves it only encrypted, and only
// to the server.

import type { FrameMessage, HostMessage } from '../shared/protocol';
import { publicState, type SessionState } from '../shared/session_state';
import { readTexts } from '../shared/texts';
import { applyAppearance } from './appearance';
import { CardFields } from './card_fields';
import { toFailure } from './failure';
import { acceptHost, type HostPort } from './host_port';
import { SessionClient } from './session_client';
import { Submission } from './submission';

class CardFrame {
  private readonly fields_: CardFields;
  private readonly submission_: Submission;
  private host_: HostPort | null = null;
  private configured_ = false;

  constructor(session_key: string) {
    this.fields_ = new CardFields(document, () => new Date(), {
      edited: () => this.submission_.forgetPayload(),
      changed: (change) => this.send({ type: 'change', ...change }),
      focused: (field) => this.send({ type: 'focus', field }),
      blurred: (field) => this.send({ type: 'blur', field }),
      entered: () => this.send({ type: 'enter' }),
    });
    const client = new SessionClient(session_key, location.origin, {
      fetch: (url, init) => fetch(url, init),
      sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    });
    this.submission_ = new Submission(client, this.fields_, (state) => this.note(state));
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
        void this.answer(message.call, this.submission_.run());
        break;
      case 'cancel':
        void this.answer(message.call, this.submission_.cancel());
        break;
    }
  }

  private configure(message: Extract<HostMessage, { type: 'configure' }>): void {
    applyAppearance(document.documentElement, message.theme, message.variables);
    this.fields_.setNameMode(message.name);
    if (this.configured_) return;
    this.configured_ = true;
    const form = document.getElementById('card');
    if (form) new ResizeObserver(() => this.reportHeight(form)).observe(form);
    this.send({ type: 'ready' });
    void this.load();
  }

  private reportHeight(form: HTMLElement): void {
    const height = Math.ceil(form.getBoundingClientRect().height);
    if (height > 0) this.send({ type: 'resize', height });
  }

  /** Learns the session's state now, and again when it should have expired. */
  private async load(): Promise<void> {
    try {
      const { nextAction, expiresInSeconds } = await this.submission_.load();
      if (nextAction === null) this.fields_.close();
      else if (expiresInSeconds !== null) {
        setTimeout(() => void this.load(), (expiresInSeconds + 1) * 1000);
      }
    } catch (error) {
      this.send({ type: 'error', error: toFailure(error).toWire() });
    }
  }

  private note(state: SessionState): void {
    if (state.tokenize) this.fields_.setAccepted(state.tokenize.schemes);
    this.send({ type: 'state', state: publicState(state) });
  }

  private async answer(call: number, work: Promise<SessionState>): Promise<void> {
    try {
      this.send({ type: 'done', call, state: publicState(await work) });
    } catch (error) {
      this.send({ type: 'failed', call, error: toFailure(error).toWire() });
    }
  }
}

readTexts(document);
const { sessionKey = '', allowedOrigins = '' } = document.body.dataset;
// Our own pages embed the frame as any shop does.
new CardFrame(sessionKey).start([location.origin, ...allowedOrigins.split(/\s+/).filter(Boolean)]);
