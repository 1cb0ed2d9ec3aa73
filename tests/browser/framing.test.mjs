// Who may show the card frame, and who gets its port (contract §4.2; quality S6): every kind of
// parent in Chromium, against the real program over TLS. A parent that tries asks as the library
// does, and with every trick that a page has: any target, again and again.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openBrowser } from '../support/browser.mjs';
import { Hosts } from '../support/hosts.mjs';
import { Obolus } from '../support/obolus.mjs';

const kShop = 'shop.example';
const kEvil = 'evil.example';
const kConfigure = {
  type: 'configure',
  locale: 'en',
  theme: 'light',
  layout: 'grid',
  variables: {},
  rules: {},
  name: 'hidden',
};

// Runs in the parent: offers a port on every load and for a while after, and tells the top window
// when the frame answers.
function offer(frame, configure) {
  const connect = () => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => window.top.postMessage('answered', '*');
    frame.contentWindow.postMessage({ type: 'obolus/connect/v1' }, '*', [port2]);
    port1.postMessage(configure);
  };
  frame.addEventListener('load', connect);
  setInterval(connect, 100);
}

const kScript = `<script>
  ${offer}
  const configure = ${JSON.stringify(kConfigure)};
  const embed = (url, sandbox) => {
    const frame = document.createElement('iframe');
    if (sandbox) frame.sandbox = sandbox;
    frame.src = url;
    document.body.append(frame);
    return frame;
  };
  const card = (url) => offer(embed(url), configure);
  window.answers = 0;
  addEventListener('message', (event) => { if (event.data === 'answered') window.answers++; });
</script>`;

// What a page does is in its query: `do` is run with `u` at hand.
function answer(url) {
  if (url.pathname === '/redirect') {
    return { status: 302, headers: { location: url.searchParams.get('u') } };
  }
  const sandbox = url.searchParams.get('csp');
  const u = JSON.stringify(url.searchParams.get('u'));
  const run = `const u = ${u}; ${url.searchParams.get('do')}`;
  return {
    headers: sandbox ? { 'content-security-policy': sandbox } : {},
    body: `<!doctype html><body>${kScript}<script>${run.replaceAll('</', '<\\/')}</script>`,
  };
}

describe('the card frame', () => {
  let obolus;
  let hosts;
  let otherPort;
  let plain;
  let browser;
  before(async () => {
    obolus = await Obolus.start({ tls: true });
    hosts = await Hosts.start(answer, obolus.certs);
    otherPort = await Hosts.start(answer, obolus.certs);
    plain = await Hosts.start(answer);
    const keys = ['obolus-server.pem', 'shop-server.pem'];
    browser = await openBrowser(keys.map((file) => path.join(obolus.certs, file)));
  });
  after(async () => {
    await browser?.close();
    for (const server of [hosts, otherPort, plain]) await server?.stop();
    await obolus?.stop();
  });

  const page = (origin, u, run, more = {}) => {
    const url = new URL(origin);
    url.search = new URLSearchParams({ u, do: run, ...more });
    return url.href;
  };
  const shop = () => hosts.origin(kShop);
  const evil = () => hosts.origin(kEvil);
  const inside = (outer, inner) => page(outer, inner, 'embed(u)');
  const text = (html) => JSON.stringify(html).replaceAll('</', '<\\/');
  // A document in a document, without an address of its own.
  const kDocument =
    `'<!doctype html><body>' + ${text(kScript)} + ` +
    `'<script>card(' + JSON.stringify(u) + ')<' + '/script>'`;

  // Each gives the address to open, or opens it itself.
  const kParents = [
    ['a listed shop', (u) => page(shop(), u, 'card(u)'), 'shown', 'answers'],
    ['our own hosted page', () => obolus.shopperUrl, 'shown', 'ours'],
    ['a stranger', (u) => page(evil(), u, 'card(u)'), 'blocked', 'silent'],
    [
      'a listed shop in a sandbox without origin',
      (u) => page(evil(), page(shop(), u, 'card(u)'), "embed(u, 'allow-scripts')"),
      'blocked',
      'silent',
    ],
    [
      'a listed shop whose own policy takes its origin away',
      (u) => page(shop(), u, 'card(u)', { csp: 'sandbox allow-scripts' }),
      'blocked',
      'silent',
    ],
    [
      'a listed shop without TLS',
      (u) => page(plain.origin(kShop), u, 'card(u)'),
      'blocked',
      'silent',
    ],
    [
      'a subdomain of a listed shop',
      (u) => page(hosts.origin(`www.${kShop}`), u, 'card(u)'),
      'blocked',
      'silent',
    ],
    [
      'another port of a listed shop',
      (u) => page(otherPort.origin(kShop), u, 'card(u)'),
      'blocked',
      'silent',
    ],
    [
      'a listed shop inside a stranger',
      (u) => inside(evil(), page(shop(), u, 'card(u)')),
      'blocked',
      'silent',
    ],
    [
      'a stranger inside a listed shop',
      (u) => inside(shop(), page(evil(), u, 'card(u)')),
      'blocked',
      'silent',
    ],
    [
      'a data: document in a listed shop',
      (u) => page(shop(), u, `embed('data:text/html,' + encodeURIComponent(${kDocument}))`),
      'blocked',
      'silent',
    ],
    [
      'a srcdoc of a listed shop, which is the shop',
      (u) => page(shop(), u, `const f = embed('about:blank'); f.srcdoc = ${kDocument}`),
      'shown',
      'answers',
    ],
    [
      'a blob: of a listed shop, which is the shop',
      (u) =>
        page(
          shop(),
          u,
          `embed(URL.createObjectURL(new Blob([${kDocument}], {type: 'text/html'})))`,
        ),
      'shown',
      'answers',
    ],
    [
      'a listed shop, by a redirect of a stranger',
      (u) => page(shop(), `${evil()}/redirect?u=${encodeURIComponent(u)}`, 'card(u)'),
      'shown',
      'answers',
    ],
    [
      'a srcdoc of a stranger, by a redirect of the shop',
      (u) =>
        page(
          evil(),
          `${shop()}/redirect?u=${encodeURIComponent(u)}`,
          `const f = embed('about:blank'); f.srcdoc = ${kDocument}`,
        ),
      'blocked',
      'silent',
    ],
    ['nobody: opened as a page', (u) => u, 'shown', 'silent'],
    [
      'nobody: a window that a stranger opened',
      (u) =>
        page(
          evil(),
          u,
          'onclick = () => offer({contentWindow: open(u), addEventListener() {}}, configure)',
        ),
      'shown',
      'silent',
    ],
    [
      'a stranger beside it in a listed shop',
      (u) =>
        page(
          shop(),
          u,
          `embed(u); embed(${text(
            page(
              'https://evil.example',
              '',
              'offer({contentWindow: parent.frames[0], addEventListener() {}}, configure)',
            ),
          )}.replace('https://evil.example', '${evil()}'))`,
        ),
      'shown',
      'silent',
    ],
  ];

  const isCard = (frame) =>
    frame.evaluate(() => document.getElementById('card') !== null).catch(() => false);

  // Whether the card form is on some page of the browser, within the time that a frame takes.
  async function isShown(pages, patienceMs) {
    const end = Date.now() + patienceMs;
    for (;;) {
      for (const frame of pages().flatMap((one) => one.frames())) {
        if (frame.url().includes('/frame/v1/') && (await isCard(frame))) return true;
      }
      if (Date.now() > end) return false;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async function look(url, wanted) {
    const tab = await browser.context.newPage();
    const asked = [];
    tab.context().on('request', (request) => asked.push(request.url()));
    try {
      await tab.goto(url);
      if (url.includes('onclick')) await tab.mouse.click(5, 5);
      const pages = () => browser.context.pages();
      const shown = await isShown(pages, wanted.shown === 'shown' ? 15_000 : 1_500);
      // Long enough for an answer that must not come.
      await tab.waitForTimeout(wanted.port === 'silent' ? 1_000 : 0);
      if (wanted.port === 'answers') {
        await tab.waitForFunction(() => window.answers > 0, null, { timeout: 15_000 });
      }
      const answers = (await tab.evaluate(() => window.answers)) ?? 0;
      return {
        shown: shown ? 'shown' : 'blocked',
        port: answers > 0 ? 'answers' : 'silent',
        asked,
      };
    } finally {
      for (const one of browser.context.pages()) {
        if (one !== browser.context.pages()[0]) await one.close();
      }
    }
  }

  for (const [name, address, shown, port] of kParents) {
    test(`in ${name}: ${shown}, ${port}`, async () => {
      const merchant = { origins: [shop()] };
      const { session_key } = await obolus.openPayment({ merchant });
      const url = `${obolus.shopperUrl}/frame/v1/${session_key}`;
      if (port === 'ours') return oursWorks(session_key);
      const found = await look(address(url), { shown, port });
      assert.ok(
        found.asked.some((one) => one === url),
        'the frame was never asked for',
      );
      assert.deepEqual([found.shown, found.port], [shown, port]);
    });
  }

  // A matrix that could not tell would be worthless.
  test('without its headers a stranger shows it, and gets no port all the same', async () => {
    const { session_key } = await obolus.openPayment({ merchant: { origins: [shop()] } });
    const url = `${obolus.shopperUrl}/frame/v1/${session_key}`;
    const { status, headers, bytes } = await obolus.shopper('GET', `/frame/v1/${session_key}`);
    delete headers['content-security-policy'];
    await browser.context.route(url, (route) => route.fulfill({ status, headers, body: bytes }));
    try {
      const found = await look(page(evil(), url, 'card(u)'), { shown: 'shown', port: 'silent' });
      assert.deepEqual([found.shown, found.port], ['shown', 'silent']);
    } finally {
      await browser.context.unroute(url);
    }
  });

  // The hosted page is our own: its form is there and takes input, so it has the port.
  async function oursWorks(key) {
    const tab = await browser.context.newPage();
    try {
      await tab.goto(`${obolus.shopperUrl}/checkout/${key}`);
      const field = tab.frameLocator('iframe').getByLabel('Card number');
      await field.fill('4242');
      await tab.waitForFunction(() => {
        const frame = document.querySelector('iframe');
        return frame && frame.style.height !== '' && frame.getBoundingClientRect().height > 50;
      });
    } finally {
      await tab.close();
    }
  }
});
