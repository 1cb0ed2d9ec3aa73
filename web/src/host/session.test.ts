// The library against small fakes of the page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CardChange } from './obolus';
import { ObolusError } from './errors';
import { kReadyTimeoutMs } from './frame_link';
import { serverOrigin, start } from './session';
import {
  FakeFrame,
  fakeElement,
  kBase,
  kKey,
  mounted,
  settled,
} from '../../tests/support/fake_page';

function rejectsWith(code: string) {
  return (error: unknown) => error instanceof ObolusError && error.code === code;
}

const kState = {
  nextAction: null,
  status: 'success',
  tokenId: 'tok',
  reason: null,
  reasonCode: null,
  redirectUrl: null,
  continueUrl: null,
};

test('the iframe shows our origin, sandboxed, without referrer or delegated features', async () => {
  const { card, iframe } = await mounted();
  assert.equal(iframe.src, `${kBase}/frame/v1/${kKey}`);
  assert.equal(iframe.attributes.get('sandbox'), 'allow-scripts allow-same-origin');
  assert.equal(iframe.attributes.get('allow'), '');
  assert.equal(iframe.referrerPolicy, 'no-referrer');
  card.destroy();
});

test('a submission is one call and one result, however often it is asked for', async () => {
  const { obolus, card, frame } = await mounted();
  const first = obolus.submit();
  assert.equal(obolus.submit(), first);
  await settled();
  assert.deepEqual(frame.got.slice(1), [{ type: 'submit', call: 1 }]);
  await frame.say({ type: 'done', call: 1, state: kState });
  assert.deepEqual(await first, { status: 'success', tokenId: 'tok' });
  const second = obolus.submit();
  assert.notEqual(second, first);
  await settled();
  await frame.say({
    type: 'failed',
    call: 2,
    error: { code: 'card_invalid', message: 'm', fields: ['cvc'] },
  });
  await assert.rejects(
    second,
    (error: ObolusError) => error.actor === 'shopper' && error.fields[0] === 'cvc',
  );
  card.destroy();
});

test('a challenge is a pending result that says where to go', async () => {
  const { obolus, card, frame } = await mounted();
  const result = obolus.submit();
  await settled();
  const state = {
    ...kState,
    status: null,
    tokenId: null,
    nextAction: '3ds_challenge',
    redirectUrl: 'https://a/',
  };
  await frame.say({ type: 'done', call: 1, state });
  assert.deepEqual(await result, {
    status: 'pending',
    nextAction: { type: '3ds_challenge', redirectUrl: 'https://a/' },
  });
  card.destroy();
});

test('listeners hear events until they unsubscribe, complete once per completion', async () => {
  const { card, frame, iframe } = await mounted();
  const seen: string[] = [];
  card.on('complete', () => seen.push('complete'));
  card.on('focus', ({ field }) => seen.push(`focus ${field}`));
  const off = card.on('change', (change: CardChange) => seen.push(`change ${change.network}`));
  const change = {
    type: 'change',
    empty: false,
    complete: true,
    valid: true,
    network: 'visa',
    networks: ['visa'],
    errors: [],
  };
  await frame.say({ type: 'focus', field: 'number' });
  await frame.say(change);
  off();
  await frame.say(change);
  await frame.say({ ...change, complete: false });
  await frame.say(change);
  assert.deepEqual(seen, ['focus number', 'change visa', 'complete', 'complete']);
  await frame.say({ type: 'resize', height: 222 });
  assert.equal(iframe.style['height'], '222px');
  card.destroy();
});

test('messages that do not fit the protocol have no effect', async () => {
  const { obolus, card, frame, iframe } = await mounted();
  let calls = 0;
  for (const event of ['change', 'focus', 'blur', 'error', 'ready', 'enter'] as const) {
    card.on(event, () => calls++);
  }
  obolus.onStateChange(() => calls++);
  const height = iframe.style['height'];
  for (const junk of [
    null,
    'ready',
    { type: 'resize', height: 1e9 },
    { type: 'resize', height: '9px' },
    { type: 'change', empty: 1 },
    { type: 'state', state: { ...kState, redirectUrl: 7 } },
    { type: 'done', call: 99, state: { ...kState, status: 'odd' } },
  ]) {
    await frame.say(junk);
  }
  assert.deepEqual([calls, iframe.style['height']], [0, height]);
  card.destroy();
});

test('a state is told once until it changes', async () => {
  const { obolus, card, frame } = await mounted();
  const seen: unknown[] = [];
  const off = obolus.onStateChange((state) => seen.push(state.status));
  await frame.say({ type: 'state', state: kState });
  await frame.say({ type: 'state', state: kState });
  await frame.say({ type: 'state', state: { ...kState, status: 'failure' } });
  off();
  await frame.say({ type: 'state', state: kState });
  assert.deepEqual(seen, ['success', 'failure']);
  card.destroy();
});

test('unmounting rejects what is under way; mounting again starts a new frame', async () => {
  const { obolus, card, iframe, element, iframes } = await mounted();
  const result = obolus.submit();
  await settled();
  card.unmount();
  await assert.rejects(result, rejectsWith('not_mounted'));
  assert.equal(iframe.removed, true);
  await assert.rejects(obolus.submit(), rejectsWith('not_mounted'));
  card.mount(element);
  assert.equal(iframes.length, 2);
  card.destroy();
  assert.throws(() => card.mount(element), rejectsWith('destroyed'));
  obolus.card().destroy();
});

test('a frame that was loaded again gets a new port, and the old one is dead', async () => {
  const { obolus, card, frame, iframe } = await mounted();
  const result = obolus.submit();
  await settled();
  const failed = assert.rejects(result, rejectsWith('network_failed'));
  const anew = new FakeFrame(iframe);
  await failed;
  await assert.rejects(obolus.submit(), rejectsWith('not_mounted'), 'until it is ready');
  await anew.say({ type: 'ready' });
  const seen: string[] = [];
  card.on('enter', () => seen.push('enter'));
  await frame.say({ type: 'enter' });
  assert.deepEqual(seen, []);
  card.destroy();
});

test('one form at a time, in an element that exists', async () => {
  const { obolus, card, element } = await mounted();
  assert.throws(() => obolus.card(), rejectsWith('already_mounted'));
  assert.throws(() => card.mount(element), rejectsWith('already_mounted'));
  card.unmount();
  assert.throws(() => card.mount(null as unknown as Element), rejectsWith('argument_invalid'));
  card.destroy();
});

test('a frame that never answers is reported as unreachable', async () => {
  const alarms: [run: () => void, milliseconds: number][] = [];
  const real = globalThis.setTimeout;
  globalThis.setTimeout = ((run: () => void, milliseconds: number) =>
    alarms.push([run, milliseconds])) as unknown as typeof setTimeout;
  try {
    const obolus = await start(undefined, kKey, { baseUrl: kBase });
    const card = obolus.card();
    const errors: ObolusError[] = [];
    card.on('error', (error) => errors.push(error));
    card.mount(fakeElement().element);
    const [alarm] = alarms;
    assert.equal(alarm?.[1], kReadyTimeoutMs);
    alarm?.[0]();
    assert.deepEqual([errors[0]?.code, errors[0]?.actor], ['frame_unreachable', 'network']);
    card.destroy();
  } finally {
    globalThis.setTimeout = real;
  }
});

test('a listener that throws does not keep the others from being called', async () => {
  const { card, frame } = await mounted();
  const uncaught: string[] = [];
  const real = globalThis.queueMicrotask;
  let called = false;
  card.on('enter', () => {
    throw new Error('the shop');
  });
  card.on('enter', () => (called = true));
  globalThis.queueMicrotask = (task) => {
    try {
      task();
    } catch (error) {
      uncaught.push((error as Error).message);
    }
  };
  await frame.say({ type: 'enter' });
  globalThis.queueMicrotask = real;
  assert.equal(called, true);
  assert.deepEqual(uncaught, ['the shop']);
  card.destroy();
});

test('bad arguments are refused by name', async () => {
  for (const key of ['', 'short', 'has space in it', '../../etc/passwd', 'x'.repeat(201)]) {
    await assert.rejects(start(kBase, key), rejectsWith('argument_invalid'));
  }
  await assert.rejects(start(undefined, kKey), rejectsWith('argument_invalid'));
  for (const url of [
    'http://pay.example.com',
    'javascript:0',
    'pay.example.com',
    'file:///x',
    '',
  ]) {
    assert.throws(() => serverOrigin(url), rejectsWith('argument_invalid'), url);
  }
  assert.equal(serverOrigin(`${kBase}/client/v1/obolus.js`), kBase);
  assert.equal(serverOrigin('http://localhost:8444'), 'http://localhost:8444');
  assert.throws(
    () => serverOrigin('http://localhost.evil.example'),
    rejectsWith('argument_invalid'),
  );
});
