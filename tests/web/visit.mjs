// One measured visit to a shop: a fresh browser context, page and frame slowed down alike, and what
// was seen, sent and spent. "Visible" is the same for everybody: three inputs of the frame have
// boxes that the top window really shows (IntersectionObserver, which looks across processes), and
// the frame's document has had its first contentful paint; the later of the two, counted from the
// moment that the shop's page began to load.

// Runs first in every document. It costs the floor what it costs us.
const kProbe = `(() => {
  const say = (what) => window.measured?.(JSON.stringify(what));
  const absolute = (time) => performance.timeOrigin + time;
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      say({ longTask: Math.round(duration), at: absolute(startTime) });
    }
  }).observe({ type: 'longtask', buffered: true });
  addEventListener('load', () => say({ loadedAt: Date.now(), top: self === top }));
  if (self === top) return;
  const found = new Map();
  let painted = 0;
  const tell = () => {
    if (painted > 0 && found.size === 3) {
      observer.disconnect();
      say({ visibleAt: Math.max(painted, ...found.values()), painted });
    }
  };
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting, boundingClientRect: box, time } of entries) {
      const isThere = isIntersecting && box.width >= 20 && box.height >= 10;
      if (isThere && found.size < 3 && !found.has(target)) found.set(target, absolute(time));
    }
    tell();
  });
  new PerformanceObserver((list) => {
    for (const { name, startTime } of list.getEntries()) {
      if (name === 'first-contentful-paint') painted = absolute(startTime);
    }
    tell();
  }).observe({ type: 'paint', buffered: true });
  const look = () => {
    const inputs = document.querySelectorAll('input');
    if (inputs.length < 3) return requestAnimationFrame(look);
    inputs.forEach((input) => observer.observe(input));
  };
  look();
})();`;

export const kProfiles = {
  local: {},
  // 150 ms, 1.6 Mbit/s down, a quarter of the processor: the "slow phone" of the field's audits.
  slow: { latency: 150, downloadThroughput: (1.6 * 1024 * 1024) / 8, rate: 4 },
};

async function slowDown(session, { latency, downloadThroughput, rate }) {
  if (rate === undefined) return;
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency,
    downloadThroughput,
    uploadThroughput: (0.75 * 1024 * 1024) / 8,
  });
  await session.send('Emulation.setCPUThrottlingRate', { rate });
}

export class Visit {
  constructor(chromium, profile) {
    Object.assign(this, { chromium, profile, frames: [], requests: new Map(), longTasks: [] });
    this.visible = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    this.visible.catch(() => {});
    this.loads = [];
  }

  // Loads `url` and waits until the inputs are visible: {visibleMs, paintedMs}.
  async open(url) {
    const { session, close } = await this.chromium.newPage();
    Object.assign(this, { page: session, close });
    await this.#prepare(session);
    const timer = setTimeout(() => this.reject(new Error(`${url}: never visible`)), 30_000);
    await session.send('Page.navigate', { url });
    const { visibleAt, painted } = await this.visible.finally(() => clearTimeout(timer));
    const began = await session.evaluate('performance.timeOrigin');
    return { visibleMs: visibleAt - began, paintedMs: painted - began };
  }

  // The value of an expression in the shop's page, which must come within a minute.
  async evaluate(expression) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${expression}: no answer`)), 60_000);
    });
    return Promise.race([this.page.evaluate(expression), late]).finally(() => clearTimeout(timer));
  }

  async #prepare(session) {
    session.on('Network.requestWillBeSent', ({ requestId, request, type, initiator }) => {
      const byScript = type !== 'Document' && initiator.type === 'script';
      this.requests.set(requestId, { url: request.url, byScript, head: 0, wire: 0 });
    });
    session.on('Network.responseReceived', ({ requestId, response }) => {
      const request = this.requests.get(requestId);
      if (request) request.head = response.encodedDataLength;
    });
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      const request = this.requests.get(requestId);
      if (request) request.wire = encodedDataLength;
    });
    session.on('Runtime.bindingCalled', ({ payload }) => this.#take(JSON.parse(payload)));
    // A frame of another site is a target of its own; it waits until it is slowed down as well.
    session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
      const child = this.chromium.session(sessionId);
      if (targetInfo.type === 'iframe') this.frames.push(child);
      this.#prepare(child).catch(this.reject);
    });
    await Promise.all([
      session.send('Network.enable'),
      session.send('Page.enable'),
      session.send('Runtime.enable'),
      session.send('Runtime.addBinding', { name: 'measured' }),
      session.send('Page.addScriptToEvaluateOnNewDocument', {
        source: kProbe,
        runImmediately: session !== this.page,
      }),
      session.send('Target.setAutoAttach', {
        autoAttach: true,
        waitForDebuggerOnStart: true,
        flatten: true,
      }),
      slowDown(session, this.profile),
    ]);
    await session.send('Runtime.runIfWaitingForDebugger');
  }

  #take(said) {
    if (said.visibleAt) this.resolve(said);
    if (said.longTask) this.longTasks.push(said);
    if (said.loadedAt) this.loads.push(said);
  }

  // Bytes from Obolus by kind: {loader, frame, later}, each {requests, body, wire}; `later` is what
  // the frame's running script asks for, which showing the inputs does not wait for. `body`: what
  // the response bodies took on the wire, as compressed as they came; `wire`: with their headers.
  bytes(obolusUrl) {
    const none = () => ({ requests: 0, body: 0, wire: 0 });
    const kinds = { loader: none(), frame: none(), later: none() };
    for (const { url, byScript, head, wire } of this.requests.values()) {
      if (!url.startsWith(obolusUrl)) continue;
      const isLoader = url.startsWith(`${obolusUrl}/client/`);
      const sum = kinds[byScript ? 'later' : isLoader ? 'loader' : 'frame'];
      sum.requests++;
      sum.body += Math.max(0, wire - head);
      sum.wire += wire;
    }
    return kinds;
  }

  // Types into the form as fingers do, in the order of the fields.
  async type(...texts) {
    const frame = this.frames.at(-1);
    const box = await this.page.evaluate(`(() => {
      const { left, top } = document.querySelector('#card iframe').getBoundingClientRect();
      return { left, top };
    })()`);
    const input = await frame.evaluate(`(() => {
      const { left, top } = document.querySelector('input').getBoundingClientRect();
      return { left, top };
    })()`);
    const at = { x: box.left + input.left + 20, y: box.top + input.top + 12 };
    for (const type of ['mousePressed', 'mouseReleased']) {
      const click = { type, ...at, button: 'left', clickCount: 1 };
      await this.page.send('Input.dispatchMouseEvent', click);
    }
    for (const [index, text] of texts.entries()) {
      if (index > 0) await this.#press('Tab', { key: 'Tab', windowsVirtualKeyCode: 9 });
      for (const digit of text) await this.#press(`Digit${digit}`, { key: digit, text: digit });
    }
  }

  async #press(code, key) {
    await this.page.send('Input.dispatchKeyEvent', { type: 'keyDown', code, ...key });
    await this.page.send('Input.dispatchKeyEvent', {
      type: 'keyUp',
      code,
      ...key,
      text: undefined,
    });
    await new Promise((resolve) => setTimeout(resolve, 60));
  }

  // Live objects of page and frame after a collection, in bytes.
  async heap() {
    let sum = 0;
    for (const session of [this.page, ...this.frames]) {
      await session.send('HeapProfiler.collectGarbage');
      sum += (await session.send('Runtime.getHeapUsage')).usedSize;
    }
    return sum;
  }
}
