// Memory with many open sessions, time from start to ready, and what a request costs when the
// store has grown by orders of magnitude.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { kRoot } from '../../tests/support/processes.mjs';
import { drive, kOpenBody, rawRequest, runWrk } from '../load.mjs';
import { isInstalled, kTitles } from '../programs.mjs';
import { atMost, obolusAtMost, rotated, row } from '../rows.mjs';

const kGrowth = 1.3;

export async function measureMemory(bench) {
  const pair = [];
  for (const name of ['obolus', 'grouped'].filter(isInstalled)) {
    bench.say(`memory with ${bench.openSessions} open sessions: ${kTitles[name]}`);
    const program = await bench.start(name);
    const request = rawRequest(program, 'POST', '/sessions', kOpenBody);
    await drive(bench, program, [request], { count: bench.openSessions });
    pair.push(program.rssMb());
    await program.discard();
  }
  return [
    row({
      id: 'memory',
      what: `resident, ${bench.openSessions} open sessions`,
      unit: 'MB',
      pairs: [pair],
      beside: kTitles.grouped,
      target: obolusAtMost(150),
    }),
  ];
}

async function timeStart(bench, name, folder) {
  const program = await bench.start(name, { folder });
  await program.stop();
  return program.readyMs;
}

export async function measureStart(bench) {
  bench.say('start to ready, empty');
  const names = ['obolus', 'each'].filter(isInstalled);
  const first = [];
  const again = [];
  for (let number = 0; number < bench.starts; number++) {
    const times = { first: {}, again: {} };
    for (const name of rotated(names, number)) {
      const folder = bench.newFolder(name);
      times.first[name] = await timeStart(bench, name, folder);
      times.again[name] = await timeStart(bench, name, folder);
      bench.removeFolder(folder);
    }
    first.push([times.first.obolus, times.first.each]);
    again.push([times.again.obolus, times.again.each]);
  }
  const what = 'start to ready, no sessions';
  const common = { unit: 'ms', beside: 'Node' };
  return [
    row({ ...common, id: 'start.empty', what, pairs: again, target: obolusAtMost(100) }),
    row({ ...common, id: 'start.first', what: `${what}, making its keys`, pairs: first }),
  ];
}

// A folder in which Obolus finds so many sessions.
function fill(bench, sessions) {
  const folder = bench.newFolder(`filled-${sessions}`);
  mkdirSync(path.join(folder, 'data'), { recursive: true, mode: 0o700 });
  const file = path.resolve(kRoot, bench.build, 'bench/fill_store');
  const args = [path.join(folder, 'data/obolus.db'), String(sessions)];
  const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`fill_store: ${stderr}`);
  return folder;
}

async function measureSize(bench, folder) {
  const program = await bench.start('obolus', { folder });
  const load = { body: kOpenBody, connections: bench.connections };
  if (bench.warm > 0) await runWrk(program, { ...load, seconds: bench.warm });
  const cpu = program.cpuUs();
  const { perSecond, requests } = await runWrk(program, { ...load, seconds: bench.seconds });
  const result = { perSecond, cpuUs: (program.cpuUs() - cpu) / requests };
  await program.stop();
  return result;
}

export async function measureGrowth(bench) {
  const folders = new Map();
  for (const size of bench.sizes) {
    bench.say(`writing ${size} sessions`);
    folders.set(size, fill(bench, size));
  }
  const rounds = [];
  const starts = [];
  const largest = bench.sizes.at(-1);
  for (let number = 0; number < bench.rounds; number++) {
    const round = {};
    for (const size of rotated(bench.sizes, number)) {
      bench.say(`POST /sessions with ${size} stored, round ${number + 1}`);
      round[size] = await measureSize(bench, folders.get(size));
    }
    rounds.push(round);
    starts.push([await timeStart(bench, 'obolus', folders.get(largest))]);
  }
  for (const folder of folders.values()) bench.removeFolder(folder);
  const [smallest, ...larger] = bench.sizes;
  const rows = larger.flatMap((size) => [
    row({
      id: `growth.cpu.${size}`,
      what: `processor time of a POST, ${size} stored`,
      unit: 'µs',
      pairs: rounds.map((round) => [round[size].cpuUs, round[smallest].cpuUs]),
      beside: `with ${smallest} stored`,
      target: atMost(kGrowth),
    }),
    row({
      id: `growth.rate.${size}`,
      what: `durable POST /sessions, ${size} stored`,
      unit: '/s',
      pairs: rounds.map((round) => [round[size].perSecond, round[smallest].perSecond]),
      beside: `with ${smallest} stored`,
    }),
  ]);
  const what = `start to ready, ${largest} sessions`;
  const target = obolusAtMost(1000);
  return [...rows, row({ id: 'start.filled', what, unit: 'ms', pairs: starts, target })];
}
