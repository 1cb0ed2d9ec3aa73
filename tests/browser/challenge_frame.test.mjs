// A challenge in the shop's own page (obolus.challenge()), in Chromium with third-party cookies
// blocked, against the real program: shop, Obolus and bank are three sites. The bank here is a few
// pages that behave as their address says; what Commerce does, the test does. The shopper's way
// through each, and what Commerce hears of it.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { chromiumPath } from '../support/browser.mjs';
import { until } from '../support/client.mjs';
import { Obolus } from '../support/obolus.mjs';
import { inspect } from '../web/axe.mjs';

const kTooLate = 10_000;

const kBank = `<!doctype html><html lang="en"><title>Bank</title>
  <h1>Bank</h1><label>Code <input id="code"></label>`;

// The bank's answers by path; each gets what to do when the shopper presses the button.
const kBanks = {
  '/good': { body: kBank },
  '/denied': { body: kBank, headers: { 'x-frame-options': 'DENY' } },
  '/foreign': { body: kBank, headers: { 'content-security-policy': "frame-ancestors 'none'" } },
  '/broken': { body: kBank, status: 500 },
  '/busting': { body: `${kBank}<script>try { top.location = '/busted' } catch {}</script>` },
  '/elsewhere': { status: 303, headers: { location: '/denied' }, body: '' },
};

async function startBank(bank) {
  bank.posts = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://bank');
    bank.posts.push(`${request.method} ${pathname}`);
    if (pathname === '/silent') return;
    const found = kBanks[pathname];
    response.writeHead(found?.status ?? (found ? 200 : 404), {
      'content-type': 'text/html',
      ...found?.headers,
    });
    const back =
      bank.back && `<form method="post" action="${bank.back}"><button>Done</button></form>`;
    response.end(found ? found.body + (back ?? '') : '');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  bank.server = server;
  bank.url = `http://bank.localhost:${server.address().port}`;
}

describe('a challenge in the shop', () => {
  const bank = {};
  let shop;
  let obolus;
  let browser;
  before(async () => {
    await startBank(bank);
    shop = createServer((request, response) => {
      const { searchParams } = new URL(request.url, 'http://shop');
      const dir = searchParams.get('dir') ?? 'ltr';
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(`<!doctype html><html lang="en" dir="${dir}"><title>Shop</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <script src="${obolus.shopperUrl}/client/v1/obolus.js"></script>
        <main><h1>Shop</h1><button id="pay">Pay</button><div id="box"></div></main>`);
    });
    await new Promise((resolve) => shop.listen(0, '127.0.0.1', resolve));
    const shopUrl = `http://127.0.0.1:${shop.address().port}`;
    bank.shopUrl = shopUrl;
    obolus = await Obolus.start({ shopper: { default_origins: [shopUrl] } });
    browser = await chromium.launch({
      executablePath: chromiumPath(),
      chromiumSandbox: process.getuid() !== 0,
      args: ['--test-third-party-cookie-phaseout'],
    });
  });
  after(async () => {
    await browser?.close();
    await obolus?.stop();
    for (const server of [shop, bank.server]) {
      server.closeAllConnections();
      server.close();
    }
  });

  // A shop's page in which challenge() was called for a session whose bank is at `path`.
  async function open(path, { look = {}, body = {}, options = {}, locale = 'en' } = {}) {
    const opened = await obolus.openChallenge({
      challenge: { acs_url: `${bank.url}${path}`, creq: 'eyJ0eXAiOiJDUmVxIn0' },
      continuation: { success: `${bank.shopUrl}/paid`, error: `${bank.shopUrl}/failed` },
      ...body,
    });
    bank.back = `${opened.redirect_url}/return`;
    bank.posts.length = 0;
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...look });
    const page = await context.newPage();
    const dir = locale === 'ar' ? 'rtl' : 'ltr';
    await page.goto(`${bank.shopUrl}/?dir=${dir}`);
    await page.locator('#pay').focus();
    await page.evaluate(
      async ([url, options, baseUrl, locale]) => {
        window.obolus = await window.Obolus.init('pay_0123456789', { baseUrl, locale });
        window.ended = null;
        window.result = window.obolus.challenge(url, options);
        window.result.then(
          (result) => (window.ended = result),
          ({ code }) => (window.ended = { code }),
        );
      },
      [opened.redirect_url, options, obolus.shopperUrl, locale],
    );
    const close = () => context.close();
    return { page, opened, close, dialog: page.locator('dialog').first() };
  }

  // The bank's document, wherever it is held, once the shopper can type in it.
  async function shown({ page }) {
    const found = () => page.frames().find((frame) => frame.url().startsWith(bank.url));
    const frame = await until('the bank', found, { timeoutMs: 15_000, everyMs: 50 });
    await frame.getByLabel('Code').waitFor();
    return frame;
  }
  const outcome = ({ page }) =>
    page.waitForFunction(() => window.ended, null, { timeout: 15_000 }).then((v) => v.jsonValue());
  const complete = ({ opened }, result) =>
    obolus.event('CompleteTDSSession', { tds_terminal_id: opened.tds_terminal_id, result });
  const heard = ({ opened }) =>
    obolus.bridge.about(opened.tds_terminal_id).map(({ event }) => event.type);
  const wentFull = ({ page, opened }, timeout = 8_000) =>
    page
      .waitForURL((url) => !url.href.startsWith(bank.shopUrl), { timeout })
      .then(() => {
        assert.ok(opened.redirect_url);
        return page.url();
      });

  for (const [name, options] of [
    ['a dialog', {}],
    ['a container', { display: 'container', container: '#box' }],
  ]) {
    for (const [result, status, end] of [
      ['SUCCESS', 'success', 'paid'],
      ['FAILED', 'failure', 'failed'],
    ]) {
      test(`in ${name}: ${status}, by what Commerce says`, async () => {
        const visit = await open('/good', { options });
        await (await shown(visit)).getByRole('button').click();
        await until('TDSResult', () => heard(visit).length > 0 || undefined);
        assert.equal(await visit.page.evaluate(() => window.ended), null);
        await complete(visit, result);
        const ended = await outcome(visit);
        assert.equal(ended.status, status);
        assert.equal(ended.continueUrl, `${bank.shopUrl}/${end}`);
        assert.equal(await visit.page.locator('iframe').count(), 0);
        assert.equal(new URL(visit.page.url()).pathname, '/');
        assert.deepEqual(heard(visit), ['TDSResult']);
        assert.deepEqual(bank.posts, ['POST /good']);
        await visit.close();
      });
    }
  }

  for (const [size, width, height] of [
    ['01', 250, 400],
    ['02', 390, 400],
    ['03', 500, 600],
    ['04', 600, 400],
  ]) {
    test(`window size ${size} is ${width} x ${height}, where there is room`, async () => {
      const visit = await open('/good', { options: { windowSize: size } });
      await shown(visit);
      const box = await visit.page.locator('iframe').boundingBox();
      assert.deepEqual([Math.round(box.width), Math.round(box.height)], [width, height]);
      await visit.page.setViewportSize({ width: 320, height: 256 });
      const small = await visit.dialog.boundingBox();
      assert.ok(small.width <= 320 && small.height <= 256, JSON.stringify(small));
      await visit.close();
    });
  }

  test('window size 05 is the screen', async () => {
    const visit = await open('/good', { options: { windowSize: '05' } });
    await shown(visit);
    const box = await visit.dialog.boundingBox();
    assert.deepEqual([box.width, box.height], [1280, 900]);
    await visit.close();
  });

  test('Escape asks, keeps, asks again and stops; by keyboard alone', async () => {
    const visit = await open('/good');
    await shown(visit);
    const { keyboard } = visit.page;
    const focused = () =>
      visit.page.evaluate(() => {
        const inner = document.activeElement.shadowRoot?.activeElement;
        return (inner ?? document.activeElement).textContent || document.activeElement.tagName;
      });
    await visit.page.getByRole('button', { name: 'Cancel' }).focus();
    await keyboard.press('Escape');
    const ask = visit.page.getByRole('alertdialog', { name: 'Stop the bank' });
    await ask.waitFor();
    assert.equal(await focused(), 'Continue to your bank');
    await keyboard.press('Enter');
    await ask.waitFor({ state: 'hidden' });
    assert.ok(await visit.dialog.isVisible());
    // However often, and however long nobody does anything else: it is asked, not closed.
    for (let time = 0; time < 4; time++) {
      await keyboard.press('Escape');
      await visit.page.waitForTimeout(100);
      assert.ok(await visit.dialog.isVisible(), `closed by Escape ${time + 1}`);
    }
    assert.deepEqual(heard(visit), []);
    if (!(await ask.isVisible())) {
      await visit.page.getByRole('button', { name: 'Cancel' }).focus();
      await keyboard.press('Enter');
      await ask.waitFor();
    }
    assert.equal(await focused(), 'Continue to your bank');
    await keyboard.press('Tab');
    assert.equal(await focused(), 'Stop the payment');
    await keyboard.press('Enter');
    await until('TDSResult', () => heard(visit).length > 0 || undefined);
    assert.equal(await visit.page.evaluate(() => window.ended), null, 'ended by itself');
    await complete(visit, 'FAILED');
    assert.equal((await outcome(visit)).status, 'failure');
    assert.deepEqual(heard(visit), ['TDSResult']);
    assert.equal(await visit.page.evaluate(() => document.activeElement.id), 'pay');
    await visit.close();
  });

  test('the focus stays in the dialog, and the page behind it does not scroll', async () => {
    const visit = await open('/good');
    await shown(visit);
    for (let time = 0; time < 12; time++) {
      await visit.page.keyboard.press('Tab');
      const at = await visit.page.evaluate(() => document.activeElement.id);
      assert.notEqual(at, 'pay');
    }
    const overflow = () => visit.page.evaluate(() => document.documentElement.style.overflow);
    assert.equal(await overflow(), 'hidden');
    await complete(visit, 'SUCCESS');
    await outcome(visit);
    assert.equal(await overflow(), '');
    await visit.close();
  });

  for (const path of ['/denied', '/foreign', '/elsewhere', '/broken']) {
    test(`a bank that cannot be framed (${path}): the full page, at once`, async () => {
      const visit = await open(path);
      const url = await wentFull(visit);
      assert.ok(url.includes('after=frame') || url.startsWith(bank.url), url);
      await visit.page.waitForURL(`${bank.url}/**`);
      await visit.close();
    });
  }

  test('a bank that shows nothing: the full page after 10 s, not before', async () => {
    const visit = await open('/silent');
    const begun = Date.now();
    await visit.dialog.waitFor();
    await wentFull(visit, 15_000).catch(() => undefined);
    await until('the full page', () => bank.posts.length > 1 || undefined, { timeoutMs: 20_000 });
    assert.ok(Date.now() - begun >= kTooLate - 1_000);
    await visit.close();
  });

  test('a bank that busts frames by itself stays where it is', async () => {
    const visit = await open('/busting');
    await shown(visit);
    await visit.page.waitForTimeout(500);
    assert.ok(visit.page.url().startsWith(bank.shopUrl));
    await visit.close();
  });

  test('the control opens the full page', async () => {
    const visit = await open('/good');
    await shown(visit);
    await visit.page.getByRole('button', { name: 'in full' }).click();
    await visit.page.waitForURL(`${bank.url}/good`);
    assert.deepEqual(heard(visit), []);
    await visit.close();
  });

  test('voided meanwhile: a failure with its reason, and nothing of the bank is left', async () => {
    const visit = await open('/good');
    await shown(visit);
    const { tds_terminal_id } = visit.opened;
    assert.equal((await obolus.event('SessionVoided', { tds_terminal_id })).status, 204);
    const ended = await outcome(visit);
    assert.deepEqual([ended.status, typeof ended.reasonCode], ['failure', 'string']);
    assert.equal(await visit.page.locator('iframe').count(), 0);
    await visit.close();
  });

  test('a challenge that nobody knows, and what is no challenge, are refused', async () => {
    const visit = await open('/good');
    await shown(visit);
    const codes = await visit.page.evaluate(async (base) => {
      const wrong = [`${base}/3ds/tds_${'A'.repeat(50)}`, `${base}/checkout/pay_x`];
      wrong.push(`https://evil.example/3ds/tds_${'A'.repeat(50)}`, 'javascript:alert(1)');
      const ask = (url) => window.obolus.challenge(url).catch(({ code }) => code);
      return Promise.all(wrong.map(ask));
    }, obolus.shopperUrl);
    const no = 'argument_invalid';
    assert.deepEqual(codes, ['session_not_found', no, no, no]);
    await visit.close();
  });

  test('asked for twice it is one challenge', async () => {
    const visit = await open('/good');
    await shown(visit);
    await visit.page.evaluate((url) => {
      window.second = window.obolus.challenge(url);
    }, visit.opened.redirect_url);
    assert.equal(await visit.page.locator('iframe').count(), 1);
    await complete(visit, 'SUCCESS');
    const second = await visit.page.evaluate(() => window.second);
    assert.equal(second.status, 'success');
    await visit.close();
  });

  for (const [name, more] of Object.entries({
    light: {},
    dark: { look: { colorScheme: 'dark' } },
    rtl: { locale: 'ar' },
    '390 px': { look: { viewport: { width: 390, height: 700 } } },
    'forced colours': { look: { forcedColors: 'active' } },
  })) {
    test(`axe has nothing to object to: ${name}`, async () => {
      const visit = await open('/good', more);
      await shown(visit);
      const ground = more.look?.colorScheme === 'dark' ? '#161b22' : '#ffffff';
      const pictures = process.env.OBOLUS_PICTURES;
      const file = (what) => `${pictures}/${name.replace(/\W/g, '-')}-${what}.png`;
      if (pictures) await visit.page.screenshot({ path: file('bank') });
      assert.deepEqual((await inspect(visit.page, undefined, ground)).violations, []);
      await visit.page.locator('header button').click();
      await visit.page.getByRole('alertdialog').waitFor();
      if (pictures) await visit.page.screenshot({ path: file('ask') });
      assert.deepEqual((await inspect(visit.page, undefined, ground)).violations, []);
      await visit.close();
    });
  }
});
