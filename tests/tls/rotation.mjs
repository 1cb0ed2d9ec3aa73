// Certificates and API keys are replaced under load: those of the listeners, the authority of the
// clients (old and new side by side for a while), our client certificate to the event bridge, and
// the callers' API key. Callers go on all the while, over connections that stay and over new ones;
// no call may fail, every event must arrive, and all that was new must have been seen by the other
// side. Ends with 1 when any of it is not so.
//
//   node tests/tls/rotation.mjs [--rotations 20] [--callers 4]
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Bridge } from '../support/bridge.mjs';
import { request, until } from '../support/client.mjs';
import { newApiKey } from '../support/configuration.mjs';
import { Obolus } from '../support/obolus.mjs';
import { programPath, run } from '../support/processes.mjs';
import { Authority } from './authority.mjs';
import { commonName, extensions } from './der.mjs';

const { values } = parseArgs({
  options: {
    rotations: { type: 'string', default: '20' },
    callers: { type: 'string', default: '4' },
  },
});
const kRotations = Number(values.rotations);
const kCallers = Number(values.callers);

const server = (authority) =>
  authority.issue({
    subject: commonName('localhost'),
    extra: [
      extensions.leaf(),
      extensions.keyUsage(0x80),
      extensions.usages('serverAuth'),
      extensions.dnsNames('localhost'),
    ],
  });

class World {
  static async start() {
    const world = new World();
    world.folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-rotation-'));
    world.root = new Authority('Rotation Root');
    world.clients = new Authority('Rotation Clients 0');
    world.write('ca.pem', world.root.pem);
    world.write('clients.pem', world.clients.pem);
    world.put('obolus-server', server(world.root));
    world.put('bridge-server', server(world.root));
    world.putBridgeClient(0);
    world.caller = world.clients.leaf();
    world.key = world.createKey();
    const bridge = await Bridge.start(world.folder);
    world.bridge = bridge;
    world.obolus = await Obolus.start(
      {
        tls: true,
        reload_interval_s: 0,
        commerce: {
          api_keys_file: world.file('keys.json'),
          tls: { client_ca: world.file('clients.pem') },
        },
      },
      {},
      { certs: world.folder, apiKey: newApiKey(), bridge },
    );
    return world;
  }

  file(name) {
    return path.join(this.folder, name);
  }

  write(name, text) {
    writeFileSync(`${this.file(name)}.new`, text, { mode: 0o600 });
    renameSync(`${this.file(name)}.new`, this.file(name));
  }

  put(name, issued) {
    this.write(`${name}.pem`, issued.chain);
    this.write(`${name}.key`, issued.keyPem);
  }

  putBridgeClient(number) {
    const title = `obolus-${number}`;
    this.put('obolus-client', this.root.leaf({ subject: commonName(title), names: [title] }));
  }

  apikey(...args) {
    const all = ['apikey', ...args, '--file', this.file('keys.json')];
    const { status, stdout, stderr } = run(programPath('obolus'), all);
    if (status !== 0) throw new Error(`obolus apikey ${args[0]}: ${stderr}`);
    return stdout;
  }

  createKey() {
    return JSON.parse(this.apikey('create', '--json', '--name', 'commerce')).key;
  }

  async reload() {
    const { json } = await this.obolus.operator('POST', '/reload');
    if (json.failed > 0) throw new Error(`reload: ${JSON.stringify(json)}`);
  }

  async stop() {
    await this.obolus.stop();
    await this.bridge.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

// Opens a session and cancels it, which makes an event. With `keeps` over a connection that stays,
// until there is another identity to come with.
class Caller {
  constructor(world, keeps) {
    Object.assign(this, { world, keeps, calls: 0, connections: 0, errors: [], stopping: false });
    this.done = this.run();
  }

  async run() {
    while (!this.stopping) {
      try {
        await this.call();
        this.calls++;
      } catch (error) {
        this.errors.push(error.message);
      }
    }
    this.agent?.destroy();
  }

  async call() {
    const { world } = this;
    const { caller, key } = world;
    if (!this.keeps || this.caller !== caller) {
      this.agent?.destroy();
      this.agent = new https.Agent({ keepAlive: this.keeps, maxSockets: 1 });
      this.caller = caller;
      this.connections++;
    }
    const answer = await request(`https://localhost:${world.obolus.ports.commerce}/sessions`, {
      method: 'POST',
      agent: this.agent,
      body: { type: 'payment' },
      headers: { 'x-api-key': key },
      tls: { ca: world.root.pem, cert: caller.chain, key: caller.keyPem },
    });
    this.seen = { caller, key };
    if (answer.status !== 201) throw new Error(`POST /sessions: ${answer.status} ${answer.text}`);
    const session = `${world.obolus.shopperUrl}/sessions/${answer.json.session_key}`;
    const state = await request(session, { tls: { ca: world.root.pem } });
    if (state.status !== 200) throw new Error(`GET session: ${state.status}`);
    const { terminal_id } = answer.json;
    const ended = await world.obolus.operator('POST', `/sessions/${terminal_id}/cancel`);
    if (ended.status !== 200) throw new Error(`cancel: ${ended.status} ${ended.text}`);
  }
}

// Until every caller has come with what is new.
const allUse = (callers, what) =>
  until('every caller to use what is new', () =>
    callers.every(({ seen }) => Object.keys(what).every((name) => seen?.[name] === what[name])),
  );

async function rotate(world, callers, number) {
  world.put('obolus-server', server(world.root));
  world.putBridgeClient(number);
  const next = new Authority(`Rotation Clients ${number}`);
  world.write('clients.pem', world.clients.pem + next.pem);
  const old = JSON.parse(world.apikey('list', '--json')).keys[0];
  const key = world.createKey();
  await world.reload();
  Object.assign(world, { caller: next.leaf(), key, clients: next });
  await allUse(callers, { caller: world.caller, key });
  world.apikey('revoke', old.sha256.slice(0, 16));
  world.write('clients.pem', next.pem);
  await world.reload();
  await until(`an event from obolus-${number}`, () =>
    world.bridge.deliveries.some(({ common_name }) => common_name === `obolus-${number}`),
  );
}

const world = await World.start();
const faults = [];
const callers = Array.from({ length: kCallers }, (_, i) => new Caller(world, i % 2 === 0));
try {
  for (let number = 1; number <= kRotations; number++) await rotate(world, callers, number);
} catch (error) {
  faults.push(error.message);
}
for (const caller of callers) caller.stopping = true;
await Promise.all(callers.map(({ done }) => done));
await world.obolus.settled();
const sum = (name) => callers.reduce((total, caller) => total + caller[name], 0);
const errors = callers.flatMap((caller) => caller.errors);
const calls = sum('calls');
const refused = world.bridge.refusedHandshakes;
if (errors.length > 0) faults.push(`${errors.length} calls failed: ${errors[0]}`);
if (calls < kRotations) faults.push(`only ${calls} calls`);
if (world.bridge.events.length !== calls) {
  faults.push(`${world.bridge.events.length} of ${calls} events arrived`);
}
if (refused > 0) faults.push(`the bridge refused ${refused} handshakes`);
await world.stop();
console.log(
  `${kRotations} rotations each of server certificate, client authority, bridge certificate and ` +
    `API key; ${calls} calls over ${sum('connections')} connections, ${errors.length} errors; ` +
    `${world.bridge.events.length} events`,
);
for (const fault of faults) console.log(`FAULT: ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;
