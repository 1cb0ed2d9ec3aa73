// <obolus-card> in Chromium: written in a page, defined late, in a shadow tree, moved, given
// another session, and around an iframe that is there already.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillCard } from '../client/testing';
import type * as Api from '../src/host/obolus';
import { complaints, kPan, newKey, page, standIn } from './support/stage';
import { consoleErrors, iframeTag, openShop, scriptTag } from './support/shop_pages';

const kCard = { number: kPan, expiry: '12/30', cvc: '123' };

// Hears the element's events at the top of the page, as those of shadow trees arrive there.
const kEar = `<script>
  heardEvents = [];
  for (const name of ['ready', 'change', 'complete', 'focus', 'networkschange', 'statechange',
    'error']) {
    addEventListener('obolus-' + name, (event) => heardEvents.push([name, event.detail]));
  }
</script>`;

function heard(event: string): Promise<number> {
  return page.evaluate(
    (event) => window.heardEvents.filter(([name]) => name === event).length,
    event,
  );
}

async function waitToHear(event: string, times = 1): Promise<void> {
  await page.waitForFunction(
    ([event, times]) => window.heardEvents.filter(([name]) => name === event).length >= times,
    [event, times] as const,
  );
}

function submitElement(): Promise<string> {
  return page.evaluate(() =>
    (document.querySelector('obolus-card') as Api.ObolusCardElement).submit().then(
      ({ status }) => status,
      (error: Api.ObolusError) => error.code,
    ),
  );
}

test('the element takes a card, and its events reach the page', async () => {
  const errors = consoleErrors();
  const key = newKey();
  const session = standIn.open(key);
  await openShop(`${kEar}${scriptTag('element.js')}
    <obolus-card session-key="${key}" theme="dark" name="optional" locale="en"></obolus-card>`);
  await waitToHear('ready');
  await fillCard(page, { ...kCard, name: 'Ada' });
  await waitToHear('complete');
  assert.equal(await submitElement(), 'success');
  assert.equal(session.cards.length, 1);
  await waitToHear('statechange');
  const change = await page.evaluate(
    () => window.heardEvents.find(([name]) => name === 'change')?.[1] as Api.CardChange,
  );
  assert.equal(change.empty, false);
  const frame = page.frameLocator('iframe');
  assert.equal(await frame.locator('html').getAttribute('data-theme'), 'dark');
  assert.ok((await page.locator('iframe').getAttribute('src'))?.endsWith('?locale=en'));
  assert.deepEqual([errors, complaints], [[], []]);
});

test('attributes and appearance change the form; odd values do not stop it', async () => {
  const key = newKey();
  standIn.open(key);
  await openShop(`${kEar}${scriptTag('element.js')}
    <obolus-card session-key="${key}" theme="neon" layout="spiral" name="maybe"></obolus-card>`);
  await waitToHear('ready');
  await fillCard(page, { number: '4242', expiry: '', cvc: '' });
  await page.evaluate(() => {
    const element = document.querySelector('obolus-card') as Api.ObolusCardElement;
    element.setAttribute('theme', 'contrast');
    element.setAttribute('name', 'required');
    element.appearance = { variables: { colorText: '#123456' } };
  });
  const frame = page.frameLocator('iframe');
  await frame.locator('html[data-theme=contrast]').waitFor();
  const number = frame.locator('#number');
  assert.equal((await number.inputValue()).trim(), '4242');
  assert.equal(await number.evaluate((input) => getComputedStyle(input).color), 'rgb(18, 52, 86)');
  assert.equal(await frame.locator('#name').isVisible(), true);
  await page.evaluate(() => document.querySelector('obolus-card')?.removeAttribute('theme'));
  await frame.locator('html[data-theme=light]').waitFor();
  assert.equal(await heard('ready'), 1);
});

test('defined late, in a shadow tree, with properties set before, it still works', async () => {
  const key = newKey();
  const session = standIn.open(key);
  await openShop(`${kEar}<div id="host"></div>`);
  await page.evaluate((key) => {
    const root = (document.getElementById('host') as HTMLElement).attachShadow({ mode: 'open' });
    const element = document.createElement('obolus-card');
    element.appearance = { theme: 'dark' };
    element.setAttribute('session-key', key);
    root.append(element);
  }, key);
  await page.addScriptTag({
    type: 'module',
    content: `
      import { defineObolusCard } from '${standIn.origin}/client/v1/obolus.mjs';
      defineObolusCard();
      defineObolusCard();`,
  });
  await waitToHear('ready');
  await page.frameLocator('iframe').locator('html[data-theme=dark]').waitFor();
  await fillCard(page, kCard);
  const status = await page.evaluate(async () => {
    const root = document.getElementById('host')?.shadowRoot;
    return (await root?.querySelector('obolus-card')?.submit())?.status;
  });
  assert.equal(status, 'success');
  assert.equal(session.cards.length, 1);
});

test('moved it starts again, another session is another form, taken out it lets go', async () => {
  const keys = [newKey(), newKey()];
  for (const key of keys) standIn.open(key);
  await openShop(`${kEar}${scriptTag('element.js')}<div id="other"></div>
    <obolus-card session-key="${keys[0]}"></obolus-card>`);
  await waitToHear('ready');
  await page.evaluate(() => {
    const element = document.querySelector('obolus-card') as HTMLElement;
    document.getElementById('other')?.append(element);
  });
  await waitToHear('ready', 2);
  assert.equal(await page.locator('iframe').count(), 1);
  await page.evaluate((key) => {
    document.querySelector('obolus-card')?.setAttribute('session-key', key);
  }, keys[1] ?? '');
  await waitToHear('ready', 3);
  assert.equal(await page.locator('iframe').count(), 1);
  await fillCard(page, kCard);
  assert.equal(await submitElement(), 'success');
  assert.deepEqual(
    keys.map((key) => standIn.sessions.get(key)?.cards.length),
    [0, 1],
  );
  const gone = await page.evaluate(async () => {
    const element = document.querySelector('obolus-card') as Api.ObolusCardElement;
    element.remove();
    await new Promise((resolve) => setTimeout(resolve));
    const code = await element.submit().catch((error: Api.ObolusError) => error.code);
    return [element.card, element.obolus, element.children.length, code];
  });
  assert.deepEqual(gone, [null, null, 0, 'not_mounted']);
});

test('where the browser can move elements as they are, nothing typed is lost', async (t) => {
  const key = newKey();
  standIn.open(key);
  await openShop(`${kEar}${scriptTag('element.js')}<div id="other"></div>
    <obolus-card session-key="${key}"></obolus-card>`);
  await waitToHear('ready');
  await fillCard(page, kCard);
  const moved = await page.evaluate(() => {
    const other = document.getElementById('other') as HTMLElement & {
      moveBefore?: (node: Node, child: Node | null) => void;
    };
    other.moveBefore?.(document.querySelector('obolus-card') as HTMLElement, null);
    return other.children.length === 1;
  });
  t.diagnostic(`moveBefore: ${moved}`);
  assert.equal(await submitElement(), 'success');
  assert.equal(await heard('ready'), 1);
});

test('an iframe between its tags is taken over, whenever the library arrives', async () => {
  const errors = consoleErrors();
  for (const script of [scriptTag('element.js'), scriptTag('element.js', 'async')]) {
    const key = newKey();
    const session = standIn.open(key);
    await openShop(`${kEar}${script}
      <obolus-card session-key="${key}">${iframeTag(key)}</obolus-card>`);
    await waitToHear('ready');
    assert.equal(await page.locator('iframe').count(), 1);
    await fillCard(page, kCard);
    assert.equal(await submitElement(), 'success');
    assert.equal(session.cards.length, 1);
  }
  assert.deepEqual([errors, complaints], [[], []]);
});

test('what cannot work is an error event', async () => {
  await openShop(`${kEar}${scriptTag('element.js')}
    <obolus-card session-key="no key"></obolus-card>
    <obolus-card session-key="pay_0123456789" base-url="http://pay.example"></obolus-card>`);
  await waitToHear('error', 2);
  const errors = await page.evaluate(() =>
    window.heardEvents.map(([, error]) => {
      const { code, actor } = error as Api.ObolusError;
      return [code, actor];
    }),
  );
  assert.deepEqual(errors, [
    ['argument_invalid', 'merchant'],
    ['argument_invalid', 'merchant'],
  ]);
  assert.equal(await page.locator('iframe').count(), 0);
});
