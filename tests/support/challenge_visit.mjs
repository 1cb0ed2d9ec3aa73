// One shopper's visit to a challenge, on a page of its own or in a frame of the shop's page: does
// what the behaviour wants of the shopper and of the browser, until the shop is reached, and keeps
// what was seen. The bank plays its part by itself (sandbox/acs_behaviours.cpp).
import { until } from './client.mjs';

const kPatienceMs = 40_000;
const kLookMs = 100;
const kFrameSizes = { '01': [250, 400], '02': [390, 400], '03': [500, 600], '04': [600, 400] };
const kBarsPx = 160;
const kEnd = /\/test\/(paid|failed)\b/;

// What the person does at each step besides pressing the bank's buttons.
const kPlans = {
  'cres-then-back': { onWait: async (visit) => visit.goBack() },
  'app-switch': { onWait: async (visit) => visit.hideFor(4_000) },
  reload: { onBank: async (visit) => visit.reload(), onWait: async (visit) => visit.reload() },
};

export class ChallengeVisit {
  // `frame`: in the shop's page. `redirectUrl`: where Commerce sends the shopper.
  constructor(context, { behaviour, redirectUrl, sessionKey, shopUrl, endUrl, frame }) {
    Object.assign(this, { context, behaviour, redirectUrl, sessionKey, shopUrl, endUrl, frame });
    this.ends = new Set(); // the shop's addresses that were reached, "paid" or "failed"
    this.notes = [];
    this.done = new Set();
  }

  async open() {
    const page = await this.context.newPage();
    page.on('framenavigated', (frame) => this.#note(frame));
    const { name } = this.behaviour;
    // Without script the shop has no library, and its shoppers go to the page by a link.
    const framed = this.frame && name !== 'javascript-off';
    if (!framed && name !== 'cres-before-creq') {
      await page.goto(this.redirectUrl);
      return page;
    }
    if (name === 'cres-before-creq') await this.#postFirst(page);
    if (!framed || this.ends.size > 0) return page;
    await page.goto(`${this.shopUrl}/`);
    await page.addScriptTag({ url: `${new URL(this.redirectUrl).origin}/client/v1/obolus.js` });
    await page.evaluate(
      async ([key, url]) => {
        const obolus = await window.Obolus.init(key);
        obolus.challenge(url).then(
          ({ continueUrl }) => continueUrl && location.assign(continueUrl),
          (error) => (document.title = `refused: ${error.message}`),
        );
      },
      [this.sessionKey, this.redirectUrl],
    );
    return page;
  }

  #note(frame) {
    if (frame.parentFrame() && frame.url().includes('/acs/')) this.framed = true;
    const end = kEnd.exec(frame.url());
    if (end) this.ends.add(end[1]);
  }

  // The browser brings a CRes for a challenge that it never began.
  async #postFirst(page) {
    await page.goto(`${this.endUrl}/form`);
    await page.evaluate((url) => {
      const [form] = document.forms;
      form.action = url;
      form.submit();
    }, `${this.redirectUrl}/return`);
    await until('the return to be answered', () => !page.url().endsWith('/form'));
  }

  // Goes on until the shop is reached. "paid" or "failed"; throws when there is no end.
  async run({ sessionEnded }) {
    this.page = await this.open();
    const { name } = this.behaviour;
    if (name === 'two-tabs') this.second = await this.open();
    const patience = sessionEnded ? kPatienceMs + 60_000 : kPatienceMs;
    const began = Date.now();
    while (!this.#arrived()) {
      if (Date.now() - began > patience) throw new Error(await this.#whereItStands());
      for (const page of [this.page, this.second].filter(Boolean)) await this.#step(page);
      if (sessionEnded && !this.done.has('again') && (await sessionEnded())) {
        this.done.add('again');
        await this.#lookAgain();
      }
      await new Promise((resolve) => setTimeout(resolve, kLookMs));
    }
    if (this.ends.size !== 1) throw new Error(`reached ${[...this.ends].join(' and ')}`);
    return [...this.ends][0];
  }

  #arrived() {
    const at = (page) => page.frames().some((frame) => kEnd.test(frame.url()));
    return at(this.page) && (!this.second || at(this.second));
  }

  // A shopper whose bank leads nowhere goes back to where the challenge began; the library's hears
  // of the end where they are.
  async #lookAgain() {
    const left = !this.page.url().startsWith(this.shopUrl);
    if (left && !this.#arrived()) await this.page.goto(this.redirectUrl);
  }

  async #step(page) {
    for (const frame of page.frames()) {
      try {
        await this.#stepIn(page, frame);
      } catch (error) {
        // The page went on while it was looked at.
        if (!/detached|closed|destroyed|navigat|Timeout/i.test(error.message)) throw error;
      }
    }
  }

  async #stepIn(page, frame) {
    const url = frame.url();
    const plan = kPlans[this.behaviour.name] ?? {};
    if (url.includes('/acs/') && !(await this.#once('bank', plan.onBank))) {
      return this.#press(frame, 'acs-play', 'acs-continue');
    }
    if (!/\/3ds\/tds_[\w-]+(\/frame)?(\?|$)/.test(url)) return;
    if (this.behaviour.name === 'javascript-off') await this.#press(frame, 'start');
    else if ((await frame.locator('body[data-page=wait]').count()) > 0)
      await this.#once('wait', plan.onWait);
  }

  // True when it had something to do, and did it now.
  async #once(step, action) {
    if (!action || this.done.has(step)) return false;
    this.done.add(step);
    await action(this);
    return true;
  }

  async #press(frame, ...names) {
    for (const name of names) {
      const by_itself = name === 'acs-continue' && this.behaviour.name !== 'redirects-top';
      if (by_itself && this.behaviour.name !== 'javascript-off') continue;
      if (name === 'acs-play' && !this.#presses()) continue;
      const button = name === 'start' ? frame.locator('button.primary') : frame.getByTestId(name);
      if ((await button.count()) === 0 || !(await button.first().isVisible())) continue;
      await this.#measure(frame);
      await button.first().click({ timeout: 3_000, noWaitAfter: true });
      return;
    }
  }

  // Behaviours whose bank asks the shopper to press; the others go on by themselves.
  #presses() {
    return /^(window-size-\d\d|reload|two-tabs)$/.test(this.behaviour.name);
  }

  // The window that the library gives to the challenge is the one that the CReq asks for, which
  // the library knows from the server alone.
  async #measure(frame) {
    if (!this.frame || !this.behaviour.name.startsWith('window-size')) return;
    const [width, height] = await frame.evaluate(() => [innerWidth, innerHeight]);
    this.notes.push(`${width} × ${height}`);
    const wanted = kFrameSizes[this.behaviour.window_size];
    if (wanted) {
      if (width === wanted[0] && height === wanted[1]) return;
      throw new Error(`the window is ${width} × ${height}, not ${wanted.join(' × ')}`);
    }
    // The whole screen, but for the library's own two bars.
    const screen = this.page.viewportSize();
    if (width !== screen.width || height < screen.height - kBarsPx)
      throw new Error(`the window is ${width} × ${height}, not the whole screen`);
  }

  async goBack() {
    await this.page.goBack({ waitUntil: 'commit' }).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (this.#arrived() || this.page.url().includes('/3ds/')) return;
    this.notes.push('went back and forward again');
    await this.page.goForward({ waitUntil: 'commit' }).catch(() => {});
  }

  async reload() {
    this.notes.push('reloaded');
    if (!this.frame) return void (await this.page.reload({ waitUntil: 'commit' }));
    const inner = this.page.frames().findLast((one) => /\/acs\/|\/3ds\//.test(one.url()));
    await inner?.evaluate(() => location.reload()).catch(() => {});
  }

  // Frozen, as a browser freezes a tab that nobody sees: no timer and no network.
  async hideFor(milliseconds) {
    const session = await this.context.newCDPSession(this.page);
    const become = (state) =>
      until(`the tab to be ${state}`, () =>
        session.send('Page.setWebLifecycleState', { state }).then(
          () => true,
          () => false, // it is between two pages
        ),
      );
    await become('frozen');
    this.notes.push('hidden');
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    await become('active');
    await session.detach();
  }

  async #whereItStands() {
    const urls = [];
    for (const page of [this.page, this.second].filter(Boolean)) {
      for (const frame of page.frames()) {
        const text = await frame
          .locator('body')
          .innerText({ timeout: 1_000 })
          .catch(() => '');
        urls.push(
          `${frame
            .url()
            .replace(/_[\w-]{50}/, '_…')
            .slice(0, 90)} "${text.slice(0, 90)}"`,
        );
      }
    }
    return `no end: ${urls.join(' | ').replace(/\s+/g, ' ')}`;
  }
}
