// One iframe with the card form, made here or found in the page, and the MessagePort to it. On
// every load of the iframe the host makes a new channel and posts one end with the exact origin of
// the server, so that no other document can get it; whatever comes back over that port can only
// come from there. A document that does not answer in time (blocked, offline, wrong server) is
// reported as unreachable.

import {
  isFrameMessage,
  kConnect,
  type Configure,
  type FrameMessage,
  type HostMessage,
} from '../shared/protocol';
import { ObolusError } from './errors';

export interface FrameLinkOptions {
  readonly origin: string;
  readonly sessionKey: string;
  /** Until the frame says its own. */
  readonly heightPx: number;
  readonly configure: Configure;
  /** A document was loaded: whatever was asked of the one before it is lost. */
  readonly onLoad: () => void;
  readonly onMessage: (message: FrameMessage) => void;
  readonly onUnreachable: () => void;
}

export const kReadyTimeoutMs = 20_000;

// Scripts, and its own origin to call the server. No form submission (the frame submits nothing but
// ciphertext, by fetch), no navigation of the page, no popups.
const kSandbox = 'allow-scripts allow-same-origin';

const kSchemes = { light: 'light', dark: 'dark', auto: 'light dark', contrast: 'light' } as const;

export class FrameLink {
  readonly iframe: HTMLIFrameElement;
  private readonly found_: boolean;
  private port_: MessagePort | null = null;
  private configure_: Configure;
  private timer_: ReturnType<typeof setTimeout> | undefined;

  /**
   * Takes over the frame's iframe that `target` is or holds, else appends one. Throws
   * `argument_invalid` when that iframe is not sandboxed as it must be, or `target` is another.
   */
  constructor(
    target: Element,
    private readonly options_: FrameLinkOptions,
  ) {
    const { origin, configure, heightPx } = options_;
    const url = `${origin}/frame/v1/${encodeURIComponent(options_.sessionKey)}`;
    const found = findIframe(target, url);
    const iframe = found ?? target.ownerDocument.createElement('iframe');
    this.iframe = iframe;
    this.found_ = found !== undefined;
    this.configure_ = configure;
    const { style } = iframe;
    style.border = '0';
    style.display = 'block';
    style.width = '100%';
    style.height ||= `${heightPx}px`;
    // The same scheme as the frame's document, or browsers paint an opaque canvas behind it.
    style.colorScheme = kSchemes[configure.theme];
    iframe.addEventListener('load', this.connect);
    this.watch();
    if (found) {
      // Coming back or loading again, Firefox shows what an iframe held before, whatever its src:
      // the form of another session, perhaps.
      if (cameAgain()) iframe.contentWindow?.location.replace(iframe.src);
      else if (holdsOtherOrigin(iframe, origin)) this.connect();
      return;
    }
    iframe.setAttribute('sandbox', kSandbox);
    // No feature of the page is delegated.
    iframe.setAttribute('allow', '');
    iframe.referrerPolicy = 'no-referrer';
    iframe.src = url + (configure.locale ? `?locale=${encodeURIComponent(configure.locale)}` : '');
    target.appendChild(iframe);
  }

  /** False while the iframe is not in a page: it then has no document, and nothing answers. */
  get attached(): boolean {
    return this.iframe.contentWindow !== null;
  }

  /** Sends a message; false when no frame is connected. */
  send(message: HostMessage): boolean {
    this.port_?.postMessage(message);
    return this.port_ !== null && this.attached;
  }

  /** What the frame is to be like from now on, also when its document is loaded again. */
  reconfigure(configure: Configure): void {
    this.configure_ = configure;
    this.iframe.style.colorScheme = kSchemes[configure.theme];
    this.send(configure);
  }

  /**
   * Nothing is reported any more. An iframe that was made here goes; one that was found stays, as
   * its maker may want it again, but what was typed goes.
   */
  close(): void {
    clearTimeout(this.timer_);
    this.iframe.removeEventListener('load', this.connect);
    if (this.found_) this.send({ type: 'clear' });
    else this.iframe.remove();
    this.port_?.close();
    this.port_ = null;
  }

  private watch(): void {
    clearTimeout(this.timer_);
    this.timer_ = setTimeout(() => {
      if (this.attached) this.options_.onUnreachable();
    }, kReadyTimeoutMs);
  }

  private readonly connect = (): void => {
    const target = this.iframe.contentWindow;
    if (target === null) return;
    this.port_?.close();
    this.options_.onLoad();
    this.watch();
    const { port1, port2 } = new MessageChannel();
    this.port_ = port1;
    port1.onmessage = ({ data }: MessageEvent) => {
      if (this.port_ !== port1 || !isFrameMessage(data)) return;
      clearTimeout(this.timer_);
      if (data.type === 'resize') this.iframe.style.height = `${data.height}px`;
      if (data.type === 'title') this.iframe.title = data.title;
      this.options_.onMessage(data);
    };
    target.postMessage({ type: kConnect }, this.options_.origin, [port2]);
    port1.postMessage(this.configure_);
  };
}

function findIframe(target: Element, url: string): HTMLIFrameElement | undefined {
  const is_iframe = target.localName === 'iframe';
  const found = (
    [...(is_iframe ? [target] : target.querySelectorAll('iframe'))] as HTMLIFrameElement[]
  ).find(({ src }) => src.split('?')[0] === url);
  if (found ? [...found.sandbox].sort().join() !== 'allow-same-origin,allow-scripts' : is_iframe) {
    throw new ObolusError(
      'argument_invalid',
      `The iframe needs src="${url}" and sandbox="${kSandbox}".`,
    );
  }
  return found;
}

function cameAgain(): boolean {
  const [visit] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return /^(reload|back)/.test(visit?.type ?? '');
}

/**
 * False while an iframe still has the empty document that it began with, which is of the page's own
 * origin; then its load event is to come. Otherwise that event may be over.
 */
function holdsOtherOrigin({ contentWindow }: HTMLIFrameElement, origin: string): boolean {
  try {
    return contentWindow?.location.origin === origin;
  } catch {
    return true;
  }
}
