// One iframe with the card form, and the MessagePort to it. On every load of the iframe the host
// makes a new channel and posts one end with the exact origin of the server, so that no other
// document can get it; whatever comes back over that port can only come from there. A document that
// does not answer in time (blocked, offline, wrong server) is reported as unreachable.

import {
  isFrameMessage,
  kConnect,
  type Configure,
  type FrameMessage,
  type HostMessage,
} from '../shared/protocol';

export interface FrameLinkOptions {
  readonly origin: string;
  readonly sessionKey: string;
  readonly theme: Configure['theme'];
  /** Until the frame says its own. */
  readonly heightPx: number;
  readonly configure: Configure;
  /** A document was loaded: whatever was asked of the one before it is lost. */
  readonly onLoad: () => void;
  readonly onMessage: (message: FrameMessage) => void;
  readonly onUnreachable: () => void;
}

export const kReadyTimeoutMs = 20_000;

const kSchemes = { light: 'light', dark: 'dark', auto: 'light dark', contrast: 'light' } as const;

export class FrameLink {
  readonly iframe: HTMLIFrameElement;
  private port_: MessagePort | null = null;
  private configure_: Configure;
  private timer_: ReturnType<typeof setTimeout> | undefined;

  /** Appends the iframe to `parent`. */
  constructor(
    parent: Element,
    private readonly options_: FrameLinkOptions,
  ) {
    const iframe = parent.ownerDocument.createElement('iframe');
    this.iframe = iframe;
    this.configure_ = options_.configure;
    iframe.title = 'Card details';
    // Scripts, and its own origin to call the server. No form submission (the frame submits nothing
    // but ciphertext, by fetch), no navigation of the page, no popups. No feature of the page is
    // delegated.
    iframe.setAttribute('sandbox', 'allow-scripts allow-same-origin');
    iframe.setAttribute('allow', '');
    iframe.referrerPolicy = 'no-referrer';
    const { style } = iframe;
    style.border = '0';
    style.display = 'block';
    style.width = '100%';
    style.height = `${options_.heightPx}px`;
    // The same scheme as the frame's document, or browsers paint an opaque canvas behind it.
    style.colorScheme = kSchemes[options_.theme];
    iframe.addEventListener('load', () => this.connect());
    iframe.src = `${options_.origin}/frame/v1/${encodeURIComponent(options_.sessionKey)}`;
    this.watch();
    parent.appendChild(iframe);
  }

  /** Sends a message; false when no frame is connected. */
  send(message: HostMessage): boolean {
    this.port_?.postMessage(message);
    return this.port_ !== null;
  }

  /** What the frame is to be like from now on, also when its document is loaded again. */
  reconfigure(configure: Configure): void {
    this.configure_ = configure;
    this.iframe.style.colorScheme = kSchemes[configure.theme];
    this.send(configure);
  }

  /** Takes the iframe away; nothing is reported any more. */
  close(): void {
    clearTimeout(this.timer_);
    this.port_?.close();
    this.port_ = null;
    this.iframe.remove();
  }

  private watch(): void {
    clearTimeout(this.timer_);
    this.timer_ = setTimeout(() => this.options_.onUnreachable(), kReadyTimeoutMs);
  }

  private connect(): void {
    const target = this.iframe.contentWindow;
    if (target === null) return;
    this.port_?.close();
    this.options_.onLoad();
    this.watch();
    const { port1, port2 } = new MessageChannel();
    this.port_ = port1;
    port1.onmessage = (event: MessageEvent) => {
      if (this.port_ !== port1 || !isFrameMessage(event.data)) return;
      clearTimeout(this.timer_);
      if (event.data.type === 'resize') this.iframe.style.height = `${event.data.height}px`;
      this.options_.onMessage(event.data);
    };
    target.postMessage({ type: kConnect }, this.options_.origin, [port2]);
    port1.postMessage(this.configure_);
  }
}
