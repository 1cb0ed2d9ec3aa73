// The examples of docs/integrating.md do what they say: each is put into a shop's page under the
// policy that the document asks for, a shopper pays there, and obolus has the card.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '../support/client.mjs';
import { kRoot } from '../support/processes.mjs';
import { bodyOf, bundled, runnable, shopPage } from './snippets.mjs';
import { kGood, Stage } from './stage.mjs';

const snippets = runnable(readFileSync(path.join(kRoot, 'docs/integrating.md'), 'utf8'));
const header = snippets.find(({ language }) => language === 'http').text;
const kShop = snippets.find(({ language }) => language === 'html');

let stage;
let served;
let server;
before(async () => {
  server = createServer((_, response) => {
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': served.policy,
    });
    response.end(served.html);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  stage = await Stage.start([origin]);
});
after(async () => {
  await stage.stop();
  server.closeAllConnections?.();
  await new Promise((resolve) => server.close(resolve));
});

// A shop's page with that body; what goes wrong in it is in `visit.complaints`.
async function openShop(body) {
  const visit = await stage.visit();
  await visit.open();
  served = shopPage(body, { obolusUrl: stage.obolusUrl, key: visit.key, header });
  await visit.page.goto(`http://127.0.0.1:${server.address().port}/`);
  return visit;
}

async function assertPaid(visit) {
  await until('the card', async () => (await visit.obolus.state(visit.key)).status === 'success');
  assert.deepEqual(visit.complaints, []);
  await visit.close();
}

const isPage = ({ language, kind }) => ['html', 'ts', 'tsx'].includes(language) && !kind;

for (const snippet of snippets.filter(isPage)) {
  test(`line ${snippet.line}: a shopper pays in a shop by this ${snippet.language}`, async () => {
    const visit = await openShop(await bodyOf(snippet));
    const frame = visit.page.frameLocator('iframe[src*="/frame/v1/"]');
    for (const field of ['number', 'expiry', 'cvc']) {
      await frame.getByTestId(`obolus-${field}`).pressSequentially(kGood[field]);
    }
    assert.equal(await visit.page.locator('iframe').count(), 1, 'one form');
    await visit.page.locator('#pay:enabled').click();
    await assertPaid(visit);
  });
}

for (const snippet of snippets.filter(({ language, kind }) => language === 'js' && !kind)) {
  test(`line ${snippet.line}: this goes on with a form that is there`, async () => {
    const visit = await stage.visit();
    await visit.openShop();
    await visit.type({ number: '4242' });
    await visit.page.evaluate((code) => {
      const AsyncFunction = (async () => {}).constructor;
      return new AsyncFunction('card', 'obolus', code)(window.card, window.obolus);
    }, snippet.text);
    if (snippet.text.includes('update')) {
      await visit.form.waitForFunction(() => document.documentElement.lang === 'fr');
      const { theme, layout } = await visit.form.evaluate(() => ({
        ...document.documentElement.dataset,
      }));
      assert.deepEqual([theme, layout], ['dark', 'stacked']);
    }
    assert.equal(await visit.form.locator('#number').inputValue(), '4242');
    assert.deepEqual(visit.complaints, []);
    await visit.close();
  });
}

for (const snippet of snippets.filter(({ kind }) => kind === 'challenge')) {
  test(`line ${snippet.line}: shows a challenge, and goes on when it has ended`, async () => {
    const visit = await stage.visit();
    await visit.openShop();
    const opened = await visit.obolus.openChallenge({
      challenge: { acs_url: `${stage.shopUrl}/bank`, creq: 'eyJ0eXAiOiJDUmVxIn0' },
      continuation: { success: `${stage.shopUrl}/paid`, error: `${stage.shopUrl}/failed` },
    });
    await visit.page.evaluate(
      ([code, redirectUrl]) => {
        const AsyncFunction = (async () => {}).constructor;
        void new AsyncFunction('nextAction', 'obolus', code)({ redirectUrl }, window.obolus);
      },
      [snippet.text, opened.redirect_url],
    );
    await visit.page.getByRole('dialog', { name: 'Confirm with your bank' }).waitFor();
    const data = { result: 'SUCCESS', tds_terminal_id: opened.tds_terminal_id };
    await visit.obolus.event('CompleteTDSSession', data);
    await visit.page.waitForURL(`${stage.shopUrl}/paid`);
    assert.deepEqual(visit.complaints, []);
    await visit.close();
  });
}

for (const snippet of snippets.filter(({ kind }) => kind === 'playwright')) {
  test(`line ${snippet.line}: a test of a shop pays with this`, async () => {
    const visit = await openShop(await bodyOf(kShop));
    const code = await bundled(snippet, 'esm');
    const module = `export default async (page) => {${code}}`;
    const { default: run } = await import(`data:text/javascript,${encodeURIComponent(module)}`);
    await run(visit.page);
    await assertPaid(visit);
  });
}

test('every kind of example is there, and a broken one would be seen', async () => {
  const kinds = snippets.map(({ language, kind }) => kind ?? language);
  assert.deepEqual([...new Set(kinds)].sort(), [
    'challenge',
    'html',
    'http',
    'js',
    'playwright',
    'ts',
    'tsx',
  ]);
  const shop = await bodyOf(kShop);
  const visit = await openShop(shop.replace('Obolus.init', 'Obolus.start'));
  await visit.page.waitForTimeout(200);
  assert.match(visit.complaints.join(), /script error: .*start is not a function/);
  await visit.close();
  const other = await openShop(shop.replace('https://pay.example.com', stage.shopUrl));
  await other.page.waitForTimeout(200);
  assert.match(other.complaints.join(), /Content Security Policy/);
  await other.close();
});
