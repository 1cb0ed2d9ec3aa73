// Small fakes of the merchant's page: an element that takes an iframe, and an iframe whose window
// receives the port, so that a test can be the frame.
import assert from 'node:assert/strict';
import type { InitOptions } from '../../src/host/obolus';
import { start } from '../../src/host/session';
import { kConnect } from '../../src/shared/protocol';

export const kBase = 'https://pay.example.com';
export const kKey = 'pay_0123456789';

interface Posted {
  readonly data: unknown;
  readonly origin: string;
  readonly port: MessagePort;
}

export class FakeIframe {
  readonly attributes = new Map<string, string>();
  readonly style: Record<string, string> = {};
  readonly posted: Posted[] = [];
  src = '';
  title = '';
  referrerPolicy = '';
  removed = false;
  onload: () => void = () => undefined;
  readonly localName = 'iframe';
  sandbox: readonly string[] = [];
  readonly replaced: string[] = [];
  readonly location = {
    origin: 'null',
    replace: (url: string) => void this.replaced.push(url),
  };
  contentWindow: object | null = {
    location: this.location,
    postMessage: (data: unknown, origin: string, [port]: [MessagePort]) =>
      void this.posted.push({ data, origin, port }),
  };
  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value);
  }
  addEventListener(_: string, listener: () => void): void {
    this.onload = listener;
  }
  removeEventListener(): void {
    this.onload = () => undefined;
  }
  remove(): void {
    this.removed = true;
  }
}

export function fakeElement(found: FakeIframe[] = []) {
  const iframes: FakeIframe[] = [];
  const element = {
    ownerDocument: {
      createElement: () => {
        const iframe = new FakeIframe();
        iframes.push(iframe);
        return iframe;
      },
    },
    querySelectorAll: () => found,
    appendChild: () => undefined,
  };
  return { element: element as unknown as Element, iframes };
}

/** The frame's end of the newest port: what it got, and a way to answer. */
export class FakeFrame {
  readonly got: { type: string; call?: number }[] = [];
  private readonly port_: MessagePort;

  /** The iframe is loaded now, unless its document was there `before`. */
  constructor(
    readonly iframe: FakeIframe,
    before = false,
  ) {
    if (!before) iframe.onload();
    const posted = iframe.posted.at(-1);
    assert.ok(posted);
    assert.deepEqual([posted.data, posted.origin], [{ type: kConnect }, kBase]);
    this.port_ = posted.port;
    this.port_.onmessage = (event) => void this.got.push(event.data);
  }

  async say(message: unknown): Promise<void> {
    this.port_.postMessage(message);
    await settled();
  }
}

/** Ports deliver on later turns of the event loop. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export async function mounted(options: InitOptions = {}) {
  const obolus = await start(undefined, kKey, { baseUrl: kBase, ...options });
  const card = obolus.card();
  const { element, iframes } = fakeElement();
  card.mount(element);
  const [iframe] = iframes;
  assert.ok(iframe);
  const frame = new FakeFrame(iframe);
  await frame.say({ type: 'ready' });
  return { obolus, card, frame, iframe, element, iframes };
}
