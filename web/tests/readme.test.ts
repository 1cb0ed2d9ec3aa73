// What the README of the package says to write into a page, written into a page: it takes a card.
// The merchant's guide has a test of its own.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fillCard } from '../client/testing';
import { complaints, kPan, newKey, page, standIn } from './support/stage';
import { openShop } from './support/shop_pages';

/** The HTML in a document. */
function snippets(path: string): string[] {
  const blocks = readFileSync(path, 'utf8').matchAll(/^```html\n([\s\S]*?)^```/gm);
  return [...blocks].map(([, html]) => html ?? '');
}

test('the pages of the README show a form, and those with the library take a card', async () => {
  const all = snippets('client/README.md');
  assert.equal(all.length, 2);
  for (const html of all) {
    const key = newKey();
    const session = standIn.open(key);
    const filled = html
      .replaceAll('https://pay.example.com', standIn.origin)
      .replaceAll(/SESSION_KEY|(?<=session-key=")…/g, key)
      .replaceAll(/ title="\w+"/g, '');
    await openShop(filled);
    await page.locator('iframe').first().waitFor();
    await fillCard(page, { number: kPan, expiry: '12/30', cvc: '123' });
    // An iframe alone has no library yet; there, the fields are all that there is.
    if (!html.includes('<script')) continue;
    // The title comes from the frame, once the library has taken it.
    await page.locator('iframe[title]').waitFor();
    await page.evaluate('document.querySelector("obolus-card").submit()');
    for (let i = 0; i < 100 && session.cards.length === 0; i++) await page.waitForTimeout(50);
    assert.equal(session.cards.length, 1, html);
  }
  assert.deepEqual(complaints, []);
});
