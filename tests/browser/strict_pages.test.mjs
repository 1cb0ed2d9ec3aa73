// The strictest shop (quality S4, S6): Trusted Types without any policy, no referrer, cross-origin
// isolated, and a Content-Security-Policy that lets in its own nonce and us. Library, module,
// custom element and hosted page take a payment there; nothing is reported, nothing is stored,
// and nobody else is asked.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openBrowser } from '../support/browser.mjs';
import { until } from '../support/client.mjs';
import { Hosts } from '../support/hosts.mjs';
import { Obolus } from '../support/obolus.mjs';

const kShop = 'shop.example';

// How a shop gets the form into its page; `submit()` pays.
const kWays = {
  library: (ours, nonce, key) => `
    <script nonce="${nonce}" src="${ours}/client/v1/obolus.js"></script>
    <div id="card"></div>
    <script nonce="${nonce}">
      Obolus.init('${key}').then((obolus) => {
        obolus.card({ name: 'optional' }).mount('#card');
        window.submit = () => obolus.submit();
      });
    </script>`,
  module: (ours, nonce, key) => `
    <div id="card"></div>
    <script nonce="${nonce}" type="module">
      import { init } from '${ours}/client/v1/obolus.mjs';
      const obolus = await init('${key}', { baseUrl: '${ours}', appearance: { theme: 'dark' } });
      obolus.card({ name: 'optional' }).mount('#card');
      window.submit = () => obolus.submit();
    </script>`,
  'custom element': (ours, nonce, key) => `
    <script nonce="${nonce}" src="${ours}/client/v1/element.js"></script>
    <obolus-card session-key="${key}" name="optional"></obolus-card>
    <script nonce="${nonce}">
      window.submit = () => document.querySelector('obolus-card').submit();
    </script>`,
};

function strictHeaders(ours, nonce) {
  return {
    'content-security-policy':
      `default-src 'none'; script-src 'nonce-${nonce}' ${ours}; frame-src ${ours}; ` +
      `connect-src ${ours}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; ` +
      `require-trusted-types-for 'script'; trusted-types 'none'; report-uri /reports`,
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  };
}

// What Chromium says of a frame of the page's own origin, as our hosted page has.
const kOfItself = /^An iframe which has both allow-scripts and allow-same-origin/;

// What a document keeps in the browser; names only.
async function stored() {
  const read = async (what) => {
    try {
      return await what();
    } catch (error) {
      // Denied to frames of other sites: nothing can be kept.
      if (['SecurityError', 'UnknownError', 'NotSupportedError'].includes(error.name)) return [];
      throw error;
    }
  };
  return {
    cookies: document.cookie,
    local: await read(() => Object.keys(localStorage)),
    session: await read(() => Object.keys(sessionStorage)),
    databases: await read(async () => (await indexedDB.databases()).map(({ name }) => name)),
    caches: await read(() => caches.keys()),
    workers: await read(async () => (await navigator.serviceWorker.getRegistrations()).length),
  };
}

const kNothing = {
  cookies: '',
  local: [],
  session: [],
  databases: [],
  caches: [],
};

describe('a strict shop', () => {
  let obolus;
  let hosts;
  let browser;
  let reports;
  before(async () => {
    obolus = await Obolus.start({ tls: true });
    hosts = await Hosts.start(({ pathname, searchParams }) => {
      if (pathname === '/reports') reports.push('the shop');
      const way = kWays[searchParams.get('way')];
      const nonce = randomBytes(16).toString('base64');
      const ours = obolus.shopperUrl;
      return (
        way && {
          headers: strictHeaders(ours, nonce),
          body: `<!doctype html><title>Shop</title>${way(ours, nonce, searchParams.get('key'))}`,
        }
      );
    }, obolus.certs);
    const keys = ['obolus-server.pem', 'shop-server.pem'];
    browser = await openBrowser(keys.map((file) => path.join(obolus.certs, file)));
    await browser.context.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) =>
        console.error(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`),
      );
    });
  });
  after(async () => {
    await browser?.close();
    await hosts?.stop();
    await obolus?.stop();
  });

  // Opens `address(key)`, watched: everything that was asked for, said and complained of.
  async function open(address) {
    const merchant = { origins: [hosts.origin(kShop)] };
    const { session_key, terminal_id } = await obolus.openPayment({ merchant });
    const page = await browser.context.newPage();
    const seen = { requests: [], complaints: [] };
    reports = [];
    page.on('request', (request) => seen.requests.push(request));
    page.on('pageerror', (error) => seen.complaints.push(error.message));
    page.on('console', (message) => {
      const isComplaint = ['error', 'warning'].includes(message.type());
      if (isComplaint && !kOfItself.test(message.text())) seen.complaints.push(message.text());
    });
    await page.goto(address(session_key));
    return { page, seen, session_key, terminal_id };
  }

  async function fill(page) {
    const frame = page.frameLocator('iframe');
    const year = String((new Date().getUTCFullYear() + 3) % 100);
    await frame.getByLabel('Card number').fill('4242 4242 4242 4242');
    await frame.getByLabel('Expiry date').fill(`12 / ${year}`);
    await frame.getByLabel('Security code').fill('123');
  }

  async function isPaid({ terminal_id }) {
    const { event } = await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
    assert.equal(event.data.card_session.data.last_four, '4242');
  }

  async function assertQuiet({ page, seen }) {
    assert.deepEqual(seen.complaints, []);
    assert.deepEqual(reports, []);
    assert.equal(await obolus.metric('obolus_csp_reports_total'), 0);
    const ours = [obolus.shopperUrl, hosts.origin(kShop)];
    for (const request of seen.requests) {
      const { origin, protocol, href } = new URL(request.url());
      assert.ok(ours.includes(origin) || protocol === 'data:', `asked ${href}`);
      assert.equal((await request.allHeaders()).referer || 'none', 'none', `referrer to ${href}`);
    }
    for (const frame of page.frames()) {
      const { workers, ...kept } = await frame.evaluate(stored);
      assert.deepEqual(kept, kNothing, frame.url());
      assert.ok(workers === 0 || workers.length === 0);
    }
    assert.deepEqual(await browser.context.cookies(), []);
  }

  for (const way of Object.keys(kWays)) {
    test(`takes a payment by ${way}, and nothing is reported, kept or sent elsewhere`, async () => {
      const visit = await open((key) => {
        const url = new URL(hosts.origin(kShop));
        url.search = new URLSearchParams({ way, key });
        return url.href;
      });
      const { page } = visit;
      try {
        assert.equal(await page.evaluate(() => window.crossOriginIsolated), true);
        await fill(page);
        const result = await page.evaluate(() => window.submit());
        assert.equal(result.status, 'success', JSON.stringify(result));
        await isPaid(visit);
        await assertQuiet(visit);
        assert.ok(!(await page.content()).includes('4242'), 'the shop sees the card');
      } finally {
        await page.close();
      }
    });
  }

  test('sees as much of our hosted page', async () => {
    const visit = await open((key) => `${obolus.shopperUrl}/checkout/${key}`);
    try {
      await fill(visit.page);
      await visit.page.getByRole('button', { name: /^Pay/ }).click();
      await isPaid(visit);
      await assertQuiet(visit);
    } finally {
      await visit.page.close();
    }
  });

  test('would hear of a violation in a page of ours, and so would the operator', async () => {
    const { page, seen } = await open((key) => `${obolus.shopperUrl}/checkout/${key}`);
    try {
      await page.evaluate(() => {
        const image = document.createElement('img');
        image.src = 'https://evil.example/pixel.png';
        document.body.append(image);
        try {
          document.body.insertAdjacentHTML('beforeend', '<p>x</p>');
        } catch {
          // Trusted Types
        }
      });
      await until('complaints', () => seen.complaints.some((text) => text.includes('policy: img')));
      const [sent] = seen.requests.filter((request) => request.url().includes('evil.example'));
      await until('a refusal', () => sent.failure());
      assert.equal(sent.failure().errorText, 'csp');
      await until(
        'reports',
        async () =>
          (await obolus.metric('obolus_csp_violations_total', { directive: 'img-src' })) > 0 &&
          (await obolus.metric('obolus_csp_violations_total', {
            directive: 'require-trusted-types-for',
          })) > 0,
        { timeoutMs: 90_000, everyMs: 200 },
      );
      const [line] = obolus.process.text
        .split('\n')
        .filter((one) => one.includes('csp_violation') && one.includes('img-src'))
        .map((one) => JSON.parse(one));
      assert.deepEqual([line.kind, line.url], ['checkout', 'https://evil.example']);
    } finally {
      await page.close();
    }
  });
});
