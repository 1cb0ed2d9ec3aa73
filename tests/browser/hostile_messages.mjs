// Hostile messages between a shop's page and the card frame, in Chromium, against the real program
// (quality S6): from an allowed parent over its port, from the frame to the library, and by
// window messages of parent and strangers. By seed. Whatever comes, nothing may happen: no change
// in either document, no request, no exception, no message back, no event of the library.
//
//   node tests/browser/hostile_messages.mjs [--messages 100000] [--seed 1] [--without-guard]
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openBrowser } from '../support/browser.mjs';
import { Hosts } from '../support/hosts.mjs';
import { Obolus } from '../support/obolus.mjs';
import { kRoot } from '../support/processes.mjs';

const kBatch = 250;
const kShop = 'shop.example';
const kEvil = 'evil.example';
const kValues = readFileSync(path.join(kRoot, 'tests/support/hostile_values.mjs'), 'utf8');

// What each direction's share of all messages is, and which page sends.
const kWays = [
  { way: 'shop to frame, by port', share: 0.45, direction: 'toFrame', sender: 'shop' },
  { way: 'frame to shop, by port', share: 0.45, direction: 'toHost', sender: 'frame' },
  { way: 'shop to frame, by window', share: 0.05, direction: 'toFrame', sender: 'shop' },
  { way: 'stranger to both, by window', share: 0.05, direction: 'toFrame', sender: 'stranger' },
];

// Runs in every document before its own scripts: remembers the port that a script listens to, and
// counts what arrives and what goes wrong.
function watch() {
  const seen = { ports: 0, arrived: 0, windowMessages: 0, faults: [], changes: 0, events: 0 };
  window.seen = seen;
  const { get, set } = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage');
  Object.defineProperty(MessagePort.prototype, 'onmessage', {
    configurable: true,
    get,
    set(listener) {
      seen.ports++;
      seen.port = this;
      const count = () => seen.arrived++;
      this.addEventListener('message', count);
      this.addEventListener('messageerror', count);
      set.call(this, listener);
    },
  });
  addEventListener('message', () => seen.windowMessages++);
  addEventListener('messageerror', () => seen.windowMessages++);
  addEventListener('error', ({ message }) => seen.faults.push(message));
  addEventListener('unhandledrejection', ({ reason }) => seen.faults.push(String(reason)));
  addEventListener('securitypolicyviolation', ({ effectiveDirective }) =>
    seen.faults.push(effectiveDirective),
  );
}

// Everything that an effect would show in, as text.
function snapshot() {
  const inputs = [...document.querySelectorAll('input, select')].map((one) => [
    one.value,
    one.selectionStart,
    one.disabled,
    one.validationMessage,
  ]);
  const sheets = [...document.styleSheets, ...document.adoptedStyleSheets].map((sheet) =>
    [...sheet.cssRules].map((rule) => rule.cssText).join(),
  );
  const { ports, faults, changes, events } = window.seen;
  let stored;
  try {
    stored = localStorage.length + sessionStorage.length;
  } catch {
    stored = 'denied';
  }
  return JSON.stringify({
    html: document.documentElement.outerHTML,
    inputs,
    sheets,
    active: document.activeElement?.id,
    focused: document.hasFocus(),
    cookies: document.cookie,
    stored,
    address: location.href,
    history: history.length,
    globals: Object.keys(window).length,
    prototype: Object.keys(Object.prototype).length,
    seen: { ports, faults, changes, events },
  });
}

// Sends `count` messages of that seed, and says how many were sent.
function send({ way, direction, seed, count }) {
  const random = window.hostileNumbers(seed);
  const maker = new window.HostileMessages(direction, random);
  const siblings = Array.from({ length: parent.length }, (_, i) => parent[i]);
  const card =
    document.querySelector('iframe')?.contentWindow ?? siblings.find((one) => one !== window);
  const connect = 'obolus/connect/v1';
  for (let i = 0; i < count; i++) {
    const message = maker.make();
    if (way.endsWith('by port')) {
      window.seen.port.postMessage(message);
    } else if (way.startsWith('shop')) {
      // Never all three: the type, an object, and a port.
      const ports = random() < 0.5 ? [new MessageChannel().port2] : [];
      const type = message?.type === connect ? 'x' : message?.type;
      const near = [message, connect, [connect], { type, connect }, { type: ` ${connect}` }];
      const value = ports.length > 0 ? near[i % near.length] : { type: connect, i };
      card.postMessage(value, '*', ports);
    } else {
      // Strangers may say what they like, the right words too.
      const ports = random() < 0.8 ? [new MessageChannel().port2] : [];
      card.postMessage(i % 2 ? message : { type: connect }, '*', ports);
      parent.postMessage(i % 3 ? message : { type: 'done', call: 1 }, '*');
    }
  }
  return way.startsWith('stranger') ? count * 2 : count;
}

function shopPage(obolusUrl, key, strangerUrl) {
  return `<!doctype html><title>Shop</title>
    <div id="card"></div><iframe id="stranger" hidden></iframe>
    <script src="${obolusUrl}/client/v1/obolus.js"></script>
    <script>
      Obolus.init('${key}').then((obolus) => {
        window.card = obolus.card();
        const names = ['ready', 'change', 'focus', 'blur', 'complete', 'enter', 'escape',
          'networkschange', 'expiring', 'error'];
        for (const name of names) card.on(name, () => { seen.events++; seen[name] = true; });
        obolus.onStateChange(() => seen.events++);
        card.mount('#card');
        document.getElementById('stranger').src = '${strangerUrl}';
      });
    </script>`;
}

// The scripts without what makes both sides refuse: {"card.js": text, "obolus.js": text}.
async function unguarded() {
  const { build } = createRequire(path.join(kRoot, 'web/package.json'))('esbuild');
  const before = 'guards.some((guard) => guard(v))';
  const open = {
    name: 'open',
    setup(plugins) {
      plugins.onLoad({ filter: /shared\/guard\.ts$/ }, ({ path: file }) => {
        const text = readFileSync(file, 'utf8');
        if (!text.includes(before)) throw new Error(`${file} has no ${before}`);
        return { contents: text.replace(before, 'true || guards'), loader: 'ts' };
      });
    },
  };
  const bundle = async (entry, globalName) => {
    const { outputFiles } = await build({
      absWorkingDir: path.join(kRoot, 'web'),
      entryPoints: [entry],
      bundle: true,
      format: 'iife',
      globalName,
      write: false,
      target: 'chrome109',
      plugins: [open],
      logLevel: 'silent',
    });
    return outputFiles[0].text;
  };
  return {
    card: await bundle('src/frame/main.ts'),
    obolus: await bundle('src/host/script.ts', 'Obolus'),
  };
}

class Campaign {
  static async start({ withoutGuard = false } = {}) {
    const campaign = new Campaign();
    campaign.folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-messages-'));
    const obolus = await Obolus.start({ tls: true });
    campaign.obolus = obolus;
    campaign.hosts = await Hosts.start(
      ({ hostname, searchParams }) =>
        hostname === kEvil
          ? { body: '<!doctype html><title>Stranger</title>' }
          : { body: shopPage(obolus.shopperUrl, searchParams.get('key'), campaign.strangerUrl) },
      obolus.certs,
    );
    const keys = ['obolus-server.pem', 'shop-server.pem'];
    campaign.browser = await openBrowser(keys.map((file) => path.join(obolus.certs, file)));
    await campaign.browser.context.addInitScript(watch);
    // As a function, because a document may not run text as a script.
    await campaign.browser.context.addInitScript(
      `(() => { ${kValues.replaceAll('export ', '')}
        window.hostileNumbers = numbers; window.HostileMessages = HostileMessages; })()`,
    );
    if (withoutGuard) await campaign.openGuards();
    await campaign.openShop();
    return campaign;
  }

  get strangerUrl() {
    return this.hosts.origin(kEvil);
  }

  async openGuards() {
    const { card, obolus } = await unguarded();
    const script = (body) => (route) =>
      route.fulfill({
        contentType: 'text/javascript',
        headers: { 'cross-origin-resource-policy': 'cross-origin' },
        body,
      });
    const { context } = this.browser;
    await context.route(/\/frame\/v1\/(\w+\/)?card\.js$/, script(card));
    await context.route(/\/client\/v1\/(\w+\/)?obolus\.js$/, script(obolus));
    await context.route(/\/frame\/v1\/pay_/, async (route) => {
      const { pathname, search } = new URL(route.request().url());
      const { status, headers, text } = await this.obolus.shopper('GET', pathname + search);
      delete headers['content-length'];
      await route.fulfill({ status, headers, body: text.replace(/ integrity="[^"]*"/g, '') });
    });
  }

  async openShop() {
    const merchant = { origins: [this.hosts.origin(kShop)] };
    const { session_key } = await this.obolus.openPayment({ merchant });
    this.requests = [];
    this.page = await this.browser.context.newPage();
    this.page.on('request', (request) => this.requests.push(request.url()));
    await this.page.goto(`${this.hosts.origin(kShop)}/?key=${session_key}`);
    await this.page.waitForFunction(() => window.seen.ready);
    const frame = this.page.frameLocator('iframe >> nth=0');
    // A whole card, so that a submit or a clear that got through would show.
    await frame.locator('input').nth(0).fill('4242 4242 4242 4242');
    await frame.locator('input').nth(1).fill('12 / 34');
    await frame.locator('input').nth(2).fill('123');
    await this.page.waitForFunction(() => window.seen.complete);
    await this.page.evaluate(() => document.activeElement?.blur());
    const find = (part) => this.page.frames().find((one) => one.url().includes(part));
    this.documents = {
      shop: this.page.mainFrame(),
      frame: find('/frame/v1/'),
      stranger: find(kEvil),
    };
    for (const name of ['shop', 'frame']) {
      await this.documents[name].evaluate(() =>
        new MutationObserver((list) => (window.seen.changes += list.length)).observe(document, {
          subtree: true,
          childList: true,
          attributes: true,
          characterData: true,
        }),
      );
    }
    await this.page.waitForTimeout(500);
    await this.begin();
  }

  counts() {
    const read = () => {
      const { arrived, windowMessages } = window.seen;
      return { arrived, windowMessages };
    };
    return Promise.all(['shop', 'frame'].map((name) => this.documents[name].evaluate(read)));
  }

  look() {
    return Promise.all(['shop', 'frame'].map((name) => this.documents[name].evaluate(snapshot)));
  }

  async begin() {
    this.before = await this.look();
    this.requests.length = 0;
  }

  // Sends and waits until all has arrived; what happened beside that, in words, or undefined.
  async batch(way, seed, count) {
    const start = await this.counts();
    const order = { way: way.way, direction: way.direction, seed, count };
    const sent = await this.documents[way.sender].evaluate(send, order);
    const byPort = way.way.endsWith('by port');
    const total = (counts) =>
      counts.reduce((sum, one) => sum + (byPort ? one.arrived : one.windowMessages), 0);
    const wanted = total(start) + sent;
    const end = Date.now() + 30_000;
    let now;
    do {
      now = await this.counts();
    } while (total(now) < wanted && Date.now() < end);
    if (total(now) !== wanted) return `${total(now) - total(start)} of ${sent} messages arrived`;
    if (!byPort && now.some((one, i) => one.arrived !== start[i].arrived)) return 'a message back';
    const after = await this.look();
    if (this.requests.length > 0) return `a request: ${this.requests[0]}`;
    for (const [i, name] of ['shop', 'frame'].entries()) {
      if (after[i] !== this.before[i]) return difference(name, this.before[i], after[i]);
    }
    return undefined;
  }

  async stop() {
    await this.browser?.close();
    await this.hosts?.stop();
    await this.obolus?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function difference(name, before, after) {
  const [a, b] = [JSON.parse(before), JSON.parse(after)];
  const member = Object.keys(a).find((key) => JSON.stringify(a[key]) !== JSON.stringify(b[key]));
  const text = JSON.stringify(b[member]).slice(0, 300);
  return `${member} of the ${name}'s document: ${text}`;
}

// {sent: {way: count}, effects: [words]}. Ends at the first effect. `only`: the way that is taken.
export async function fuzz({ messages = 100_000, seed = 1, withoutGuard = false, only } = {}) {
  const campaign = await Campaign.start({ withoutGuard });
  const sent = {};
  try {
    for (const way of kWays.filter((one) => !only || one.way === only)) {
      const total = Math.round(messages * way.share);
      sent[way.way] = 0;
      for (let at = 0; at < total; at += kBatch) {
        const count = Math.min(kBatch, total - at);
        const batchSeed = seed * 1_000_003 + at;
        const effect = await campaign.batch(way, batchSeed, count);
        sent[way.way] += count;
        if (effect) {
          return { sent, effects: [`${way.way}, messages of seed ${batchSeed}: ${effect}`] };
        }
      }
    }
    return { sent, effects: [] };
  } finally {
    await campaign.stop();
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      messages: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' },
      'without-guard': { type: 'boolean', default: false },
    },
  });
  const { sent, effects } = await fuzz({
    messages: Number(values.messages),
    seed: Number(values.seed),
    withoutGuard: values['without-guard'],
  });
  for (const [way, count] of Object.entries(sent)) {
    console.log(`${String(count).padStart(8)}  ${way}`);
  }
  const total = Object.values(sent).reduce((sum, count) => sum + count, 0);
  console.log(`${total} hostile messages, seed ${values.seed}: ${effects.length} effects`);
  for (const effect of effects) console.log(`  ${effect}`);
  process.exitCode = effects.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
