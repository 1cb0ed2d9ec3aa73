// What a challenge comes to, by what the server says; the shopper's page here is small fakes. How
// it looks and what browsers do with it: tests/browser/challenge_frame.test.mjs.
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { kNothingShownMs, run } from './challenge';
import { ObolusError } from './errors';
import type { ChallengeOptions } from './obolus';

const kOrigin = 'https://pay.example.com';
const caller = { origin: kOrigin, locale: null, ObolusError };

type Answer = { status: number; body?: unknown } | 'no network';

class World {
  readonly left: string[] = [];
  readonly asked: string[] = [];
  readonly listeners: (() => void)[] = [];
  readonly timers = new Map<number, { at: number; run: () => void }>();
  now = 0;
  hidden = false;
  answer: Answer = { status: 200, body: { next_action: 'wait', data: {} } };

  constructor() {
    const world = this;
    Object.assign(globalThis, {
      setTimeout: (run: () => void, milliseconds: number) => {
        const id = world.timers.size + 1;
        world.timers.set(id, { at: world.now + milliseconds, run });
        return id;
      },
      clearTimeout: (id: number) => {
        const timer = world.timers.get(id);
        if (timer) timer.at = Infinity;
      },
      Document: class {},
      window: { crossOriginIsolated: false },
      location: { assign: (url: string) => void world.left.push(url) },
      document: {
        get hidden() {
          return world.hidden;
        },
        addEventListener: (_: string, listener: () => void) => void world.listeners.push(listener),
        removeEventListener: () => undefined,
        querySelector: () => null,
      },
      EventSource: class {
        constructor(url: string) {
          world.asked.push(url);
        }
        addEventListener(): void {}
        close(): void {}
      },
      fetch: async (url: string) => {
        world.asked.push(url);
        const { answer } = world;
        if (answer === 'no network') throw new TypeError('no network');
        return { ok: answer.status === 200, status: answer.status, json: async () => answer.body };
      },
    });
  }

  tick(milliseconds: number): void {
    this.now += milliseconds;
    for (const timer of this.timers.values()) {
      if (timer.at > this.now) continue;
      timer.at = Infinity;
      timer.run();
    }
  }
}

const kRealTimers = { setTimeout, clearTimeout };
after(() => void Object.assign(globalThis, kRealTimers));

let world: World;
let number = 0;
let url = '';
beforeEach(() => {
  world = new World();
  // One of its own for each test: one that is under way is not begun again.
  url = `${kOrigin}/3ds/tds_${String(++number).padStart(12, '0')}`;
});

async function pass(milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 500) {
    world.tick(500);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

const page: ChallengeOptions = { display: 'page' };
const refused = (code: string) => (error: unknown) =>
  error instanceof ObolusError && error.code === code;

test('what is no challenge of this server, or no option, is refused', async () => {
  for (const wrong of [
    '',
    'javascript:alert(1)',
    'https://evil.example/3ds/tds_000000000000',
    `${kOrigin}/checkout/tds_000000000000`,
    `${kOrigin}/3ds/pay_000000000000`,
    `${kOrigin}/3ds/tds_000000000000/return`,
    `${kOrigin}.evil.example/3ds/tds_000000000000`,
  ]) {
    await assert.rejects(run(caller, wrong, page), refused('argument_invalid'), wrong);
  }
  const options = [{ display: 'window' }, { display: 'container' }, { windowSize: '06' }];
  for (const wrong of options) {
    const call = run(caller, url, wrong as ChallengeOptions);
    await assert.rejects(call, refused('argument_invalid'), JSON.stringify(wrong));
  }
  assert.deepEqual(world.left, []);
  assert.deepEqual(world.asked, []);
});

test('the full page is one call, and its outcome the server tells', async () => {
  const result = run(caller, url, page);
  assert.deepEqual(world.left, [url]);
  assert.match(world.asked[0] ?? '', /^https:\/\/pay\.example\.com\/sessions\/tds_\d+\/stream$/);
  const body = { next_action: null, status: 'success', continue_url: 'https://shop.example/paid' };
  world.answer = { status: 200, body };
  await pass(5000);
  assert.deepEqual(await result, {
    status: 'success',
    continueUrl: 'https://shop.example/paid',
  });
});

test('a failure has its reason, and an address that is none is left out', async () => {
  const result = run(caller, url, page);
  const data = { reason: 'Voided.', reason_code: 'VOIDED' };
  const body = { next_action: null, status: 'failure', data, continue_url: 'javascript:alert(1)' };
  world.answer = { status: 200, body };
  await pass(5000);
  assert.deepEqual(await result, { status: 'failure', reason: 'Voided.', reasonCode: 'VOIDED' });
});

test('an outcome that is long in coming is pending, with the way back', async () => {
  const result = run(caller, url, page);
  const body = {
    next_action: 'wait',
    data: {},
    way_back_url: 'https://shop.example/?status=pending',
  };
  world.answer = { status: 200, body };
  await pass(5000);
  const continueUrl = 'https://shop.example/?status=pending';
  assert.deepEqual(await result, { status: 'pending', continueUrl });
});

test('unknown at once is an error, unknown later has expired', async () => {
  world.answer = { status: 404 };
  const unknown = run(caller, url, page);
  const rejected = assert.rejects(unknown, refused('session_not_found'));
  await pass(5000);
  await rejected;
  world.answer = { status: 200, body: { next_action: 'wait', data: {} } };
  const expired = run(caller, url, page);
  await pass(5000);
  world.answer = { status: 404 };
  await pass(5000);
  const { status, reasonCode } = await expired;
  assert.deepEqual([status, reasonCode], ['failure', 'SESSION_EXPIRED']);
});

test('a lost network ends nothing', async () => {
  world.answer = 'no network';
  let ended = false;
  const result = run(caller, url, page).finally(() => (ended = true));
  await pass(60_000);
  assert.equal(ended, false);
  world.answer = { status: 200, body: { next_action: null, status: 'success' } };
  await pass(5000);
  assert.equal((await result).status, 'success');
});

test('asked for twice it is one challenge, and after its end another', async () => {
  const [first, second] = [run(caller, url, page), run(caller, url, page)];
  assert.deepEqual(world.left, [url]);
  world.answer = { status: 200, body: { next_action: null, status: 'success' } };
  await pass(5000);
  assert.deepEqual(await first, await second);
  const third = run(caller, url, page);
  assert.deepEqual(world.left, [url, url]);
  await pass(5000);
  await third;
});

test('a browser that cannot show it, or an isolated page, takes the full page', async () => {
  void run(caller, url);
  assert.deepEqual(world.left, [url]);
  Object.assign(globalThis.Document.prototype, { adoptedStyleSheets: [] });
  Object.assign(window, { crossOriginIsolated: true });
  void run(caller, `${url}1`);
  assert.deepEqual(world.left, [url, `${url}1`]);
});

test('a server that says nothing for 10 s: the full page, but not while hidden', async () => {
  Object.assign(globalThis.Document.prototype, { adoptedStyleSheets: [] });
  world.answer = 'no network';
  world.hidden = true;
  void run(caller, url);
  await pass(kNothingShownMs * 2);
  assert.deepEqual(world.left, []);
  world.hidden = false;
  for (const listener of world.listeners) listener();
  await pass(kNothingShownMs - 500);
  assert.deepEqual(world.left, []);
  await pass(500);
  assert.deepEqual(world.left, [`${url}?in=page&after=frame`]);
});
