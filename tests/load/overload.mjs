// Three times as many requests as can be served: what is served stays close to the maximum, the
// rest is told at once to come later, health answers, memory is bounded, and afterwards all is as
// before. The maximum is measured first, closed loop, with the same driver on the same cores:
// obolus on the first half of them, the driver on the others, for else each would take the
// other's. Ends with 1 when any of it is not so. `--noisy`: the machine is busy with other things,
// so the share that is served is shown and not judged.
//
//   node tests/load/overload.mjs [--seconds 8] [--connections 2048] [--max-requests 1024]
//     [--noisy] [--build build/release]
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { kOpenBody, rawRequest } from '../../bench/load.mjs';
import { startProgram } from '../../bench/programs.mjs';
import { machine, pause, quantile } from '../support/account.mjs';
import { request } from '../support/client.mjs';
import { kRoot, run } from '../support/processes.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    connections: { type: 'string', default: '2048' },
    'max-requests': { type: 'string', default: '1024' },
    noisy: { type: 'boolean', default: false },
    build: { type: 'string', default: process.env.OBOLUS_BUILD ?? 'build/dev' },
  },
});
const kSeconds = Number(values.seconds);
const kTimes = 3;
const kMostMb = 512;
const kLimits = values.noisy
  ? { goodput: 0, healthMs: 5_000, shedMs: Infinity }
  : { goodput: 0.8, healthMs: 250, shedMs: 1_000 };

// Halves of the cores, as taskset takes them; all for both where there is one.
function halves() {
  const count = os.cpus().length;
  if (count < 2) return ['0', '0'];
  const half = Math.floor(count / 2);
  return [`0-${half - 1}`, `${half}-${count - 1}`];
}
const [kOurCores, kDriverCores] = halves();

// What load_driver prints. `rate` 0: closed loop.
function drive(program, { connections, rate = 0, seconds = kSeconds }) {
  const file = path.join(program.folder, 'requests');
  const text = rawRequest(program, 'POST', '/sessions', kOpenBody);
  writeFileSync(file, `${Buffer.byteLength(text)}\n${text}`);
  const driver = path.resolve(kRoot, values.build, 'bench/load_driver');
  const args = ['-c', kDriverCores, driver, program.port, connections, file];
  args.push('--rate', rate, '--seconds', seconds, '--warm', 1);
  return new Promise((resolve, reject) => {
    const child = spawn('taskset', args.map(String), { stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => (printed += chunk));
    }
    child.once('error', reject);
    child.once('exit', (code) => {
      const result = /\{"requests".*\}/.exec(printed);
      if (code !== 0 || !result) return reject(new Error(`load_driver: ${printed}`));
      resolve({ text: printed, ...JSON.parse(result[0]) });
    });
  });
}

// Health and memory of the program until `stop()`.
function observe(program) {
  const seen = { healthMs: [], readyMs: [], worst: 200, peakMb: 0 };
  let over = false;
  const ask = async (target, times) => {
    const began = performance.now();
    const url = `http://127.0.0.1:${program.operatorPort}${target}`;
    const answer = await request(url, { timeoutMs: 20_000 });
    times.push(performance.now() - began);
    seen.worst = Math.max(seen.worst, answer.status);
  };
  const looking = (async () => {
    for (let round = 0; !over; round++) {
      await ask('/healthz', seen.healthMs);
      if (round % 10 === 0) await ask('/readyz', seen.readyMs);
      seen.peakMb = Math.max(seen.peakMb, program.rssMb());
      await pause(20);
    }
  })();
  return async () => {
    over = true;
    await looking;
    return seen;
  };
}

async function metric(program, name) {
  const answer = await request(`http://127.0.0.1:${program.operatorPort}/metrics`);
  const line = answer.text.split('\n').find((text) => text.startsWith(`${name}{listener="comm`));
  return Number(line.slice(line.lastIndexOf(' ')));
}

function judge({ most, over, after, seen, counted }) {
  const faults = [];
  const goodput = over.requests / over.seconds / (most.requests / most.seconds);
  if (most.failed + most.shed > 0) faults.push(`below the limit: ${most.text}`);
  if (over.failed > 0) faults.push(`${over.failed} other answers: ${over.text.slice(0, 300)}`);
  if (over.shed === 0) faults.push('nothing was shed, so it was no overload');
  if (counted < over.shed) faults.push(`${over.shed} were shed, ${counted} are counted`);
  if (goodput < kLimits.goodput) faults.push(`goodput fell to ${(100 * goodput).toFixed(0)} %`);
  if (over.shed_p99_us / 1000 > kLimits.shedMs) faults.push(`shed in ${over.shed_p99_us} us`);
  if (seen.worst !== 200) faults.push(`health answered ${seen.worst}`);
  if (quantile(seen.healthMs, 0.99) > kLimits.healthMs) faults.push('health was slow');
  if (seen.peakMb > kMostMb) faults.push(`${seen.peakMb} MB`);
  if (after.failed + after.shed > 0) faults.push(`afterwards: ${after.text}`);
  return { goodput, faults };
}

function print({ most, over, after, seen, goodput, idleMb }) {
  const perSecond = ({ requests, seconds }) => `${(requests / seconds).toFixed(0)}/s`;
  const ms = (us) => `${(us / 1000).toFixed(1)} ms`;
  const asked = over.requests + over.shed + over.unsent;
  const rows = [
    ['maximum, closed loop', `${perSecond(most)}, p99 ${ms(most.p99_us)}`],
    ['asked for', `${kTimes} x that, over ${values.connections} connections`],
    ['served', `${perSecond(over)}, ${(100 * goodput).toFixed(0)} % of the maximum`],
    ['  p50, p99', `${ms(over.p50_us)}, ${ms(over.p99_us)}`],
    ['503 with Retry-After', `${((100 * over.shed) / asked).toFixed(0)} % of those asked`],
    ['  p99', ms(over.shed_p99_us)],
    ['not even sent by the driver', `${((100 * over.unsent) / asked).toFixed(0)} %`],
    ['other answers', over.failed],
    ['/healthz p99', `${quantile(seen.healthMs, 0.99).toFixed(1)} ms`],
    ['/readyz, slowest', `${Math.max(...seen.readyMs).toFixed(1)} ms`],
    ['memory before, at most', `${idleMb.toFixed(0)} MB, ${seen.peakMb.toFixed(0)} MB`],
    ['afterwards', `${perSecond(after)}, p99 ${ms(after.p99_us)}`],
    ['cores', `obolus ${kOurCores}, driver ${kDriverCores}`],
    ['machine', machine()],
  ];
  for (const [name, value] of rows) console.log(`${name.padEnd(34)}${value}`);
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-overload-'));
const maxRequests = Number(values['max-requests']);
const program = await startProgram('obolus', {
  build: values.build,
  folder: path.join(folder, 'obolus'),
  extra: { commerce: { max_requests: maxRequests } },
});
let faults = ['the run did not finish'];
try {
  program.operatorPort = JSON.parse(
    readFileSync(program.log, 'utf8')
      .split('\n')
      .find((line) => line.includes('"ready"')),
  ).operator_port;
  run('taskset', ['-apc', kOurCores, String(program.pid)]);
  const idleMb = program.rssMb();
  const few = Math.min(64, maxRequests);
  const runs = [];
  for (const connections of new Set([few, maxRequests])) {
    runs.push(await drive(program, { connections }));
  }
  const most = runs.reduce((best, next) => (next.requests > best.requests ? next : best));
  const stop = observe(program);
  const rate = (kTimes * most.requests) / most.seconds;
  const over = await drive(program, { connections: Number(values.connections), rate });
  const seen = await stop();
  const counted = await metric(program, 'obolus_requests_shed_total');
  const after = await drive(program, { connections: few, seconds: 1 });
  const judged = judge({ most, over, after, seen, counted });
  faults = judged.faults;
  print({ most, over, after, seen, idleMb, goodput: judged.goodput });
} catch (error) {
  faults = [error.message];
} finally {
  await program.discard();
  rmSync(folder, { recursive: true, force: true });
}
for (const fault of faults) console.error(`fault: ${fault}`);
console.log(faults.length === 0 ? 'overload: as promised' : 'overload: FAILED');
process.exit(faults.length === 0 ? 0 : 1);
