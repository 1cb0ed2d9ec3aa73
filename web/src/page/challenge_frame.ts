// The script of the page that holds the bank's pages for a shop (challenge.html): it tells the
// library what is to be seen. An <object> is told by Chromium when the browser was not let show a
// page in it (X-Frame-Options, frame-ancestors, no connection, a status of 400 or more); an
// <iframe> never is, nor is an <object> in Firefox, so there an <iframe> does, which can be granted
// passkeys. Nothing here reads the bank's pages, which no page could, and nothing of them is taken
// for an outcome.

import { kConnectChallenge, kShow, type ChallengeFrameMessage } from '../shared/challenge_protocol';

const kLookMs = 100;
const kOurPages = ['start', 'wait', 'end'] as const;

class BankFrame {
  private port_: MessagePort | null = null;
  private frame_: HTMLIFrameElement | HTMLObjectElement | null = null;
  private seen_ = '';
  private was_bank_ = false;
  private said_ = new Set<string>();

  accept(port: MessagePort): void {
    this.port_?.close();
    this.port_ = port;
    const { lang, dir } = document.documentElement;
    const words = JSON.parse(document.getElementById('texts')?.textContent ?? '{}') as object;
    const direction = dir === 'rtl' ? 'rtl' : 'ltr';
    this.send({ type: 'hello', language: lang, direction, words: { ...words } });
    port.onmessage = ({ data }: MessageEvent) => {
      if (data === kShow && this.frame_ === null) this.show();
    };
  }

  /** Not before the page is visible: browsers load an <object> only where it has a place. */
  private show(): void {
    const way = 'userAgentData' in navigator ? 'in-object' : 'in-iframe';
    const template = document.getElementById(way) as HTMLTemplateElement;
    document.body.append(template.content.cloneNode(true));
    const frame = document.querySelector<HTMLIFrameElement | HTMLObjectElement>(
      ':is(object, iframe)',
    );
    if (!frame) return;
    this.frame_ = frame;
    const timer = setInterval(() => this.look(frame), kLookMs);
    frame.addEventListener('load', () => {
      this.look(frame);
      if (this.seen_ === 'bank') this.once('loaded');
    });
    frame.addEventListener('error', () => {
      clearInterval(timer);
      this.once(this.was_bank_ ? 'broken' : 'refused');
    });
  }

  private look(frame: HTMLIFrameElement | HTMLObjectElement): void {
    const page = pageIn(frame);
    if (page !== null && page !== this.seen_) {
      this.seen_ = page;
      this.was_bank_ ||= page === 'bank';
      this.send({ type: 'seen', page });
    }
    if (document.activeElement === frame || navigator.userActivation?.hasBeenActive) {
      this.once('used');
    }
  }

  private once(type: 'loaded' | 'used' | 'refused' | 'broken'): void {
    if (this.said_.has(type)) return;
    this.said_.add(type);
    this.send({ type });
  }

  private send(message: ChallengeFrameMessage): void {
    this.port_?.postMessage(message);
  }
}

/** What `frame` shows; null while it has nothing of ours nor the bank's. */
function pageIn(frame: HTMLIFrameElement | HTMLObjectElement) {
  // Of another origin: only then is there a window without a document for us.
  if (frame.contentWindow && !frame.contentDocument) return 'bank';
  const name = frame.contentDocument?.body?.dataset['page'];
  return kOurPages.find((page) => page === name) ?? null;
}

const bank = new BankFrame();
const allowed = (document.body.dataset['allowedOrigins'] ?? '').split(/\s+/).filter(Boolean);
window.addEventListener('message', ({ source, origin, data, ports }: MessageEvent) => {
  if (source !== window.parent || (origin !== location.origin && !allowed.includes(origin))) return;
  const [port] = ports;
  if ((data as { type?: unknown } | null)?.type === kConnectChallenge && port) bank.accept(port);
});
