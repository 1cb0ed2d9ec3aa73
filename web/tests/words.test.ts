// Every word that a shopper sees or hears, in a real Chromium, with a language in which all texts
// are marked: whatever has no mark is hard-coded. src/languages/no_other_words.test.ts reads the
// sources for the same; this one hears what the scripts make of them.

import { unmarkedWords } from './support/marked_build';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FrameLocator, Page } from 'playwright-core';
import { kNetworkRules } from '../src/shared/networks';
import { browser, kPan, newKey, page, shopWith, standIn, submit, type } from './support/stage';

/** Names of networks are alike in every language. */
const kBrands = Object.values(kNetworkRules).map(({ label }) => label);

/** Fails when a document of ours in `where` says anything without a mark. */
async function assertMarked(what: string, where: Page = page): Promise<void> {
  for (const frame of where.frames()) {
    if (!frame.url().startsWith(standIn.origin)) continue;
    assert.deepEqual(await frame.evaluate(unmarkedWords, kBrands), [], what);
    const said = await frame.evaluate(() => document.body.textContent);
    assert.match(said ?? '', /⟦/, `${what} has marked texts`);
  }
}

async function fault(frame: FrameLocator, field: string, typed: string, words: RegExp) {
  const input = frame.locator(`#${field}`);
  await input.fill('');
  await input.pressSequentially(typed);
  await input.blur();
  await frame.locator(`#${field}-error`, { hasText: words }).waitFor();
  await assertMarked(`${field} with ${typed}`);
}

test('every fault of every field is said in the language', async () => {
  const key = newKey();
  const session = standIn.open(key);
  (session.state['data'] as Record<string, unknown>)['allowed_schemes'] = ['mastercard'];
  const frame = await shopWith(key, { name: 'required' });
  await assertMarked('the form');
  assert.equal(await page.locator('#box iframe').getAttribute('title'), '⟦Card details⟧');
  await submit();
  await frame.locator('#name-error', { hasText: 'Enter the name' }).waitFor();
  await assertMarked('an empty form');
  await fault(frame, 'number', '5555', /too short/);
  await fault(frame, 'number', '5555555555554445', /typing error/);
  await fault(frame, 'number', kPan, /not accepted here/);
  await fault(frame, 'expiry', '1', /month and year/);
  await fault(frame, 'expiry', '0030', /no such date/);
  await fault(frame, 'expiry', '0120', /has expired/);
  await fault(frame, 'cvc', '1', /too short/);
  await fault(frame, 'name', kPan, /as it stands/);
});

test('what the server says of a card is said in the language', async () => {
  const key = newKey();
  const networks = { '40000025': ['cartesbancaires', 'visa'] };
  standIn.open(key, { answers: ['bad_number', 'bad_code', 'cooling'], networks });
  const frame = await shopWith(key);
  await type(frame, '4000002500001001');
  await frame.locator('legend', { hasText: 'two networks' }).waitFor();
  await submit();
  await frame.locator('#number-error', { hasText: 'not accepted' }).waitFor();
  await assertMarked('a refused number');
  await frame.locator('#number').fill('');
  await frame.locator('#number').fill(kPan);
  await submit();
  await frame.locator('#countdown', { hasText: 'try again' }).waitFor();
  await assertMarked('a refused code, attempts left and a cool-down');
});

test('the form says in the language that the card was taken, and that it is closed', async () => {
  const taken = newKey();
  standIn.open(taken);
  const frame = await shopWith(taken);
  await type(frame);
  await submit();
  await frame.locator('#status', { hasText: 'received' }).waitFor();
  await assertMarked('a card that was taken');

  const over = newKey();
  standIn.open(over, { state: { next_action: null, status: 'failure', data: {} } });
  const closed = await shopWith(over);
  await closed.locator('#status', { hasText: 'closed' }).waitFor();
  await assertMarked('a closed form');
});

test('errors that a shopper can meet reach the shop in the language', async () => {
  for (const [answer, words] of [
    ['expired', /⟦.*expired.*⟧/],
    ['cooling', /⟦.*Too many.*⟧/],
  ] as const) {
    const key = newKey();
    standIn.open(key, { answers: [answer] });
    await type(await shopWith(key));
    const said = await page.evaluate(() =>
      window.session.submit().then(String, (error: Error) => error.message),
    );
    assert.match(said, words);
  }
});

test('the hosted page, its errors and every way it ends are in the language', async () => {
  for (const reason of [
    'SESSION_EXPIRED',
    'CANCELLED_BY_SHOPPER',
    'VOIDED',
    'DECLINED',
  ]) {
    const key = newKey();
    const session = standIn.open(key, { answers: ['cooling'], back_url: standIn.shop });
    session.state['expires_in'] = 100;
    await page.goto(`${standIn.origin}/checkout/${key}`);
    await page.locator('#time', { hasText: 'Time left' }).waitFor();
    await page.locator('#pay:enabled').waitFor();
    await assertMarked('the hosted page');
    await type(page.frameLocator('#card iframe'));
    await page.locator('#pay').click();
    await page.locator('#status[data-tone="bad"]').waitFor();
    await assertMarked('an error on the hosted page');
    session.state = { next_action: null, status: 'failure', data: { reason_code: reason } };
    await page.locator('#end-text').waitFor();
    await assertMarked(reason);
  }
});

test('the pages before and after the bank are in the language', async () => {
  const pages = [
    { page: 'wait', phase: 'preparing' },
    { page: 'wait', phase: 'confirming' },
    { page: 'wait', phase: 'pending' },
    ...['done', 'returned', 'failed', 'cancelled', 'expired', 'voided', 'gone'].map((outcome) => ({
      page: 'end' as const,
      outcome,
    })),
  ] as const;
  for (const over of pages) {
    const key = newKey();
    standIn.open(key, { ...over, state: { next_action: 'wait', data: {} } });
    await page.goto(`${standIn.origin}/3ds/${key}`);
    await assertMarked(JSON.stringify(over));
  }
  // Without a script, the page that leaves at once stays to be read.
  const plain = await browser.newContext({ javaScriptEnabled: false });
  const still = await plain.newPage();
  const key = newKey();
  standIn.open(key, { page: 'start' });
  await still.goto(`${standIn.origin}/3ds/${key}`);
  await assertMarked('the start page', still);
  await plain.close();
});
