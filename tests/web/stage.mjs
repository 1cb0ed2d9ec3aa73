// What the tests of this folder stand on: the real obolus, a shop on another site, one Chromium,
// and a shopper's moves. A Visit is one page in one language and theme; it knows where the card
// form is. Fields are found by their ids, which are the same in every language.
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';
import { chromiumPath } from '../support/browser.mjs';
import { Obolus } from '../support/obolus.mjs';

export const kYear = String((new Date().getUTCFullYear() + 3) % 100);
export const kGood = { number: '4242424242424242', expiry: `12${kYear}`, cvc: '123' };

// The grounds that a shop shows the form on.
export const kGrounds = { light: '#ffffff', dark: '#14181d' };

// The way back to the shop is offered as soon as it may be, so that it need not be waited for.
const kSessions = { confirm_wait_s: 5 };

const shopHtml = ({ obolusUrl, lang, dir }) => `<!doctype html>
<html lang="${lang}" dir="${dir}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Tea &amp; Co</title>
    <link rel="icon" href="data:,">
    <style>
      body { margin: 16px; font: 1rem/1.5 system-ui, sans-serif; background: ${kGrounds.light};
        color: #1b1f24 }
      body.dark { background: ${kGrounds.dark}; color: #eef1f4 }
      a { color: inherit }
      button { margin-top: 12px; padding: 12px 24px; font: inherit }
    </style>
    <script src="${obolusUrl}/client/v1/obolus.js"></script>
  </head>
  <body>
    <main>
      <h1>Tea &amp; Co</h1>
      <p><a id="back" href="#">Back to the basket</a></p>
      <div id="card"></div>
      <button id="pay" type="button">Pay</button>
    </main>
  </body>
</html>
`;

async function startShop(parts) {
  const server = createServer((request, response) => {
    const query = new URL(request.url, 'http://shop').searchParams;
    const lang = query.get('lang') ?? 'en';
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(shopHtml({ ...parts, lang, dir: query.get('dir') ?? 'ltr' }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

export class Stage {
  // `origins`: of more shops.
  static async start(origins = []) {
    const stage = new Stage();
    stage.parts = {};
    stage.shop = await startShop(stage.parts);
    stage.shopUrl = `http://127.0.0.1:${stage.shop.address().port}`;
    const shopper = { default_origins: [stage.shopUrl, ...origins] };
    stage.obolus = await Obolus.start({ shopper, sessions: kSessions });
    stage.obolusUrl = `http://localhost:${stage.obolus.ports.shopper}`;
    stage.parts.obolusUrl = stage.obolusUrl;
    stage.browsers = new Map();
    stage.contexts = new Map();
    return stage;
  }

  // `fontPx`: the size that the shopper has set for text; 16 is what browsers come with.
  async browser(fontPx) {
    if (!this.browsers.has(fontPx)) {
      const browser = await chromium.launch({
        executablePath: chromiumPath(),
        chromiumSandbox: process.getuid() !== 0,
        args: [`--blink-settings=defaultFontSize=${fontPx}`],
      });
      this.browsers.set(fontPx, browser);
    }
    return this.browsers.get(fontPx);
  }

  async stop() {
    for (const browser of this.browsers.values()) await browser.close();
    await this.obolus?.stop();
    this.shop?.closeAllConnections?.();
    await new Promise((resolve) => this.shop.close(resolve));
  }

  // A fresh page. `look`: {lang, dir, theme, fontPx, …options of a browser context}.
  async visit(look = {}) {
    const { lang = 'en', dir = 'ltr', theme = 'light', fontPx = 16, ...options } = look;
    const name = JSON.stringify([lang, fontPx, options]);
    if (!this.contexts.has(name)) {
      const browser = await this.browser(fontPx);
      this.contexts.set(name, await browser.newContext({ locale: lang, ...options }));
    }
    const page = await this.contexts.get(name).newPage();
    page.setDefaultTimeout(20_000);
    await page.emulateMedia({ colorScheme: theme });
    return new Visit(this, page, { lang, dir, theme });
  }
}

export class Visit {
  constructor(stage, page, look) {
    Object.assign(this, { stage, page, look, complaints: [], held: [] });
    page.on('pageerror', (error) => this.complaints.push(`script error: ${error.message}`));
    page.on('console', (message) => {
      if (/Content Security Policy|TrustedHTML/i.test(message.text())) {
        this.complaints.push(message.text());
      }
    });
  }

  get obolus() {
    return this.stage.obolus;
  }

  // A payment session in the visit's language.
  async open(body = {}) {
    this.opened = await this.obolus.openPayment({ locale: this.look.lang, ...body });
    this.key = this.opened.session_key;
    return this.opened;
  }

  // The shop with a mounted, ready form. `card`: options of obolus.card().
  async openShop({ card = {}, session = {}, appearance = {} } = {}) {
    await this.open(session);
    const { lang, dir, theme } = this.look;
    await this.page.goto(`${this.stage.shopUrl}/?lang=${lang}&dir=${dir}`);
    await this.page.evaluate(
      async ({ key, lang, theme, card, appearance }) => {
        document.body.className = theme;
        const options = { locale: lang, appearance: { theme, ...appearance } };
        window.obolus = await window.Obolus.init(key, options);
        window.card = window.obolus.card(card);
        const ready = new Promise((resolve) => window.card.on('ready', resolve));
        window.card.mount('#card');
        document.querySelector('#pay').onclick = () => {
          window.result = window.obolus.submit().catch(({ code }) => ({ code }));
        };
        await ready;
      },
      { key: this.key, lang, theme, card, appearance },
    );
    await this.findForm();
    this.inShop = true;
  }

  async openCheckout(session = {}) {
    await this.open({
      merchant: { name: 'Tea & Co' },
      payment: { amount: 4200, currency_code: 'EUR' },
      ...session,
    });
    await this.page.goto(`${this.stage.obolusUrl}/checkout/${this.key}`);
  }

  // The card form of the page, once it is there.
  async findForm() {
    const handle = await this.page.waitForSelector('#card iframe');
    this.form = await handle.contentFrame();
    await this.form.waitForSelector('#number');
  }

  async type(card = kGood) {
    for (const name of ['number', 'expiry', 'cvc', 'name']) {
      if (card[name] !== undefined)
        await this.form.locator(`#${name}`).pressSequentially(card[name]);
    }
  }

  pay() {
    return this.page.locator('#pay').click();
  }

  // What obolus.submit() came to in the shop: {status} or {code}.
  result() {
    return this.page.evaluate(() => window.result);
  }

  // Keeps the card's way to the server open until the visit ends.
  hold() {
    return this.page.route('**/complete-action', (route) => void this.held.push(route));
  }

  // Lets the server say `status` and `body` to the next card.
  answer(status, body) {
    return this.page.route('**/complete-action', (route) => route.fulfill({ status, json: body }));
  }

  async close() {
    for (const route of this.held) await route.abort().catch(() => {});
    await this.page.close();
  }
}
