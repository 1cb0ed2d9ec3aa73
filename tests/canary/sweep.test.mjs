// The short form of `make canary`: a card for each vault and one typed in a browser, everything
// searched; and the leaks that a page could have, which the search must see. The whole sweep, and
// all leaks, are make targets.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { embeddedSweep, guardianSweep } from './api_sweep.mjs';
import { browserSweep } from './browser_sweep.mjs';
import { Evidence, printTable } from './evidence.mjs';
import { kPageLeaks } from './page_leaks.mjs';

const kLeastBytes = 100_000; // less than that, and nothing was looked at

describe('a canary card', () => {
  let evidence;
  beforeEach(() => {
    evidence = new Evidence();
    evidence.useTempFolder();
  });
  afterEach(() => evidence.remove());

  for (const [name, sweep] of Object.entries({
    'the embedded vault': embeddedSweep,
    Guardian: guardianSweep,
    'a browser': browserSweep,
  })) {
    test(`for ${name} is nowhere afterwards`, async () => {
      await sweep(evidence, { short: true });
      const results = evidence.searchAll();
      printTable(results);
      const bytes = results.reduce((sum, each) => sum + each.bytes, 0);
      assert.ok(bytes > kLeastBytes, `only ${bytes} bytes`);
      for (const { name: place, hits } of results) assert.deepEqual(hits, [], place);
    });
  }

  test('is found where a page leaks it, whatever the way', async () => {
    await browserSweep(evidence, {
      short: true,
      sabotage: async (context) => {
        for (const { spoil } of kPageLeaks) await spoil(context);
      },
    });
    const results = evidence.searchAll();
    for (const { name, place } of kPageLeaks) {
      const found = results.find((each) => each.name === place);
      assert.ok(found?.hits.length > 0, `${name} was not seen in ${place}`);
    }
  });
});
