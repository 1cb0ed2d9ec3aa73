// What the table of challenges needs around each visit: both programs and a Chromium with three
// sites (shop, Obolus, bank) and third-party cookies blocked, a small page of the shop that shows a
// challenge in a frame, and payments that are brought as far as their challenge without a browser.
import path from 'node:path';
import { chromium } from 'playwright-core';
import { chromiumPath, trustOf } from './browser.mjs';
import { encrypt, payload } from './card.mjs';
import { identity, request, until } from './client.mjs';
import { Hosts } from './hosts.mjs';
import { ephemeralPorts, Stack } from './stack.mjs';

const kAcsHost = 'bank.example';
const kServers = ['obolus-server.pem', 'shop-server.pem'];

// Where the shop's shoppers end: pages of a listener, for an intercepted one sees no redirect.
const kEndHost = 'end.example';
const kEndPage = '<!doctype html><title>End</title><body>';
// There also a form for a CRes of nobody's; the shop's own pages post nowhere.
const kFormPage = `${kEndPage}<form method="post">
<input type="hidden" name="cres" value="eyJ0cmFuc1N0YXR1cyI6IlkifQ"></form>`;

// Sets a cookie where it stands and says whether it was kept.
const kProbePage = `<!doctype html><title>no</title><script>
document.cookie = 'probe=1; SameSite=None; Secure; Path=/';
document.title = document.cookie.includes('probe=1') ? 'kept' : 'blocked';
</script>`;

export class ChallengeWorld {
  static async start(folder, build) {
    const world = new ChallengeWorld();
    world.stack = new Stack({
      folder,
      ports: await ephemeralPorts(),
      tls: true,
      build,
      acsHost: kAcsHost,
    });
    await world.stack.start();
    const page = ({ pathname }) => ({ body: pathname === '/form' ? kFormPage : kEndPage });
    world.ends = await Hosts.start(page, world.stack.certs);
    world.tls = identity(world.stack.certs, null);
    world.acsUrl = `https://${kAcsHost}:${world.stack.ports.shop}`;
    world.browser = await chromium.launch({
      executablePath: chromiumPath(),
      chromiumSandbox: process.getuid() !== 0,
      args: [
        ...trustOf(kServers.map((file) => path.join(world.stack.certs, file))),
        '--test-third-party-cookie-phaseout',
      ],
    });
    return world;
  }

  async stop() {
    await this.browser?.close();
    await this.ends?.stop();
    return this.stack.stop();
  }

  get endUrl() {
    return this.ends.origin(kEndHost);
  }

  // A browser window of its own.
  async openContext({ javaScriptEnabled = true } = {}) {
    const context = await this.browser.newContext({
      javaScriptEnabled,
      viewport: { width: 1280, height: 900 },
    });
    context.setDefaultTimeout(20_000);
    await context.route(`${this.acsUrl}/test/probe`, (route) =>
      route.fulfill({ contentType: 'text/html', body: kProbePage }),
    );
    return context;
  }

  // How the browser treats a cookie of the bank: {top, own, framed}, each "kept" or "blocked": on
  // the bank's page, in a frame of that page, in a frame of another site.
  async probeCookies() {
    const context = await this.openContext();
    const probe = `${this.acsUrl}/test/probe`;
    const framedIn = async (page) => {
      await page.evaluate((src) => {
        document.body.append(Object.assign(document.createElement('iframe'), { src }));
      }, probe);
      const frame = await until('the probe', () =>
        page.frames().find((one) => one.parentFrame() && one.url() === probe),
      );
      await frame.waitForLoadState();
      return frame.title();
    };
    try {
      const page = await context.newPage();
      await page.goto(probe);
      const top = await page.title();
      const own = await framedIn(page);
      await page.goto(`${this.endUrl}/form`);
      return { top, own, framed: await framedIn(page) };
    } finally {
      await context.close();
    }
  }

  async #sandbox(target, options) {
    const headers = { 'x-api-key': this.stack.apiKey };
    const answer = await request(`${this.stack.shopUrl}${target}`, {
      headers,
      tls: this.tls,
      ...options,
    });
    if (answer.status >= 400) throw new Error(`${target}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  payment(id) {
    return this.#sandbox(`/payments/${id}`);
  }

  // The payment once `wanted(payment)`, for at most that long.
  paymentWhen(id, what, wanted, timeoutMs = 15_000) {
    return until(
      `payment ${what}`,
      async () => {
        const payment = await this.payment(id);
        return wanted(payment) ? payment : undefined;
      },
      { timeoutMs, everyMs: 100 },
    );
  }

  // Pays with that card until the challenge is open, or the payment has ended without one.
  async payUntilChallenge(number, metadata) {
    const continuation = {
      success: `${this.endUrl}/test/paid`,
      error: `${this.endUrl}/test/failed`,
    };
    const { id, processing } = await this.#sandbox('/payments', {
      method: 'POST',
      body: { amount: 4450, currency_code: 'EUR', continuation, metadata },
    });
    const { session_key } = processing.requirement.options[0];
    const session = `${this.stack.shopperUrl}/sessions/${session_key}`;
    const { data } = (await request(session, { tls: this.tls })).json;
    const card = payload({ account_number: number, security_code: '123' });
    const result = { enc_payload: await encrypt(data, card) };
    const answer = await request(`${session}/complete-action`, {
      method: 'POST',
      body: { action: 'tokenize_card', result },
      tls: this.tls,
    });
    if (answer.status !== 200) throw new Error(`the card: ${answer.status} ${answer.text}`);
    const payment = await this.paymentWhen(id, 'has its challenge', ({ processing: now }) => {
      const action = now.requirement?.action;
      return action === 'REDIRECT' || now.status === 'FAILED' || now.status === 'COMPLETED';
    });
    return { payment, session_key };
  }

  // The types of what Obolus has told Commerce about that payment, each delivery once.
  async events(id) {
    const { entries } = await this.#sandbox(`/control/log?limit=5000&payment=${id}`);
    return entries
      .filter(
        ({ kind, from, verdict }) =>
          kind === 'event' && from === 'obolus' && verdict === 'accepted',
      )
      .map(({ title }) => title);
  }

  report() {
    return this.#sandbox('/control/report');
  }

  // The state of the 3DS session behind that address, as the operator sees it. Its key begins with
  // the id of the session, after one byte.
  async sessionState(redirectUrl) {
    const plain = Buffer.from(redirectUrl.split('/3ds/tds_')[1], 'base64url');
    const id = plain
      .toString('hex', 1, 17)
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    const answer = await request(`${this.stack.operatorUrl}/sessions/${id}`);
    if (answer.status !== 200) throw new Error(`the operator: ${answer.status} ${answer.text}`);
    return answer.json.state;
  }
}
