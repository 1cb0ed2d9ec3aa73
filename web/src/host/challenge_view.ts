// The bank's challenge as the shopper sees it in the shop's page: a modal dialog, or the same panel
// in a container of the shop, around one iframe of our origin that holds the bank's pages. Two
// native dialogs trap the focus, make the page behind them inert and give the focus back; the
// second one asks before anything is stopped. Created by host/challenge.ts, which decides.

import {
  isChallengeFrameMessage,
  kConnectChallenge,
  kShow,
  type ChallengeFrameMessage,
} from '../shared/challenge_protocol';
import type { WindowSize } from '../shared/session_state';
import { kStyle, kWindowSizes } from './challenge_look';

export interface ViewEvents {
  /** Without `hello`. */
  message(message: ChallengeFrameMessage): void;
  /** A document was loaded that does not speak: ours was not let in, or did not come. */
  mute(): void;
  /** The shopper wants the bank's page in full. */
  full(): void;
  /** The shopper wants to stop; false when that could not be said to the server. */
  stop(): Promise<boolean>;
}

export interface ViewOptions {
  /** Where the panel goes; null: a dialog. */
  readonly container: Element | null;
  readonly size: WindowSize;
  readonly origin: string;
  readonly src: string;
}

// The bank's pages need scripts, forms and their own origin, open windows for terms or an app, and
// may ask for their cookies. The shop's page is theirs only by a press of the shopper: a page that
// busts out of frames by itself stays where it is, a link to "_top" works, and the way back from
// there is that of the full page. Modal boxes and downloads are no part of a challenge.
const kSandbox =
  'allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox ' +
  'allow-top-navigation-by-user-activation allow-storage-access-by-user-activation';

const kMuteMs = 2000;

function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  more: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: Node[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(name), more);
  made.append(...children);
  return made;
}

export class ChallengeView {
  private readonly host_ = make('div');
  private readonly frame_ = make('iframe', { referrerPolicy: 'no-referrer' });
  private readonly title_ = make('h2', { id: 'title' });
  private readonly close_ = make('button', { type: 'button', className: 'bare' });
  private readonly full_ = make('button', { type: 'button', className: 'bare full' });
  private readonly status_ = make('p', { id: 'status' });
  private readonly ask_title_ = make('h2', { id: 'ask-title' });
  private readonly ask_message_ = make('p', { id: 'ask-message' });
  private readonly keep_ = make('button', { type: 'button', className: 'main' });
  private readonly stop_ = make('button', { type: 'button' });
  private readonly ask_ = make('dialog', { className: 'ask' });
  private readonly dialog_: HTMLDialogElement | null;
  private readonly overflow_ = document.documentElement.style.overflow;
  private port_: MessagePort | null = null;
  private mute_: ReturnType<typeof setTimeout> | undefined;
  private words_: Readonly<Record<string, string>> = {};
  private over_ = false;

  constructor(
    private readonly options_: ViewOptions,
    private readonly events_: ViewEvents,
  ) {
    const { container, size, src } = options_;
    const [width, height] = kWindowSizes[size];
    const panel = make('div', { className: 'panel' });
    panel.append(make('header', {}, this.title_, this.close_));
    panel.append(this.frame_, this.status_, this.full_);
    this.status_.setAttribute('role', 'status');
    const outer = make(container ? 'section' : 'dialog', {}, panel);
    outer.setAttribute('aria-labelledby', 'title');
    outer.classList.toggle('whole', size === '05' && !container);
    outer.hidden = container !== null;
    this.dialog_ = container ? null : (outer as HTMLDialogElement);
    const choice = make('div', { className: 'choice' }, this.keep_, this.stop_);
    this.ask_.append(this.ask_title_, this.ask_message_, choice);
    this.ask_.setAttribute('role', 'alertdialog');
    this.ask_.setAttribute('aria-labelledby', 'ask-title');
    this.ask_.setAttribute('aria-describedby', 'ask-message');
    const { style } = this.host_;
    style.setProperty('--width', width > 0 ? `${width}px` : '100%');
    style.setProperty('--height', height > 0 ? `${height}px` : '600px');
    const root = this.host_.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(kStyle);
    root.adoptedStyleSheets = [sheet];
    root.append(outer, this.ask_);
    this.listen(outer);
    this.frame_.setAttribute('sandbox', kSandbox);
    this.frame_.setAttribute('allow', 'publickey-credentials-get *; payment *');
    this.frame_.src = src;
    (container ?? document.body).append(this.host_);
  }

  /** False once the shop has taken it out of its page. */
  get attached(): boolean {
    return this.host_.isConnected;
  }

  say(key: 'wait.title' | 'error.network_failed'): void {
    this.status_.textContent = this.words_[key] ?? '';
  }

  /** Nothing more of the bank; what is left says that the end is awaited. */
  clear(): void {
    this.frame_.remove();
    this.full_.remove();
    this.close_.disabled = true;
    this.say('wait.title');
  }

  remove(): void {
    this.over_ = true;
    clearTimeout(this.mute_);
    this.port_?.close();
    this.ask_.close();
    // Before it goes: the focus returns to where it was.
    this.dialog_?.close();
    if (this.dialog_) document.documentElement.style.overflow = this.overflow_;
    this.host_.remove();
  }

  private listen(outer: HTMLElement): void {
    this.frame_.addEventListener('load', () => this.connect());
    this.close_.addEventListener('click', () => this.ask());
    this.full_.addEventListener('click', () => this.events_.full());
    this.keep_.addEventListener('click', () => this.ask_.close());
    this.stop_.addEventListener('click', () => void this.stop());
    outer.addEventListener('cancel', (event) => {
      event.preventDefault();
      this.ask();
    });
    // Browsers let nobody hold back a second Escape in a row.
    outer.addEventListener('close', (event) => {
      if (this.over_ || event.target !== outer) return;
      this.dialog_?.showModal();
      this.ask();
    });
  }

  private ask(): void {
    if (this.ask_.open || this.close_.disabled) return;
    this.ask_.showModal();
    this.keep_.focus();
  }

  private async stop(): Promise<void> {
    this.ask_.close();
    this.close_.disabled = true;
    this.say('wait.title');
    if (await this.events_.stop()) return this.clear();
    this.close_.disabled = false;
    this.say('error.network_failed');
  }

  private connect(): void {
    const { port1, port2 } = new MessageChannel();
    this.port_?.close();
    this.port_ = port1;
    clearTimeout(this.mute_);
    this.mute_ = setTimeout(() => this.events_.mute(), kMuteMs);
    port1.onmessage = ({ data }: MessageEvent) => {
      if (this.port_ !== port1 || !isChallengeFrameMessage(data)) return;
      if (data.type === 'hello') this.open(data);
      else this.events_.message(data);
    };
    const { origin } = this.options_;
    this.frame_.contentWindow?.postMessage({ type: kConnectChallenge }, origin, [port2]);
  }

  /** The words are there: shows the panel, and lets the bank's pages load in it. */
  private open({ language, direction, words }: Extract<ChallengeFrameMessage, { words: object }>) {
    clearTimeout(this.mute_);
    this.words_ = words;
    this.host_.lang = language;
    this.host_.dir = direction;
    const word = (key: string): string => words[key] ?? '';
    this.title_.textContent = this.frame_.title = word('start.title');
    this.close_.textContent = word('checkout.cancel');
    this.full_.textContent = word('challenge.full');
    this.ask_title_.textContent = word('challenge.ask.title');
    this.ask_message_.textContent = word('challenge.ask.message');
    this.keep_.textContent = word('start.continue');
    this.stop_.textContent = word('challenge.stop');
    if (this.dialog_ && !this.dialog_.open) {
      this.dialog_.showModal();
      document.documentElement.style.overflow = 'hidden';
    } else {
      const section = this.host_.shadowRoot?.querySelector('section');
      if (section) section.hidden = false;
    }
    this.frame_.focus();
    this.port_?.postMessage(kShow);
  }
}
