// Which iframe the library uses, and what it makes of one that comes and goes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeFrame, FakeIframe, fakeElement, kBase, kKey } from '../../tests/support/fake_page';
import { mounted, settled } from '../../tests/support/fake_page';
import { ObolusError } from './errors';
import { start } from './session';

const kSandbox = ['allow-scripts', 'allow-same-origin'];

function rejectsWith(code: string) {
  return (error: unknown) => error instanceof ObolusError && error.code === code;
}

function givenIframe(over: Partial<FakeIframe> = {}): FakeIframe {
  const src = `${kBase}/frame/v1/${kKey}?locale=fr`;
  return Object.assign(new FakeIframe(), { src, sandbox: kSandbox }, over);
}

async function newCard() {
  return (await start(undefined, kKey, { baseUrl: kBase })).card();
}

test('the locale is in the address, and a later one goes by message', async () => {
  const { card, frame, iframe } = await mounted({ locale: 'de-AT' });
  assert.equal(iframe.src, `${kBase}/frame/v1/${kKey}?locale=de-AT`);
  const { length } = iframe.posted;
  card.update({ locale: 'nb' });
  await settled();
  assert.equal((frame.got.at(-1) as { locale?: string }).locale, 'nb');
  assert.equal(iframe.posted.length, length, 'not loaded again');
  card.destroy();
  const later = await newCard();
  later.update({ locale: 'x&y=1' });
  const { element, iframes } = fakeElement();
  later.mount(element);
  assert.equal(iframes[0]?.src, `${kBase}/frame/v1/${kKey}?locale=x%26y%3D1`);
  later.destroy();
});

test('an iframe of this session is taken over, once its document is ours', async () => {
  const iframe = givenIframe();
  const { element, iframes } = fakeElement([givenIframe({ src: `${kBase}/frame/v1/x` }), iframe]);
  const card = await newCard();
  let ready = 0;
  card.on('ready', () => ready++);
  card.mount(element);
  assert.equal(iframes.length, 0, 'none is made');
  assert.equal(iframe.posted.length, 0, 'the empty document of the page gets nothing');
  await new FakeFrame(iframe).say({ type: 'ready' });
  assert.equal(ready, 1);
  card.destroy();
});

test('an iframe that is loaded already is taken over at once, as element or in one', async () => {
  for (const direct of [true, false]) {
    const iframe = givenIframe();
    Object.defineProperty(iframe.contentWindow, 'location', {
      get: () => {
        throw new Error('SecurityError');
      },
    });
    const card = await newCard();
    const target = direct ? { ...iframe, ownerDocument: {} } : fakeElement([iframe]).element;
    if (direct) Object.setPrototypeOf(target, FakeIframe.prototype);
    card.mount(target as Element);
    const frame = new FakeFrame(iframe, true);
    await frame.say({ type: 'title', title: 'Kartendaten' });
    assert.equal((direct ? (target as unknown as FakeIframe) : iframe).title, 'Kartendaten');
    card.destroy();
    await settled();
    assert.deepEqual([iframe.removed, frame.got.at(-1)], [false, { type: 'clear' }]);
  }
});

test('on a page that was loaded again, the iframe is given its own address once more', async () => {
  const real = performance.getEntriesByType.bind(performance);
  for (const [type, replaces] of [
    ['navigate', false],
    ['reload', true],
    ['back_forward', true],
  ] as const) {
    performance.getEntriesByType = () => [{ type }] as unknown as PerformanceEntry[];
    const iframe = givenIframe();
    const card = await newCard();
    card.mount(fakeElement([iframe]).element);
    performance.getEntriesByType = real;
    assert.deepEqual(iframe.replaced, replaces ? [iframe.src] : [], type);
    card.destroy();
  }
});

test('an iframe with another sandbox, or another address, is refused', async () => {
  const card = await newCard();
  for (const sandbox of [[], ['allow-scripts'], [...kSandbox, 'allow-top-navigation']]) {
    const { element } = fakeElement([givenIframe({ sandbox })]);
    assert.throws(() => card.mount(element), rejectsWith('argument_invalid'), sandbox.join());
  }
  for (const src of ['', 'https://evil.example/', `https://evil.example/frame/v1/${kKey}`]) {
    const iframe = Object.assign(givenIframe({ src }), { ownerDocument: {} });
    assert.throws(
      () => card.mount(iframe as unknown as Element),
      rejectsWith('argument_invalid'),
      src,
    );
  }
  const { element, iframes } = fakeElement();
  card.mount(element);
  assert.equal(iframes.length, 1, 'the card is still of use');
  card.destroy();
});

test('a document that is loaded again has nothing typed, and the shop hears so', async () => {
  const { card, frame, iframe } = await mounted();
  const heard: unknown[] = [];
  card.on('change', ({ empty, complete }) => heard.push([empty, complete]));
  card.on('networkschange', ({ network }) => heard.push(network));
  const change = { type: 'change', empty: false, complete: true, valid: true, errors: [] };
  await frame.say({ ...change, network: 'visa', networks: ['visa'] });
  new FakeFrame(iframe);
  assert.deepEqual(heard, [[false, true], 'visa', [true, false], null]);
  card.unmount();
  assert.equal(heard.length, 4, 'said once');
  card.destroy();
});

test('a submission ends when its iframe is taken out of the page', async () => {
  const { obolus, card, iframe } = await mounted();
  const result = obolus.submit();
  await settled();
  iframe.contentWindow = null;
  await assert.rejects(result, rejectsWith('not_mounted'));
  await assert.rejects(obolus.submit(), rejectsWith('not_mounted'));
  card.destroy();
});
