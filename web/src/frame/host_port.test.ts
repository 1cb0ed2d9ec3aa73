import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kConnect, type FrameMessage } from '../shared/protocol';
import { acceptHost, type HostPort } from './host_port';

const kShop = 'https://shop.example.com';

class FakePort {
  readonly sent: unknown[] = [];
  closed = false;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  postMessage(message: unknown): void {
    this.sent.push(message);
  }
  close(): void {
    this.closed = true;
  }
}

/** A window that can be sent messages with any source and origin, as browsers fill them in. */
function frameIn(parent: object) {
  const listeners = new Set<(event: unknown) => void>();
  const received: unknown[] = [];
  const frame = {
    parent,
    document: { title: 'Card' },
    addEventListener: (_: string, listener: (event: unknown) => void) => listeners.add(listener),
  };
  let host: HostPort | undefined;
  acceptHost(frame as unknown as Window, [kShop], (message, answer) => {
    received.push(message);
    host ??= answer;
    if (received.length === 1) host.send({ type: 'ready' });
  });
  const offer = (over: Record<string, unknown> = {}): FakePort => {
    const port = new FakePort();
    const event = {
      source: parent,
      origin: kShop,
      data: { type: kConnect },
      ports: [port],
      ...over,
    };
    for (const listener of [...listeners]) listener(event);
    port.onmessage?.({ data: { type: 'clear' } });
    return port;
  };
  return { offer, received, send: (message: FrameMessage) => host?.send(message) };
}

test('a port from the parent and an allowed origin is taken and answered on', () => {
  const { offer, received } = frameIn({});
  assert.deepEqual(offer().sent, [{ type: 'ready' }]);
  assert.deepEqual(received, [{ type: 'clear' }]);
});

test('a later port from the page takes over and hears how things stand', () => {
  const { offer, received, send } = frameIn({});
  const first = offer();
  send({ type: 'resize', height: 100 });
  send({ type: 'enter' });
  send({ type: 'resize', height: 200 });
  const second = offer();
  assert.deepEqual([first.closed, second.closed], [true, false]);
  assert.deepEqual(second.sent, [{ type: 'ready' }, { type: 'resize', height: 200 }]);
  second.onmessage?.({ data: { type: 'blur' } });
  assert.equal(second.sent.length, 2, 'told once');
  first.onmessage?.({ data: { type: 'submit', call: 1 } });
  assert.equal(received.length, 3, 'the first is not heard any more');
});

test('an answer goes to the port that asked, or nowhere', () => {
  const { offer, send } = frameIn({});
  const error = { code: 'network_failed' as const, message: 'm', fields: [] };
  offer().onmessage?.({ data: { type: 'submit', call: 1 } });
  const second = offer();
  const heard = second.sent.length;
  send({ type: 'failed', call: 1, error });
  assert.equal(second.sent.length, heard);
  second.onmessage?.({ data: { type: 'cancel', call: 1 } });
  send({ type: 'failed', call: 1, error });
  assert.equal(second.sent.length, heard + 1);
});

test('the host learns the title of the document, in whatever language it is', () => {
  const { offer } = frameIn({});
  const port = offer();
  const configure = {
    ...{ type: 'configure', locale: null, theme: 'light', layout: 'grid', name: 'hidden' },
    ...{ variables: {}, rules: {} },
  };
  port.onmessage?.({ data: configure });
  assert.deepEqual(port.sent.at(-1), { type: 'title', title: 'Card' });
});

test('other sources, origins that only look alike, and other messages are ignored', () => {
  const { offer, received } = frameIn({});
  const origins = [
    'null',
    '*',
    '',
    'https://shop.example.com.evil.example',
    'http://shop.example.com',
  ];
  const alike = [
    ...origins,
    'https://shop.example.com:8443',
    'https://SHOP.example.com',
    `${kShop}/`,
  ];
  for (const origin of alike) assert.equal(offer({ origin }).onmessage, null, origin);
  for (const source of [null, {}, undefined]) assert.equal(offer({ source }).onmessage, null);
  for (const data of [null, kConnect, {}, { type: 'connect' }, { type: [kConnect] }]) {
    assert.equal(offer({ data }).onmessage, null);
  }
  assert.equal(offer({ ports: [] }).onmessage, null);
  assert.equal(received.length, 0);
  assert.notEqual(offer().onmessage, null, 'the right one is still taken afterwards');
});

test('"null" is never allowed, even if it is listed', () => {
  const parent = {};
  let listener: ((event: unknown) => void) | undefined;
  const frame = {
    parent,
    addEventListener: (_: string, added: (event: unknown) => void) => (listener = added),
  };
  acceptHost(frame as unknown as Window, ['null'], () => assert.fail('taken'));
  const port = new FakePort();
  listener?.({ source: parent, origin: 'null', data: { type: kConnect }, ports: [port] });
  assert.equal(port.onmessage, null);
});

test('messages that do not fit the protocol are ignored', () => {
  const { offer, received } = frameIn({});
  const port = offer();
  for (const data of [
    null,
    'clear',
    { type: 'read' },
    { type: 'submit' },
    { type: 'focus', field: 'pan' },
  ]) {
    port.onmessage?.({ data });
  }
  assert.deepEqual(received, [{ type: 'clear' }]);
});

test('a frame document opened on its own listens to nobody', () => {
  let listening = false;
  const frame = { addEventListener: () => (listening = true) } as unknown as Window & {
    parent: unknown;
  };
  Object.assign(frame, { parent: frame });
  acceptHost(frame, [kShop], () => undefined);
  assert.equal(listening, false);
});
