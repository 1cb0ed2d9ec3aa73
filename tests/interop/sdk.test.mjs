// The published packages @starfish-codes/hellgate 3.8.1 and 3.11.0 in Chromium, against the real
// program: a shop's page around each, its frames from our own stand-in for the vendor's frame host
// (frame_page.mjs), on three origins. How far each version goes stands in docs/sdk-interop.md.
import assert from 'node:assert/strict';
import { build } from 'esbuild';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Bridge } from '../support/bridge.mjs';
import { openBrowser } from '../support/browser.mjs';
import { payload } from '../support/card.mjs';
import { until } from '../support/client.mjs';
import { newApiKey } from '../support/configuration.mjs';
import { assertEvent } from '../support/contracts.mjs';
import { Obolus } from '../support/obolus.mjs';
import { kRoot } from '../support/processes.mjs';
import { makeCertificates } from '../support/stack.mjs';

const kVersions = ['3.8.1', '3.11.0'];
const kYear = new Date().getUTCFullYear() + 3;
const kExpiry = `12 / ${kYear % 100}`;
const kShopBody = '<div id="number"></div><div id="expiry"></div><div id="code"></div>';

async function bundle(entry, alias = {}) {
  const { outputFiles } = await build({
    absWorkingDir: path.join(kRoot, 'tests'),
    entryPoints: [path.join('interop', entry)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    alias,
    logLevel: 'warning',
  });
  return outputFiles[0].text;
}

async function listen(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server.address().port;
}

function answer(response, type, text) {
  response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store' });
  response.end(text);
}

// The shop, and the stand-in for the SDK's frame host.
class Hosts {
  async start(certs) {
    const scripts = { '/frame.js': await bundle('frame_page.mjs') };
    for (const version of kVersions) {
      scripts[`/${version}.js`] = await bundle('shop.mjs', {
        'hellgate-sdk': `hellgate-sdk-${version}`,
      });
    }
    const serve = (html) => (request, response) => {
      const { pathname } = new URL(request.url, 'http://host');
      const script = scripts[pathname];
      if (script) return answer(response, 'text/javascript', script);
      answer(response, 'text/html; charset=utf-8', html(pathname));
    };
    const page = (body, script) =>
      '<!doctype html><meta charset="utf-8"><body>' +
      `${body}<script type="module" src="${script}"></script>`;
    this.frames = https.createServer(
      {
        cert: readFileSync(path.join(certs, 'obolus-server.pem')),
        key: readFileSync(path.join(certs, 'obolus-server.key')),
      },
      serve(() => page('', '/frame.js')),
    );
    this.frameHost = `localhost:${await listen(this.frames)}`;
    const host = `<script>HG_IFRAME_HOST = '${this.frameHost}'</script>`;
    this.shop = http.createServer(serve((where) => page(kShopBody + host, `${where}.js`)));
    this.shopOrigin = `http://127.0.0.1:${await listen(this.shop)}`;
    this.origins = [this.shopOrigin, `https://${this.frameHost}`];
    return this;
  }

  stop() {
    for (const server of [this.frames, this.shop]) {
      server?.close();
      server?.closeAllConnections();
    }
  }
}

// One visit to the shop, with one version of the SDK.
class Visit {
  static async start(context, hosts, version, base) {
    const visit = new Visit();
    Object.assign(visit, { base, requests: [] });
    visit.page = await context.newPage();
    visit.page.setDefaultTimeout(15_000);
    visit.page.on('request', (request) => {
      if (!request.url().startsWith(base)) return;
      visit.requests.push(`${request.method()} ${new URL(request.url()).pathname}`);
    });
    await visit.page.goto(`${hosts.shopOrigin}/${version}`);
    await visit.page.waitForFunction(() => globalThis.shop !== undefined);
    return visit;
  }

  init(key) {
    return this.page.evaluate(([k, base]) => shop.init(k, base), [key, this.base]);
  }

  async type(number, expiry = kExpiry, code = '123') {
    const into = (field, text) =>
      this.page.frameLocator(`${field} iframe`).locator('input').fill(text);
    await into('#number', number);
    await into('#expiry', expiry);
    await into('#code', code);
    await this.page.waitForFunction(() => shop.states.at(-1)?.complete);
  }

  async open(key) {
    assert.deepEqual(await this.init(key), { value: { takes_card: true } });
    await this.page.evaluate(() => shop.mount());
  }

  process(additional = { cardholder_name: 'Ada Lovelace' }) {
    return this.page.evaluate((more) => shop.process(more), additional);
  }

  completed() {
    return this.page.evaluate(() => shop.completed);
  }
}

describe('Web SDK', () => {
  let folder;
  let bridge;
  let obolus;
  let hosts;
  let browser;
  let shortLived;
  let base;
  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-sdk-'));
    const certs = makeCertificates(path.join(folder, 'certs'));
    hosts = await new Hosts().start(certs);
    bridge = await Bridge.start(certs);
    obolus = await Obolus.start(
      { sessions: { retry_cool_down_s: [] }, shopper: { default_origins: hosts.origins } },
      {},
      { certs, apiKey: newApiKey(), bridge },
    );
    base = `http://localhost:${obolus.ports.shopper}`;
    browser = await openBrowser([path.join(certs, 'obolus-server.pem')]);
    shortLived = await open({ expires_in: 60 });
  });
  after(async () => {
    await browser?.close();
    await obolus?.stop();
    await bridge?.stop();
    hosts?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (body) => obolus.openPayment(body);

  async function visiting(version, use) {
    const visit = await Visit.start(browser.context, hosts, version, base);
    try {
      await use(visit);
    } finally {
      await visit.page.close();
    }
  }

  for (const version of kVersions) {
    const isOld = version === '3.8.1';

    test(`${version}: fetches the session, sends the card and hears of its success`, async () => {
      const { session_key, terminal_id } = await open();
      await visiting(version, async (visit) => {
        await visit.open(session_key);
        await visit.type('5555 5555 5555 4444');
        const additional = {
          cardholder_name: 'Zoë 💳',
          billing_address: { line1: 'Rue 1', city: 'Nîmes', postal_code: '30000' },
        };
        if (!isOld)
          Object.assign(additional, { ephemeral: true, expiration_date: '2031-01-01T00:00:00Z' });
        const { value, error } = await visit.process(additional);
        assert.equal(error, undefined, JSON.stringify(error));
        const delivery = await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
        assertEvent(delivery);
        const { id, data } = delivery.event.data.card_session;
        assert.equal(value.status, 'success');
        assert.equal(value.data.token_id, id);
        assert.deepEqual(data, {
          card_holder: 'Zoë 💳',
          card_network: 'MASTERCARD',
          expiration_month: 12,
          expiration_year: kYear,
          first_six: '555555',
          last_four: '4444',
        });
        const completed = await visit.completed();
        assert.deepEqual(
          completed.map(({ status }) => status),
          ['success'],
        );
        const session = `/sessions/${session_key}`;
        assert.deepEqual(
          visit.requests.filter((line) => !line.startsWith('OPTIONS')),
          [`GET ${session}`, `POST ${session}/complete-action`],
        );
      });
    });

    test(`${version}: hears why a card is refused, and may send another`, async () => {
      const { session_key, terminal_id } = await open();
      await visiting(version, async (visit) => {
        await visit.open(session_key);
        await visit.type('4242 4242 4242 4241');
        const { error } = await visit.process();
        if (isOld) {
          assert.equal(error.code, 422);
          assert.equal(error.classifier, 'VALIDATION_ERROR');
          assert.equal(error.message, 'the card was not accepted');
          assert.equal(error.errors[0].pointer, '/result/enc_payload/account_number');
          assert.equal(error.attempts_left, 4);
        } else {
          assert.equal(error.message, '422 VALIDATION_ERROR');
        }
        await visit.type('4242 4242 4242 4242');
        assert.equal((await visit.process()).value?.status, 'success');
        await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
      });
    });

    test(`${version}: hears that the session is over when its card comes too late`, async () => {
      const { session_key, terminal_id } = await open();
      await visiting(version, async (visit) => {
        await visit.open(session_key);
        await visit.type('4242 4242 4242 4242');
        assert.equal((await obolus.event('SessionVoided', { terminal_id })).status, 204);
        const { error } = await visit.process();
        if (isOld) assert.deepEqual([error.code, error.classifier], [409, 'CONFLICT']);
        else assert.equal(error.message, '409 CONFLICT');
      });
    });

    test(`${version}: of a session that does not exist there is nothing to take`, async () => {
      await visiting(version, async (visit) => {
        const { error } = await visit.init(`pay_${'A'.repeat(50)}`);
        assert.match(error.message, isOld ? /doesn't exist or has expired/ : /^404 NOT_FOUND$/);
      });
    });

    test(`${version}: sees the ends that a session can have`, async () => {
      const paid = await open();
      assert.equal((await obolus.pay(paid.session_key)).status, 200);
      const cancelled = await open();
      await obolus.shopper('POST', `/sessions/${cancelled.session_key}/cancel`);
      const voided = await open();
      await obolus.event('SessionVoided', { terminal_id: voided.terminal_id });
      const exhausted = await open({ retries: { max_attempts: 1 } });
      await obolus.pay(exhausted.session_key, payload(undefined, { security_code: '1' }));
      for (const [{ session_key }, status, reason_code] of [
        [paid, 'success'],
        [cancelled, 'failure', 'CANCELLED_BY_SHOPPER'],
        [voided, 'failure', 'VOIDED'],
        [exhausted, 'failure', 'ATTEMPTS_EXHAUSTED'],
      ]) {
        await visiting(version, async (visit) => {
          assert.deepEqual(await visit.init(session_key), { value: { takes_card: false } });
          const completed = await until('the end', async () => {
            const ends = await visit.completed();
            return ends.length > 0 && ends;
          });
          assert.deepEqual(
            [completed[0].status, completed[0].data.reason_code],
            [status, reason_code],
          );
        });
      }
    });

    test(`${version}: needs the origin that its requests come from`, async () => {
      const [shop, frames] = hosts.origins;
      const { session_key } = await open({ merchant: { origins: [isOld ? frames : shop] } });
      await visiting(version, async (visit) => {
        const { error } = await visit.init(session_key);
        assert.match(error.message, /Failed to fetch/);
      });
    });
  }

  test('3.8.1: polls while it is told to wait, until the session moves', async () => {
    // A 3-D Secure session waits until its challenge is known.
    const opened = await obolus.commerce('POST', '/sessions', { body: { type: '3ds' } });
    const { tds_terminal_id, redirect_url } = opened.json;
    const key = new URL(redirect_url).pathname.split('/').pop();
    await visiting('3.8.1', async (visit) => {
      const began = visit.init(key);
      const polls = () => visit.requests.filter((line) => line.startsWith('GET')).length;
      await until('three polls', () => polls() >= 3, { timeoutMs: 15_000 });
      assert.equal(
        (await obolus.event('SessionVoided', { terminal_id: tds_terminal_id })).status,
        204,
      );
      assert.deepEqual(await began, { value: { takes_card: false } });
      assert.equal((await visit.completed())[0].data.reason_code, 'VOIDED');
    });
  });

  for (const version of kVersions) {
    test(`${version}: of a session that has expired there is nothing to take`, async () => {
      await until(
        'the session to expire',
        async () => {
          const target = `/sessions/${shortLived.session_key}`;
          return (await obolus.shopper('GET', target)).status === 404;
        },
        { timeoutMs: 75_000, everyMs: 500 },
      );
      await visiting(version, async (visit) => {
        const { error } = await visit.init(shortLived.session_key);
        const isOld = version === '3.8.1';
        assert.match(error.message, isOld ? /doesn't exist or has expired/ : /^404 NOT_FOUND$/);
      });
    });
  }
});
