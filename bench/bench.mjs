// How fast Obolus is, beside programs that do the same work in the same run: a minimal program in
// C++, a Node service, nginx. Prints one table and writes it as JSON too. The ratios are the
// figures; the rest belongs to the machine. docs/performance.md says what each row means.
//
//   node bench/bench.mjs [--seconds 3] [--rounds 3] [--connections 128] [--only NAME,...]
//                        [--store postgres] [--full] [--smoke] [--write-docs] [--json FILE]
//                        [--build build/release]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { freePorts, kRoot } from '../tests/support/processes.mjs';
import { makeCertificates } from '../tests/support/stack.mjs';
import { drawChart } from './chart.mjs';
import { describeMachine } from './machine.mjs';
import { measureBacklog, measureEventDelay } from './measures/events.mjs';
import { measureGrowth, measureMemory, measureStart } from './measures/footprint.mjs';
import { measureFunctions } from './measures/functions.mjs';
import { measureOpenSession } from './measures/open_session.mjs';
import { measureReplicas } from './measures/replicas.mjs';
import { measureCards, measureShow } from './measures/shopper.mjs';
import { startProgram, startSink } from './programs.mjs';
import { printTable, writePage } from './report.mjs';

const kMeasures = {
  open: measureOpenSession,
  show: measureShow,
  cards: measureCards,
  delay: measureEventDelay,
  backlog: measureBacklog,
  memory: measureMemory,
  start: measureStart,
  growth: measureGrowth,
  functions: measureFunctions,
  replicas: measureReplicas,
};
const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    rounds: { type: 'string' },
    connections: { type: 'string' },
    only: { type: 'string' },
    store: { type: 'string', default: 'sqlite' },
    full: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    'write-docs': { type: 'boolean', default: false },
    json: { type: 'string', default: 'build/bench/results.json' },
    build: { type: 'string', default: 'build/release' },
  },
});

// PostgreSQL takes minutes more, so the everyday table leaves it out.
function chosen() {
  if (values.only) return values.only.split(',');
  if (values.store === 'postgres') return ['replicas'];
  const all = Object.keys(kMeasures);
  return values.full || values.smoke ? all : all.filter((name) => name !== 'replicas');
}

const kEveryday = {
  seconds: 3,
  rounds: 3,
  connections: 128,
  warm: 1,
  cards: { 'ECDH-ES': 6000, 'RSA-OAEP-256': 3000 },
  backlog: 10_000,
  openSessions: 100_000,
  starts: 5,
  sizes: [1_000, 100_000],
};
const kFull = {
  ...kEveryday,
  seconds: 5,
  rounds: 5,
  backlog: 50_000,
  sizes: [1_000, 100_000, 10_000_000],
};
// Only to see that everything runs; its figures mean nothing.
const kSmoke = {
  seconds: 0.3,
  rounds: 1,
  connections: 4,
  warm: 0,
  cards: { 'ECDH-ES': 20, 'RSA-OAEP-256': 20 },
  backlog: 50,
  openSessions: 500,
  starts: 1,
  sizes: [100, 1_000],
};

// What a measure needs to know and to start. Folders go when the run ends.
class Bench {
  constructor() {
    Object.assign(this, values.smoke ? kSmoke : values.full ? kFull : kEveryday);
    for (const name of ['seconds', 'rounds', 'connections']) {
      if (values[name]) this[name] = Number(values[name]);
    }
    this.smoke = values.smoke;
    this.build = values.build;
    mkdirSync(path.join(kRoot, 'build/bench'), { recursive: true });
    this.folder = mkdtempSync(path.join(kRoot, 'build/bench/run-'));
    this.count = 0;
  }

  newFolder(name) {
    return path.join(this.folder, `${name}-${this.count++}`);
  }

  removeFolder(folder) {
    rmSync(folder, { recursive: true, force: true });
  }

  start(name, options = {}) {
    return startProgram(name, { build: this.build, folder: this.newFolder(name), ...options });
  }

  // {port, certs} of a bridge that does not listen yet.
  async bridgeAddress() {
    this.certs ??= makeCertificates(path.join(this.folder, 'certs'), this.build);
    const [port] = await freePorts(1);
    return { port, certs: this.certs };
  }

  async startSink(address) {
    const { port, certs } = address ?? (await this.bridgeAddress());
    return startSink({ build: this.build, folder: this.newFolder('sink'), port, certs });
  }

  end() {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  say(text) {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  }
}

const bench = new Bench();
process.once('SIGINT', () => {
  bench.end();
  process.exit(130);
});
try {
  const machine = describeMachine();
  const rows = [];
  for (const name of chosen()) {
    if (!kMeasures[name]) throw new Error(`no measure "${name}": ${Object.keys(kMeasures)}`);
    rows.push(...(await kMeasures[name](bench)));
  }
  bench.say('');
  const { seconds, rounds, connections } = bench;
  const options = { store: values.store, seconds, rounds, connections, full: values.full };
  const result = { machine, options, rows };
  const table = printTable(result);
  process.stdout.write(table);
  const json = path.resolve(kRoot, values.json);
  mkdirSync(path.dirname(json), { recursive: true });
  writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
  if (values['write-docs']) {
    writeFileSync(path.join(kRoot, 'docs/bench.svg'), drawChart(result));
    writePage(path.join(kRoot, 'docs/performance.md'), table, 'bench.svg');
  }
} finally {
  bench.end();
}
