// Firefox by the protocol that it brings along, Marionette over TCP, which speaks WebDriver's
// commands. A Driver has the few moves that a shopper needs. No dependency; used by browsers.mjs.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { until } from '../support/client.mjs';
import { freePorts } from '../support/processes.mjs';

const kElement = 'element-6066-11e4-a52e-4f735466cecf';

class Driver {
  async find(css) {
    return until(
      css,
      async () => {
        try {
          return await this.command('FindElement', { using: 'css selector', value: css });
        } catch {
          return undefined;
        }
      },
      { timeoutMs: 20_000, everyMs: 100 },
    );
  }

  go(url) {
    return this.command('Navigate', { url });
  }

  // Into the frame that `css` finds in the page; without it, back to the page.
  async enter(css) {
    const element = css ? await this.find(css) : null;
    return this.command('SwitchToFrame', { id: element, element: element?.[kElement] ?? null });
  }

  async type(css, text) {
    const id = (await this.find(css))[kElement];
    return this.command('ElementSendKeys', { id, text });
  }

  async click(css) {
    return this.command('ElementClick', { id: (await this.find(css))[kElement] });
  }

  run(script, ...args) {
    return this.command('ExecuteScript', { script, args });
  }
}

export class Firefox extends Driver {
  static path = ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find((place) => existsSync(place));

  async start() {
    const [port] = await freePorts(1);
    this.profile = mkdtempSync(path.join(os.tmpdir(), 'obolus-firefox-'));
    const preferences = [
      `user_pref("marionette.port", ${port});`,
      'user_pref("datareporting.policy.dataSubmissionEnabled", false);',
      'user_pref("browser.shell.checkDefaultBrowser", false);',
    ];
    writeFileSync(path.join(this.profile, 'user.js'), preferences.join('\n'));
    const args = ['--marionette', '--headless', '--no-remote', '--profile', this.profile];
    this.child = spawn(Firefox.path, args, { stdio: 'ignore' });
    this.exited = new Promise((resolve) => this.child.once('exit', resolve));
    this.socket = await until('Marionette', () => connected(port), {
      timeoutMs: 60_000,
      everyMs: 200,
    });
    this.#listen();
    const { capabilities } = await this.command('NewSession', { capabilities: {} });
    return `Firefox ${capabilities.browserVersion}`;
  }

  #calls = new Map();

  // Messages are "length:[1, id, error, result]".
  #listen() {
    let rest = Buffer.alloc(0);
    this.socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      for (let colon = rest.indexOf(58); colon > 0; colon = rest.indexOf(58)) {
        const end = colon + 1 + Number(rest.subarray(0, colon));
        if (rest.length < end) return;
        const [, id, error, result] = [].concat(JSON.parse(rest.subarray(colon + 1, end)));
        rest = rest.subarray(end);
        const call = this.#calls.get(id);
        if (error) call?.reject(new Error(`${error.error}: ${error.message}`));
        else call?.resolve(result?.value === undefined ? result : result.value);
      }
    });
  }

  command(name, parameters) {
    const id = this.#calls.size + 1;
    const message = JSON.stringify([0, id, `WebDriver:${name}`, parameters]);
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.socket.write(`${Buffer.byteLength(message)}:${message}`);
    });
  }

  async stop() {
    this.socket?.destroy();
    this.child?.kill();
    await this.exited;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

function connected(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('error', () => resolve(undefined));
    socket.once('data', () => resolve(socket)); // it says hello first
  });
}
