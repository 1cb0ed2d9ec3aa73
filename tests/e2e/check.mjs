// Pays in the demo shop as a person would, in a headless Chromium, with TLS on every side
// (--plain: as ./demo serves it): without a challenge, with one that is passed, failed or
// cancelled, with a declined card, and giving up. Prints a timeline and what Commerce thinks of
// it all. Used by `./demo --check` and as a test.
//
//   node tests/e2e/check.mjs [--plain] [--screenshots DIR] [--build build/release]
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openBrowser } from '../support/browser.mjs';
import { identity, request, until } from '../support/client.mjs';
import { ephemeralPorts, Stack } from '../support/stack.mjs';

const kScenarios = [
  { name: 'card paid', number: '4242424242424242', outcome: 'paid' },
  { name: 'American Express paid', number: '378282246310005', cvc: '1234', outcome: 'paid' },
  { name: 'challenge passed', number: '4000000000003220', press: 'acs-pass', outcome: 'paid' },
  { name: 'challenge failed', number: '4000000000003220', press: 'acs-fail', outcome: 'failed' },
  {
    name: 'challenge cancelled',
    number: '4000000000003220',
    press: 'acs-cancel',
    outcome: 'failed',
  },
  {
    name: 'challenge in a dialog',
    number: '4000000000003220',
    dialog: true,
    press: 'acs-pass',
    outcome: 'paid',
  },
  { name: 'card declined', number: '4000000000000002', outcome: 'failed' },
  { name: 'shopper gave up', outcome: 'failed' },
  {
    name: 'hosted page, challenge',
    number: '4000000000003220',
    hosted: true,
    press: 'acs-pass',
    outcome: 'paid',
  },
];
const kTimeoutMs = 30_000;

class Timeline {
  constructor() {
    this.began = performance.now();
  }

  say(text) {
    console.log(`${String(Math.round(performance.now() - this.began)).padStart(7)} ms  ${text}`);
  }
}

// One visit to the shop.
class Visit {
  constructor(page, { stack, timeline, screenshots }) {
    Object.assign(this, { page, stack, timeline, screenshots });
    page.setDefaultTimeout(kTimeoutMs);
    this.complaints = [];
    this.unanswered = new Set();
    const took = (request) => this.unanswered.delete(request);
    page.on('request', (request) => this.unanswered.add(request));
    page.on('requestfinished', took).on('requestfailed', took);
    page.on('pageerror', (error) => this.complaints.push(`script error: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(`console: ${message.text()}`);
    });
  }

  async picture(name) {
    if (!this.screenshots || this.screenshots.taken.has(name)) return;
    this.screenshots.taken.add(name);
    await this.page.screenshot({ path: path.join(this.screenshots.folder, `${name}.png`) });
  }

  async run(scenario) {
    await (scenario.hosted ? this.openHostedPage() : this.openShop(scenario));
    if (scenario.number) {
      await this.typeCard(scenario);
    } else {
      await this.page.getByTestId('cancel').click();
    }
    if (scenario.press) await this.passBank(scenario);
    return this.readResult(scenario);
  }

  // A shop without a card form of its own sends its shoppers to our page.
  async openHostedPage() {
    const { shopUrl, shopperUrl, apiKey, certs } = this.stack;
    const continuation = { success: `${shopUrl}/shop/paid`, error: `${shopUrl}/shop/failed` };
    const { json } = await request(`${shopUrl}/payments`, {
      method: 'POST',
      headers: { 'x-api-key': apiKey },
      body: { amount: 4450, currency_code: 'EUR', order_id: 'hosted', continuation },
      tls: identity(certs, null),
    });
    const { session_key } = json.processing.requirement.options[0];
    await this.page.goto(`${shopperUrl}/checkout/${session_key}`);
    this.submit = this.page.getByRole('button', { name: /^Pay/ });
    await this.page.frameLocator('iframe').getByLabel('Card number').waitFor();
  }

  // For people who wonder why a visit failed; a page that hangs must not hang this.
  async visibleText() {
    const text = this.page.locator('body').innerText({ timeout: 2_000 });
    return (await text.catch((error) => error.message)).replace(/\s+/g, ' ').slice(0, 400);
  }

  async openShop({ dialog }) {
    await this.page.goto(`${this.stack.shopUrl}/`);
    const pay = this.page.getByTestId('pay');
    await pay.waitFor();
    await this.page.waitForFunction(() => !document.querySelector('[data-testid=pay]').disabled);
    if (dialog) await this.page.getByTestId('challenge').selectOption('dialog');
    await this.picture('1-shop');
    await pay.click();
    this.submit = this.page.getByTestId('submit-card');
    await this.page.frameLocator('iframe').getByLabel('Card number').waitFor();
  }

  async typeCard({ number, cvc = '123', hosted }) {
    const frame = this.page.frameLocator('iframe');
    await frame.getByLabel('Card number').pressSequentially(number);
    const year = String((new Date().getUTCFullYear() + 3) % 100);
    await frame.getByLabel('Expiry date').pressSequentially(`12${year}`);
    await frame.getByLabel('Security code').pressSequentially(cvc);
    await this.picture(hosted ? '5-hosted' : '2-card');
    if ((await this.page.content()).includes(number))
      throw new Error("the shop's page sees the card");
    await this.submit.click();
  }

  async passBank({ press, dialog }) {
    const button = (dialog ? await this.frameOf('/acs/') : this.page).getByTestId(press);
    await button.waitFor();
    await this.picture(dialog ? '3-challenge-dialog' : '3-challenge');
    await button.click();
  }

  // The bank's document in the shop's page.
  frameOf(place) {
    const found = () => this.page.frames().find((frame) => frame.url().includes(place));
    return until(`a frame of ${place}`, found, { timeoutMs: kTimeoutMs, everyMs: 50 });
  }

  async readResult({ outcome }) {
    const result = this.page.getByTestId('result');
    await result.waitFor();
    const found = await result.getAttribute('data-outcome');
    const text = (await result.innerText()).replace(/\s+/g, ' ');
    if (found !== outcome) throw new Error(`ended ${found}, not ${outcome}: ${text}`);
    const reason = await this.page.locator('#result-text').innerText();
    if (!reason || reason === 'No reason was given.') throw new Error('no reason was shown');
    // Beside the shop: Obolus says that it told Commerce.
    const told = this.page.locator('[data-testid=timeline] [data-what=event_delivered]');
    await told.first().waitFor();
    await this.picture(`4-${outcome}`);
    return reason;
  }
}

async function runScenario(browser, scenario, parts) {
  const page = await browser.context.newPage();
  const visit = new Visit(page, parts);
  const began = performance.now();
  try {
    const said = await visit.run(scenario);
    if (visit.complaints.length > 0) throw new Error(visit.complaints.join('; '));
    const took = Math.round(performance.now() - began);
    parts.timeline.say(`ok    ${scenario.name.padEnd(22)} ${String(took).padStart(5)} ms  ${said}`);
    return true;
  } catch (error) {
    const where = page.url().replace(/_[A-Za-z0-9_-]{50}/, '_…');
    parts.timeline.say(`FAIL  ${scenario.name.padEnd(22)} at ${where}: ${error.message}`);
    for (const complaint of visit.complaints) parts.timeline.say(`      ${complaint}`);
    for (const request of visit.unanswered) {
      parts.timeline.say(`      not answered: ${request.method()} ${request.url()}`);
    }
    parts.timeline.say(`      the page says: ${await visit.visibleText()}`);
    return false;
  } finally {
    await page.close();
  }
}

// What Commerce counted; throws when it has reason to complain.
async function readReport(stack, timeline, scenarios) {
  const tls = identity(stack.certs, null);
  const { json } = await request(`${stack.shopUrl}/control/report`, { tls });
  const states = Object.entries(json.payments.by_state).map(([state, n]) => `${n} ${state}`);
  timeline.say(
    `Commerce: ${json.payments.total} payments (${states.join(', ')}), ` +
      `${json.events.accepted} events, ${json.violation_count} violations`,
  );
  if (json.violation_count > 0) throw new Error(JSON.stringify(json.violations));
  if (json.unresolved_count > 0) throw new Error(`${json.unresolved_count} payments never ended`);
  if (json.payments.total !== scenarios) throw new Error(`${scenarios} payments were made`);
}

// Each payment that had its card had it brought to the processor, which nobody else could see.
async function readCharges(stack, timeline) {
  const tls = identity(stack.certs, null);
  const { text } = await request(`${stack.shopUrl}/control/log?limit=5000`, { tls });
  const arrived = text.split('"the card arrived"').length - 1;
  const masked = [...text.matchAll(/\*{11,12}\d{4}/g)].length; // American Express: 15 digits
  timeline.say(`processor: ${arrived} cards arrived by the forward call, masked on the way back`);
  if (arrived === 0) throw new Error('no card arrived at the processor');
  if (masked < arrived) throw new Error('the answers of the processor are not masked');
  if (/4242424242424242|5555555555554444/.test(text)) throw new Error('a card is in the journal');
}

// The exit code. Everything it starts is stopped again.
export async function check({ build, screenshots, plain = false } = {}) {
  const timeline = new Timeline();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-check-'));
  const ports = await ephemeralPorts();
  const stack = new Stack({ folder, ports, tls: !plain, build, charge: true });
  const pictures = screenshots && { folder: path.resolve(screenshots), taken: new Set() };
  if (pictures) mkdirSync(pictures.folder, { recursive: true });
  const stop = async () => {
    await stack.stop();
    process.exit(130);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  let browser;
  let failures = 1;
  try {
    await stack.start();
    timeline.say(
      `obolus and obolus-sandbox are ready, ${plain ? 'plain for browsers' : 'TLS on every side'}`,
    );
    const servers = ['obolus-server.pem', 'shop-server.pem'];
    browser = await openBrowser(servers.map((file) => path.join(stack.certs, file)));
    timeline.say(`browser: Chromium ${browser.context.browser()?.version() ?? ''}`.trim());
    failures = 0;
    for (const scenario of kScenarios) {
      const parts = { stack, timeline, screenshots: pictures };
      if (!(await runScenario(browser, scenario, parts))) failures++;
    }
    await readReport(stack, timeline, kScenarios.length);
    await readCharges(stack, timeline);
  } catch (error) {
    failures++;
    timeline.say(`FAIL  ${error.message}`);
  } finally {
    await browser?.close();
    const exits = await stack.stop();
    for (const [name, { code, signal }] of Object.entries(exits)) {
      if (code !== 0) failures++;
      timeline.say(`${code === 0 ? 'ok   ' : 'FAIL '} ${name} stopped, exit ${code ?? signal}`);
    }
    rmSync(folder, { recursive: true, force: true });
  }
  if (pictures)
    timeline.say(`pictures: ${[...pictures.taken].sort().join(', ')} in ${screenshots}`);
  timeline.say(failures === 0 ? 'all is well' : `${failures} failed`);
  return failures === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      screenshots: { type: 'string' },
      build: { type: 'string' },
      plain: { type: 'boolean' },
    },
  });
  process.exit(await check(values));
}
