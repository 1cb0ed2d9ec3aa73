// obolus and obolus-sandbox beside each other, as the demo, the browser checks and the kill
// campaign need them: certificates made, ports chosen, configuration written, both ready, both
// stopped in order.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { baseConfiguration, merged, newApiKey, writeToml } from './configuration.mjs';
import { freePorts, programPath, run, start } from './processes.mjs';

export const kPortNames = ['shop', 'bridge', 'commerce', 'shopper', 'operator'];

export async function ephemeralPorts() {
  const ports = await freePorts(kPortNames.length);
  return Object.fromEntries(kPortNames.map((name, index) => [name, ports[index]]));
}

export function makeCertificates(folder, build) {
  const { status, stderr } = run(programPath('obolus', build), ['certs', 'dev', folder]);
  if (status !== 0) throw new Error(`obolus certs dev failed (${status}):\n${stderr}`);
  return folder;
}

// Starts `obolus serve` with that configuration. Returns {process, ready}.
export async function startObolus(configFile, { timeoutMs, ...options } = {}) {
  const process = launchObolus(configFile, options);
  return { process, ready: await process.event('ready', timeoutMs) };
}

// The same without waiting.
export function launchObolus(configFile, { build, environment } = {}) {
  const args = ['serve', '--config', configFile];
  return start('obolus', programPath('obolus', build), args, { environment });
}

export class Stack {
  // `folder` is made when missing. `tls`: the browser's side too. `guardian`: {port, key} of the
  // sandbox's stand-in for it. `charge`: the sandbox's processor has each card forwarded to it.
  constructor({ folder, ports, tls = false, build, extra = {}, acsHost = 'localhost', ...more }) {
    Object.assign(this, { folder, ports, tls, build, extra, acsHost, ...more });
    this.apiKey = newApiKey();
    this.certs = path.join(folder, 'certs');
    this.configFile = path.join(folder, 'obolus.toml');
  }

  // Certificates and the configuration file.
  prepare() {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    makeCertificates(this.certs, this.build);
    const scheme = this.tls ? 'https' : 'http';
    this.shopUrl = `${scheme}://127.0.0.1:${this.ports.shop}`;
    this.shopperUrl = `${scheme}://localhost:${this.ports.shopper}`;
    this.operatorUrl = `http://127.0.0.1:${this.ports.operator}`;
    const base = baseConfiguration({ ...this, shopOrigins: [this.shopUrl] });
    const forward = this.charge ? { forward: { destinations: [this.chargeDestination()] } } : {};
    writeToml(this.configFile, merged(merged(base, forward), this.extra));
    return this;
  }

  // Where the sandbox's processor takes cards.
  chargeDestination() {
    const file = (name) => path.join(this.certs, name);
    return {
      origin: `https://localhost:${this.ports.bridge}`,
      path_prefix: '/charges',
      internal: true,
      ca: file('ca.pem'),
      certificate: file('obolus-client.pem'),
      key: file('obolus-client.key'),
    };
  }

  async start() {
    this.prepare();
    await this.startObolus();
    await this.startSandbox();
    return this;
  }

  async startObolus({ environment, timeoutMs } = {}) {
    this.obolus = launchObolus(this.configFile, { build: this.build, environment });
    return this.obolus.event('ready', timeoutMs);
  }

  async startSandbox() {
    const args = [
      'serve',
      '--port',
      this.ports.shop,
      '--bridge-port',
      this.ports.bridge,
      '--commerce-url',
      `https://localhost:${this.ports.commerce}`,
      '--shopper-url',
      this.shopperUrl,
      '--operator-url',
      this.operatorUrl,
      '--api-key',
      this.apiKey,
      '--certs',
      this.certs,
      '--acs-host',
      this.acsHost,
    ].map(String);
    if (this.tls) args.push('--tls');
    if (this.charge) args.push('--charge');
    if (this.guardian) {
      const { port, key } = this.guardian;
      args.push('--guardian-port', String(port), '--guardian-key', key);
    }
    this.sandbox = start('obolus-sandbox', programPath('obolus-sandbox', this.build), args);
    return this.sandbox.event('ready');
  }

  // obolus first, so that it can still deliver while it drains. The exits by name.
  async stop() {
    const exits = {};
    for (const name of ['obolus', 'sandbox']) {
      if (this[name]) exits[name] = await this[name].stop();
    }
    return exits;
  }
}
