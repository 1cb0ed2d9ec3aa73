// Durable POST /sessions a second: Obolus beside the minimal program of minimal_server.cpp, in
// turn, in one run, over plain loopback HTTP under the same load from wrk. Both store the same
// rows: the minimal program takes the schema of src/storage/sql, and documents as long as Obolus
// wrote. Prints a table, and JSON with --json FILE. The ratio is the figure; the rest belongs to
// the machine.
//
//   node tests/bench/bench.mjs [--seconds 6] [--rounds 5] [--connections 128] [--json FILE]
import { openSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawn, spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { baseConfiguration, merged, newApiKey, writeToml } from '../support/configuration.mjs';
import { freePorts, kRoot, programPath, run } from '../support/processes.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '6' },
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '128' },
    build: { type: 'string', default: 'build/release' },
    json: { type: 'string' },
  },
});
const kSchema = path.join(kRoot, 'src/storage/sql/0001_initial.sql');
const kScript = path.join(kRoot, 'tests/bench/open_session.lua');
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket.destroy() && true));
    socket.once('error', () => resolve(false));
  });
}

// Starts a program with its output in a file, and waits until its port answers.
async function launch(file, args, port, log) {
  const out = openSync(log, 'a');
  const child = spawn('/usr/bin/setpriv', ['--pdeathsig', 'KILL', '--', file, ...args], {
    stdio: ['ignore', out, out],
  });
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries > 200 || child.exitCode !== null)
      throw new Error(`${file} did not start: ${readFileSync(log, 'utf8')}`);
    await pause(25);
  }
  return child;
}

async function stop(child) {
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}

async function startObolus(folder, port, apiKey) {
  mkdirSync(folder, { mode: 0o700 });
  const [shopper, operator, bridge] = await freePorts(3);
  const ports = { commerce: port, shopper, operator, bridge };
  const configuration = merged(baseConfiguration({ folder, certs: folder, ports, apiKey }), {
    commerce: { require: 'api_key', tls: { mode: 'off' } },
    bridge: { certificate: '', key: '', ca: '' },
  });
  const file = path.join(folder, 'obolus.toml');
  writeToml(file, configuration);
  const program = programPath('obolus', values.build);
  const log = path.join(folder, 'obolus.log');
  return launch(program, ['serve', '--config', file], port, log);
}

async function startMinimal(folder, port, documentBytes) {
  mkdirSync(folder, { mode: 0o700 });
  const program = path.resolve(kRoot, values.build, 'tests/bench/minimal_server');
  const database = path.join(folder, 'minimal.db');
  const args = [port, database, kSchema, documentBytes].map(String);
  return launch(program, args, port, path.join(folder, 'minimal.log'));
}

function load(port, apiKey, seconds) {
  const args = ['-t1', `-c${values.connections}`, `-d${seconds}s`, '--latency', '-s', kScript];
  const { stdout, stderr, status } = spawnSync(
    'wrk',
    [...args, `http://127.0.0.1:${port}/sessions`],
    {
      encoding: 'utf8',
      env: { ...process.env, BENCH_API_KEY: apiKey },
    },
  );
  const result = /RESULT (\{.*\})/.exec(stdout ?? '');
  if (status !== 0 || !result) throw new Error(`wrk failed: ${stdout}${stderr}`);
  const { requests, duration_us, p50_us, p99_us, failed } = JSON.parse(result[1]);
  if (failed > 0) throw new Error(`${failed} requests failed`);
  return {
    perSecond: requests / (duration_us / 1e6),
    p50Ms: p50_us / 1000,
    p99Ms: p99_us / 1000,
    requests,
  };
}

function query(database, sql) {
  const { stdout, status, stderr } = run('sqlite3', ['-readonly', database, sql]);
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}

// Each round has both programs on fresh databases, so that neither inherits the other's pages.
async function round(folder, number, documentBytes) {
  const apiKey = newApiKey();
  const results = {};
  const [port] = await freePorts(1);
  for (const name of number % 2 === 0 ? ['obolus', 'minimal'] : ['minimal', 'obolus']) {
    const home = path.join(folder, `${name}-${number}`);
    const child =
      name === 'obolus'
        ? await startObolus(home, port, apiKey)
        : await startMinimal(home, port, results.documentBytes ?? documentBytes);
    load(port, apiKey, 1);
    const cpu = cpuSeconds(child.pid);
    results[name] = load(port, apiKey, Number(values.seconds));
    results[name].cpuUs = ((cpuSeconds(child.pid) - cpu) * 1e6) / results[name].requests;
    await stop(child);
    const database = path.join(home, name === 'obolus' ? 'data/obolus.db' : 'minimal.db');
    const rows = query(database, 'SELECT count(*) FROM sessions');
    if (rows < results[name].requests) throw new Error(`${name} lost rows`);
    if (name === 'obolus') {
      results.documentBytes = query(database, 'SELECT round(avg(length(document))) FROM sessions');
    }
    rmSync(home, { recursive: true });
  }
  return results;
}

function cpuSeconds(pid) {
  const { stdout } = run('cat', [`/proc/${pid}/stat`]);
  const fields = stdout.slice(stdout.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function print(rounds) {
  const columns = [
    'obolus/s',
    'minimal/s',
    'ratio',
    'p50 ms',
    'p99 ms',
    'cpu µs',
    'minimal cpu µs',
  ];
  const line = (name, cells) =>
    console.log(name.padEnd(6) + cells.map((cell) => String(cell).padStart(15)).join(''));
  const { length, 0: cpu } = os.cpus();
  console.log(
    `durable POST /sessions, ${values.connections} connections, ${values.seconds} s each`,
  );
  console.log(`machine: ${length} x ${cpu.model}, load ${os.loadavg()[0].toFixed(1)}\n`);
  line('round', columns);
  rounds.forEach(({ obolus, minimal }, index) =>
    line(String(index + 1), [
      obolus.perSecond.toFixed(0),
      minimal.perSecond.toFixed(0),
      (obolus.perSecond / minimal.perSecond).toFixed(2),
      ...[obolus.p50Ms, obolus.p99Ms, obolus.cpuUs, minimal.cpuUs].map((n) => n.toFixed(1)),
    ]),
  );
  const ratio = median(rounds.map((round) => round.obolus.perSecond / round.minimal.perSecond));
  console.log(`\nratio, median of ${rounds.length} pairs: ${ratio.toFixed(2)}`);
  return ratio;
}

const folder = mkdtempSync(path.resolve(kRoot, values.build, 'bench-'));
try {
  const rounds = [];
  let documentBytes = 400;
  for (let number = 0; number < Number(values.rounds); number++) {
    const results = await round(folder, number, documentBytes);
    documentBytes = results.documentBytes;
    rounds.push(results);
  }
  const ratio = print(rounds);
  if (values.json) writeFileSync(values.json, JSON.stringify({ ratio, rounds }, null, 2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
