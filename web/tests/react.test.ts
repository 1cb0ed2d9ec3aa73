// @obolus/react in Chromium, under StrictMode, which mounts everything twice; and on a server.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { build } from 'esbuild';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { fillCard } from '../client/testing';
import { ObolusCard, ObolusProvider } from '../react/obolus_react';
import { complaints, kPan, newKey, page, standIn } from './support/stage';
import { consoleErrors, openShop } from './support/shop_pages';
import type {} from './support/react_shop';

const kCard = { number: kPan, expiry: '12/30', cvc: '123' };

before(async () => {
  const { outputFiles } = await build({
    entryPoints: ['tests/support/react_shop.ts'],
    bundle: true,
    format: 'iife',
    write: false,
    define: { 'process.env.NODE_ENV': '"development"' },
    alias: { '@obolus/client': './src/host/module.ts', '@obolus/react': './react/obolus_react.ts' },
    // What import.meta says in a classic script: nothing. The shop names the server.
    logOverride: { 'empty-import-meta': 'silent' },
  });
  standIn.shopFiles.set('/react.js', outputFiles[0]?.text ?? '');
});

async function openReactShop(key: string): Promise<void> {
  await openShop(`<body data-session-key="${key}" data-base-url="${standIn.origin}">
    <div id="root"></div><script src="/react.js"></script>`);
}

function heard(): Promise<string[]> {
  return page.evaluate(() => window.shop.heard);
}

async function waitToHear(what: string, times = 1): Promise<void> {
  await page.waitForFunction(
    ([what, times]) => window.shop.heard.filter((heard) => heard === what).length >= times,
    [what, times] as const,
  );
}

async function pays(key: string): Promise<void> {
  await fillCard(page, kCard);
  await page.getByRole('button', { name: 'Pay' }).click();
  await page.getByText('success').waitFor();
  assert.equal(standIn.sessions.get(key)?.cards.length, 1);
}

test('mounted twice there is one form; it takes a card, and its events are props', async () => {
  const errors = consoleErrors();
  const key = newKey();
  standIn.open(key);
  await openReactShop(key);
  await waitToHear('ready');
  assert.equal(await page.locator('iframe').count(), 1);
  await pays(key);
  assert.deepEqual(
    (await heard()).filter((what) => what !== 'typed'),
    ['ready', 'complete', 'empty'],
  );
  assert.deepEqual([errors, complaints], [[], []]);
});

test('props that change are updates: what is typed stays, new listeners hear', async () => {
  const key = newKey();
  standIn.open(key);
  await openReactShop(key);
  await waitToHear('ready');
  await fillCard(page, { ...kCard, name: 'Ada' });
  await page.evaluate(() =>
    window.shop.set({ card: { name: 'required', locale: 'en', appearance: { theme: 'dark' } } }),
  );
  const frame = page.frameLocator('iframe');
  await frame.locator('html[data-theme=dark]').waitFor();
  assert.equal(await frame.locator('#cvc').inputValue(), '123');
  assert.equal(await frame.locator('#name').inputValue(), 'Ada');
  await page.evaluate(() => window.shop.card?.clear());
  await waitToHear('empty en');
  await page.evaluate(() => window.shop.set({ card: {} }));
  await frame.locator('html[data-theme=light]').waitFor();
  assert.equal(await frame.locator('#name').isVisible(), false);
});

test('taken away and shown again, and with another session, it is a new form', async () => {
  const keys = [newKey(), newKey()];
  for (const key of keys) standIn.open(key);
  await openReactShop(keys[0] ?? '');
  await waitToHear('ready');
  await fillCard(page, kCard);
  await page.evaluate(() => window.shop.set({ shown: false }));
  await page.locator('iframe').waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => window.shop.card), null);
  await page.evaluate(() => window.shop.set({ shown: true }));
  await waitToHear('ready', 2);
  await page.evaluate((sessionKey) => window.shop.set({ sessionKey }), keys[1] ?? '');
  await waitToHear('ready', 3);
  assert.equal(await page.locator('iframe').count(), 1);
  await pays(keys[1] ?? '');
  assert.equal(standIn.sessions.get(keys[0] ?? '')?.cards.length, 0);
  assert.deepEqual(complaints, []);
});

test('a session that cannot start is told to the provider', async () => {
  await openReactShop('no key');
  await waitToHear('argument_invalid');
  assert.equal(await page.locator('iframe').count(), 0);
});

test('on a server it renders the place of the form and nothing else', () => {
  const html = renderToString(
    createElement(
      ObolusProvider,
      { sessionKey: 'pay_0123456789', baseUrl: 'https://pay.example.com' },
      createElement(ObolusCard, { id: 'card', className: 'form' }),
    ),
  );
  assert.equal(html, '<div id="card" class="form"></div>');
});
