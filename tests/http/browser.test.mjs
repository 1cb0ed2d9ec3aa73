// A browser chooses HTTP/2 with the shopper listener by itself, for the document and for what it
// loads; the flows of tests/web then go by it as well.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { openBrowser } from '../support/browser.mjs';
import { Obolus } from '../support/obolus.mjs';

test('Chromium loads the hosted checkout and its parts by HTTP/2', async () => {
  const obolus = await Obolus.start({ tls: true });
  const { session_key } = await obolus.openPayment();
  const browser = await openBrowser([path.join(obolus.certs, 'obolus-server.pem')]);
  try {
    const page = await browser.context.newPage();
    await page.goto(`${obolus.shopperUrl}/checkout/${session_key}`, { waitUntil: 'load' });
    const used = await page.evaluate(() =>
      [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
        .filter(({ name }) => name.startsWith(location.origin))
        .map(({ nextHopProtocol }) => nextHopProtocol),
    );
    assert.ok(used.length > 1, `${used.length} loads`);
    assert.deepEqual([...new Set(used)], ['h2']);
  } finally {
    await browser.close();
    await obolus.stop();
  }
});
