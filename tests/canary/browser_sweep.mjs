// Cards typed by a shopper into the card frame on the shop's page and into the hosted page, in
// Chromium, with a challenge and with a decline, while everything that the shop's page can see is
// kept: its DOM, globals, storage, history, console and every request of the browser in clear; and
// the browser's profile on disk afterwards.
import path from 'node:path';
import { chromium } from 'playwright-core';
import { chromiumPath, trustOf } from '../support/browser.mjs';
import { identity, request, until } from '../support/client.mjs';
import { ephemeralPorts, Stack } from '../support/stack.mjs';
import { newCard } from './cards.mjs';
import { searchMemory } from './cores.mjs';

const kVisits = [
  { way: 'frame in the shop', kind: 'visa', outcome: 'paid' },
  { way: 'frame, American Express', kind: 'amex', outcome: 'paid' },
  { way: 'frame, challenge', kind: 'challenged', press: 'acs-pass', outcome: 'paid' },
  { way: 'frame, declined', kind: 'declined', outcome: 'failed' },
  {
    way: 'hosted page, challenge',
    kind: 'challenged',
    hosted: true,
    press: 'acs-pass',
    outcome: 'paid',
  },
  { way: 'typed, never sent', kind: 'visa', leaves: true },
];

// What a page's own script could reach, as text.
const kReach = () => {
  const seen = new Set();
  const lines = [];
  const walk = (value, path, depth) => {
    if (lines.length > 20_000 || depth > 5) return;
    if (typeof value === 'string' || typeof value === 'number') lines.push(`${path}=${value}`);
    if (value === null || typeof value !== 'object' || seen.has(value)) return;
    seen.add(value);
    for (const key of Object.getOwnPropertyNames(value)) {
      let member;
      try {
        member = value[key];
      } catch {
        continue;
      }
      walk(member, `${path}.${key}`, depth + 1);
    }
  };
  walk(window, 'window', 0);
  // The card frame is a sandbox without an origin: it is refused all storage.
  const orError = (read) => {
    try {
      return read();
    } catch (error) {
      return error.name;
    }
  };
  const dump = (name) => orError(() => Object.entries({ ...window[name] }).map(String));
  return {
    html: document.documentElement.outerHTML,
    text: document.body.innerText,
    values: [...document.querySelectorAll('input')].map((input) => input.value),
    globals: lines.join('\n'),
    storage: [dump('localStorage'), dump('sessionStorage')],
    cookies: orError(() => document.cookie),
    url: `${location.href} ${document.referrer} ${history.length} ${JSON.stringify(history.state)}`,
    performance: performance.getEntries().map(({ name }) => name),
  };
};

async function databasesOf() {
  const lines = [];
  for (const { name } of await indexedDB.databases()) lines.push(name);
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const each of await cache.keys()) {
      lines.push(each.url, await (await cache.match(each)).text());
    }
  }
  return lines.join('\n');
}

function watch(page, evidence, shopOrigin) {
  page.on('console', (message) => evidence.keep('browser console', message.text()));
  page.on('pageerror', (error) => evidence.keep('browser console', `${error.stack}`));
  page.on('request', (sent) => {
    const head = JSON.stringify(sent.headers());
    const body = sent.postData() ?? '';
    // For the choice on a co-badged card the frame asks our origin with at most eight digits.
    const isLookup = sent.url().endsWith('/networks') && /^{"iin":"\d{6,8}"}$/.test(body);
    evidence.keep(
      'requests of the browser, in clear',
      `${sent.method()} ${sent.url()}\n${head}\n${isLookup ? '' : body}`,
    );
  });
  page.on('response', async (answer) => {
    const body = await answer.body().catch(() => Buffer.alloc(0));
    const place = answer.url().startsWith(shopOrigin) ? "the shop's answers" : "Obolus' answers";
    evidence.keep(`${place}, to the browser`, body, { names: true });
  });
}

// Of the shop's page, and of ours but for the fields that the shopper types into.
async function keepPages(page, evidence) {
  for (const frame of page.frames()) {
    const isTop = frame === page.mainFrame();
    const place = isTop ? 'page: DOM, globals, storage' : 'card frame: DOM';
    const reach = await frame.evaluate(kReach).catch((error) => {
      // A page that is just leaving.
      if (!/context|navigation|detached|closed/i.test(error.message)) throw error;
    });
    if (!reach) continue;
    if (!isTop) {
      delete reach.values;
      delete reach.globals;
    }
    evidence.keep(place, reach, { names: true });
    const databases = await frame.evaluate(databasesOf).catch((error) => error.message);
    evidence.keep('IndexedDB and caches', databases);
  }
}

class Shopper {
  constructor(context, stack, evidence) {
    Object.assign(this, { context, stack, evidence });
  }

  async visit({ way, kind, press, hosted, outcome, leaves }) {
    const card = this.evidence.add({ ...newCard(kind), way });
    const page = await this.context.newPage();
    page.setDefaultTimeout(60_000);
    watch(page, this.evidence, this.stack.shopUrl);
    await (hosted ? this.openHostedPage(page) : this.openShop(page));
    const frame = page.frameLocator('iframe');
    await frame.getByLabel('Card number').pressSequentially(card.number);
    const year = String((new Date().getUTCFullYear() + 3) % 100);
    await frame.getByLabel('Expiry date').pressSequentially(`12${year}`);
    await frame.getByLabel('Security code').pressSequentially(card.code);
    await keepPages(page, this.evidence);
    if (leaves) {
      await page.goto('about:blank');
    } else {
      const pay = hosted
        ? page.getByRole('button', { name: /^Pay/ })
        : page.getByTestId('submit-card');
      await pay.click();
      if (press) await page.getByTestId(press).click();
      const result = page.getByTestId('result');
      await result.waitFor();
      const found = await result.getAttribute('data-outcome');
      if (found !== outcome) throw new Error(`${way}: ended ${found}`);
      await keepPages(page, this.evidence);
      await page.goBack().catch(() => undefined);
      await keepPages(page, this.evidence);
    }
    await page.close();
  }

  async openShop(page) {
    await page.goto(`${this.stack.shopUrl}/`);
    await page.getByTestId('pay').waitFor();
    await page.waitForFunction(() => !document.querySelector('[data-testid=pay]').disabled);
    await page.getByTestId('pay').click();
    await page.frameLocator('iframe').getByLabel('Card number').waitFor();
  }

  async openHostedPage(page) {
    const { shopUrl, shopperUrl, apiKey, certs } = this.stack;
    const continuation = { success: `${shopUrl}/shop/paid`, error: `${shopUrl}/shop/failed` };
    const { json } = await request(`${shopUrl}/payments`, {
      method: 'POST',
      headers: { 'x-api-key': apiKey },
      body: { amount: 4450, currency_code: 'EUR', order_id: 'hosted', continuation },
      tls: identity(certs, null),
    });
    const { session_key } = json.processing.requirement.options[0];
    await page.goto(`${shopperUrl}/checkout/${session_key}`);
    await page.frameLocator('iframe').getByLabel('Card number').waitFor();
  }
}

// `sabotage`: (context) => …, for leaks that a browser could have.
export async function browserSweep(evidence, { short = false, sabotage } = {}) {
  const folder = path.join(evidence.temp, 'stack');
  const stack = new Stack({
    folder,
    ports: await ephemeralPorts(),
    tls: true,
    extra: { log: { level: 'debug' } },
  });
  const profile = path.join(evidence.temp, 'profile');
  await stack.start();
  const servers = ['obolus-server.pem', 'shop-server.pem'];
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath(),
    chromiumSandbox: process.getuid() !== 0,
    args: trustOf(servers.map((file) => path.join(stack.certs, file))),
  });
  try {
    await sabotage?.(context);
    const shopper = new Shopper(context, stack, evidence);
    for (const visit of short ? kVisits.slice(0, 1) : kVisits) await shopper.visit(visit);
    evidence.keep('browser storage', JSON.stringify(await context.storageState()));
    if (!sabotage && !short) {
      await searchMemory(evidence, stack.obolus.pid, 'memory, after the browser');
    }
  } finally {
    await context.close();
    await keepRest(evidence, stack);
    await stack.stop();
  }
  evidence.keep('log (level debug)', stack.obolus.text);
  evidence.keep("sandbox's log", stack.sandbox.text, { names: true });
  evidence.place("browser's profile on disk", profile, { mode: 'binary' });
  evidence.place('data folder', folder, { mode: 'binary', names: true });
}

async function keepRest(evidence, { shopUrl, operatorUrl, certs }) {
  const tls = identity(certs, null);
  await until('the events to be delivered', async () => {
    const { json } = await request(`${operatorUrl}/events?status=pending`);
    return json.events.length === 0;
  }).catch(() => undefined);
  evidence.keep('metrics', (await request(`${operatorUrl}/metrics`)).text);
  const events = await request(`${operatorUrl}/events?limit=100`);
  evidence.keep('answers, operator listener', events.text, { names: true });
  for (const { id } of events.json.events) {
    const { text } = await request(`${operatorUrl}/events/${id}`);
    evidence.keep('answers, operator listener', text, { names: true });
  }
  const journal = await request(`${shopUrl}/control/log?limit=5000`, { tls });
  evidence.keep("sandbox's journal", journal.text, { names: true });
}
