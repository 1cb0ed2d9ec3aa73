// One obolus of a test's own: temporary folder, certificates, a bridge stand-in, and a client for
// each listener whose every answer is held against the documents in api/.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Bridge } from './bridge.mjs';
import { encrypt, kCards, payload } from './card.mjs';
import { identity, request, until } from './client.mjs';
import { baseConfiguration, merged, newApiKey, writeToml } from './configuration.mjs';
import { assertDocumented } from './contracts.mjs';
import { freePorts, programPath, run } from './processes.mjs';
import { makeCertificates, startObolus } from './stack.mjs';

export const kShopOrigin = 'https://shop.example';

export class Obolus {
  // `extra`: configuration over the usual; its `tls` puts TLS on the shopper listener as well.
  // `environment`: of the program, beside our own. `shared`: {certs, apiKey, bridge} that replicas
  // have in common; whoever made them ends them.
  static async start({ tls = false, ...extra } = {}, environment = {}, shared = undefined) {
    const obolus = new Obolus();
    obolus.tls = tls;
    obolus.folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-test-'));
    obolus.shared = shared;
    obolus.certs = shared?.certs ?? makeCertificates(path.join(obolus.folder, 'certs'));
    obolus.apiKey = shared?.apiKey ?? newApiKey();
    obolus.bridge = shared?.bridge ?? (await Bridge.start(obolus.certs));
    // public_url has the shopper port, so ports are chosen here and not by the kernel.
    const [commerce, shopper, operator] = await freePorts(3);
    obolus.ports = { commerce, shopper, operator, bridge: obolus.bridge.port };
    obolus.configFile = path.join(obolus.folder, 'obolus.toml');
    const base = baseConfiguration({ ...obolus, shopOrigins: [kShopOrigin] });
    obolus.configuration = merged(base, extra);
    writeToml(obolus.configFile, obolus.configuration);
    await obolus.launch(environment);
    return obolus;
  }

  get shopperUrl() {
    return `${this.tls ? 'https' : 'http'}://localhost:${this.ports.shopper}`;
  }

  async launch(environment) {
    const { process, ready } = await startObolus(this.configFile, { environment });
    this.process = process;
    this.ready = ready;
  }

  // Ends everything and says whether it ended well. What was printed stays in `process.text`.
  async stop() {
    const exit = await this.process.stop();
    if (!this.shared) await this.bridge.stop();
    rmSync(this.folder, { recursive: true, force: true });
    return exit;
  }

  async restart() {
    await this.process.stop();
    await this.launch();
  }

  // A request to one listener. `as`: whose certificate (null: none), `key`: API key (null: none).
  async call(listener, method, target, options = {}) {
    const {
      as = 'commerce-client',
      key = this.apiKey,
      headers = {},
      body,
      documented = true,
      ...rest
    } = options;
    const isCommerce = listener === 'commerce';
    const url = {
      commerce: `https://localhost:${this.ports.commerce}`,
      shopper: this.shopperUrl,
      operator: `http://127.0.0.1:${this.ports.operator}`,
    }[listener];
    const answer = await request(url + target, {
      method,
      body,
      ...rest,
      headers: { ...(isCommerce && key ? { 'x-api-key': key } : {}), ...headers },
      tls: identity(this.certs, isCommerce ? as : null),
    });
    if (documented) assertDocumented(listener, method, target, answer);
    return answer;
  }

  commerce(method, target, options) {
    return this.call('commerce', method, target, options);
  }

  shopper(method, target, options) {
    return this.call('shopper', method, target, options);
  }

  operator(method, target, options) {
    return this.call('operator', method, target, options);
  }

  // A command of the CLI against this obolus: {status, stdout, stderr}.
  cli(...args) {
    return run(programPath('obolus'), [...args, '--config', this.configFile]);
  }

  // A command that needs no configuration.
  bareCli(...args) {
    return run(programPath('obolus'), args);
  }

  async openPayment(body = {}, options = {}) {
    const answer = await this.commerce('POST', '/sessions', {
      body: { type: 'payment', ...body },
      ...options,
    });
    assert.equal(answer.status, 201, answer.text);
    return answer.json;
  }

  async openChallenge(body = {}) {
    const challenge = { acs_url: 'https://acs.example/challenge', creq: 'eyJ0eXAiOiJDUmVxIn0' };
    const answer = await this.commerce('POST', '/sessions', {
      body: { type: '3ds', challenge, ...body },
    });
    assert.equal(answer.status, 201, answer.text);
    return { ...answer.json, path: new URL(answer.json.redirect_url).pathname };
  }

  async state(key) {
    const answer = await this.shopper('GET', `/sessions/${key}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
  }

  // The answer to complete-action with that compact JWE.
  complete(key, enc_payload) {
    const body = { action: 'tokenize_card', result: { enc_payload } };
    return this.shopper('POST', `/sessions/${key}/complete-action`, { body });
  }

  // Types a card as the frame does, and gives the answer.
  async pay(key, plaintext = payload(kCards.visa), options = {}) {
    const { data } = await this.state(key);
    return this.complete(key, await encrypt(data, plaintext, options));
  }

  // An event from Commerce in binary mode.
  event(type, data, { id, subject, source = 'https://commerce.example', ...options } = {}) {
    const headers = {
      'ce-specversion': '1.0',
      'ce-type': type,
      'ce-source': source,
      'ce-id': id ?? randomUUID(),
      'ce-time': new Date().toISOString(),
      'content-type': 'application/json',
      ...(subject ? { 'ce-subject': subject } : {}),
    };
    return this.commerce('POST', '/events', { headers, body: JSON.stringify(data), ...options });
  }

  // The sum of a metric's values over its label sets, or over those that have all of `labels`.
  async metric(name, labels = {}) {
    const { text } = await this.operator('GET', '/metrics');
    const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
    return text
      .split('\n')
      .filter(
        (line) =>
          new RegExp(`^${name}[{ ]`).test(line) && wanted.every((pair) => line.includes(pair)),
      )
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  async events(query = '') {
    return (await this.operator('GET', `/events${query}`)).json.events;
  }

  settled() {
    return until(
      'an empty outbox',
      async () => (await this.events('?status=pending')).length === 0,
    );
  }
}
