// The card form in real languages, in Chromium: the shop's wish chooses, right to left runs the
// form but not the digits, and long words leave the fields in line on a narrow phone.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { FrameLocator } from 'playwright-core';
import type * as Api from '../src/host/obolus';
import type { Text } from '../src/shared/texts';
import { complaints, kPan, newKey, page, shopWith, standIn } from './support/stage';

const kLanguages = readdirSync('src/languages')
  .filter((name) => name.endsWith('.json') && name !== 'en.json')
  .map((name) => name.slice(0, -'.json'.length));

function wordsOf(language: string): Record<string, Text> {
  return JSON.parse(readFileSync(`src/languages/${language}.json`, 'utf8'));
}

async function speak(language: string): Promise<void> {
  await page.evaluate((locale) => window.card.update({ locale }), language);
}

async function top(frame: FrameLocator, id: string): Promise<number> {
  return (await frame.locator(`#${id}`).boundingBox())?.y ?? NaN;
}

test('the form changes to any language, keeps what is typed, and stays in line', async () => {
  const key = newKey();
  standIn.open(key);
  await page.setViewportSize({ width: 320, height: 640 });
  const frame = await shopWith(key, { name: 'optional' });
  await frame.locator('#number').pressSequentially(kPan);
  for (const language of kLanguages) {
    const words = wordsOf(language);
    await speak(language);
    const label = frame.locator('label[for="number"]', {
      hasText: words['frame.number.label'] as string,
    });
    await label.waitFor();
    const title = words['frame.title'] as string;
    await page.locator(`#box iframe[title="${title}"]`).waitFor();
    const root = frame.locator('html');
    assert.equal(await root.getAttribute('lang'), language);
    const rtl = language === 'ar' || language === 'he';
    assert.equal(
      await root.evaluate((html) => getComputedStyle(html).direction),
      rtl ? 'rtl' : 'ltr',
    );
    assert.equal(await top(frame, 'expiry'), await top(frame, 'cvc'), language);
    assert.equal(
      await root.evaluate((html) => html.scrollWidth > html.clientWidth),
      false,
      language,
    );
    for (const field of ['number', 'expiry', 'cvc']) {
      const direction = await frame
        .locator(`#${field}`)
        .evaluate((input) => getComputedStyle(input).direction);
      assert.equal(direction, 'ltr', `${field} in ${language}`);
    }
    assert.equal(await frame.locator('#number').inputValue(), '4242 4242 4242 4242');
  }
  assert.deepEqual(complaints, []);
});

test('a form that begins in a language has its words at once; a region will do', async () => {
  const key = newKey();
  standIn.open(key);
  const requests = standIn.requests.length;
  await page.goto(`${standIn.shop}/`);
  await page.addScriptTag({ url: `${standIn.origin}/client/v1/obolus.js` });
  await page.evaluate(async (key) => {
    const library = (window as unknown as { Obolus: typeof Api }).Obolus;
    const session = await library.init(key, { locale: 'de-AT' });
    session.card().mount('#box');
  }, key);
  await page.locator('#box iframe[title="Kartendaten"]').waitFor();
  const frame = page.frameLocator('#box iframe');
  assert.equal(await frame.locator('html').getAttribute('lang'), 'de');
  assert.equal(await frame.getByLabel('Kartennummer').count(), 1);
  const texts = standIn.requests.slice(requests).filter((path) => path.includes('/texts/'));
  assert.deepEqual(texts, []);
});
