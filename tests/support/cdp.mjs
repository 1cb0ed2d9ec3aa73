// A headless Chromium over the DevTools protocol itself, for measurements: frames of another site
// live in a process of their own, and only the raw protocol lets us slow down and watch that
// process from its first instruction. One pipe, flat sessions, one method. No dependency.
import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromiumPath } from './browser.mjs';

const kArguments = [
  '--headless',
  '--remote-debugging-pipe',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-extensions',
  '--disable-sync',
  '--disable-gpu',
  '--disable-quic',
  '--force-color-profile=srgb',
  '--hide-scrollbars',
  '--mute-audio',
  '--window-size=1280,900',
];

// A target that we are attached to. Emits the protocol's events by their names.
class Session extends EventEmitter {
  constructor(chromium, id) {
    super();
    Object.assign(this, { chromium, id });
  }

  send(method, params = {}) {
    return this.chromium.send(method, params, this.id);
  }

  // The value of an expression; a promise is waited for.
  async evaluate(expression) {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value;
  }
}

export class Chromium extends EventEmitter {
  static async start() {
    const chromium = new Chromium();
    chromium.profile = mkdtempSync(path.join(os.tmpdir(), 'obolus-chromium-'));
    const root = process.getuid() === 0 ? ['--no-sandbox'] : [];
    const args = [...kArguments, ...root, `--user-data-dir=${chromium.profile}`, 'about:blank'];
    const stdio = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'];
    chromium.child = spawn(chromiumPath(), args, { stdio });
    chromium.exited = new Promise((resolve) => chromium.child.once('exit', resolve));
    chromium.#listen();
    chromium.version = (await chromium.send('Browser.getVersion')).product;
    return chromium;
  }

  #next = 1;
  #calls = new Map();
  #sessions = new Map();

  #listen() {
    const [, , , input, output] = this.child.stdio;
    this.input = input.on('error', () => {});
    let parts = [];
    output.on('data', (chunk) => {
      let from = 0;
      for (let end = chunk.indexOf(0); end >= 0; end = chunk.indexOf(0, from)) {
        parts.push(chunk.subarray(from, end));
        this.#take(JSON.parse(Buffer.concat(parts).toString('utf8')));
        parts = [];
        from = end + 1;
      }
      parts.push(chunk.subarray(from));
    });
    this.exited.then(() => {
      for (const { reject } of this.#calls.values()) reject(new Error('Chromium ended'));
      this.#calls.clear();
    });
  }

  #take({ id, method, params, result, error, sessionId }) {
    if (id === undefined) {
      if (method === 'Target.attachedToTarget') {
        this.#sessions.set(params.sessionId, new Session(this, params.sessionId));
      }
      (sessionId ? this.#sessions.get(sessionId) : this)?.emit(method, params);
      return;
    }
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error) call?.reject(new Error(`${call.method}: ${error.message}`));
    else call?.resolve(result);
  }

  send(method, params = {}, sessionId = undefined) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { method, resolve, reject });
      this.input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  session(id) {
    return this.#sessions.get(id);
  }

  // A page in a context of its own, with an empty cache: {session, close}.
  async newPage() {
    const { browserContextId } = await this.send('Target.createBrowserContext');
    const { targetId } = await this.send('Target.createTarget', {
      url: 'about:blank',
      browserContextId,
    });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const close = () => this.send('Target.disposeBrowserContext', { browserContextId });
    return { session: this.session(sessionId), close };
  }

  async stop() {
    this.send('Browser.close').catch(() => {});
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    await this.exited;
    clearTimeout(timer);
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
