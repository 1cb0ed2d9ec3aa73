// kill -9 of obolus at random moments while shoppers pay through the sandbox, and the account of
// it: every payment reaches exactly the end that its shopper asked for, no event is lost, and
// Commerce never sees a second outcome. `--store memory` shows that the account can be wrong: it
// must find losses.
//
//   node tests/e2e/kills.mjs [--kills 50] [--payments 500] [--shoppers 8] [--build build/release]
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { until } from '../support/client.mjs';
import { run } from '../support/processes.mjs';
import { kWishes, Shopper } from '../support/shopper.mjs';
import { ephemeralPorts, Stack } from '../support/stack.mjs';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    payments: { type: 'string', default: '500' },
    shoppers: { type: 'string', default: '8' },
    build: { type: 'string' },
    store: { type: 'string', default: 'sqlite' },
  },
});
const kKills = Number(values.kills);
const kPayments = Number(values.payments);
const isMutated = values.store === 'memory';
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];

// Shoppers take payments from one counter until all are made, and go on until the last kill, so
// that every kill meets payments under way. What came of each, in order.
async function payAll(stack, progress) {
  const outcomes = [];
  let next = 0;
  const shop = async () => {
    while (next < kPayments || progress.kills < kKills) {
      const wish = kWishes[next++ % kWishes.length];
      const shopper = new Shopper(stack, { patienceMs: isMutated ? 8_000 : 60_000 });
      try {
        const payment = await shopper.pay(wish);
        outcomes.push({ wish, ends: payment.processing.status, retries: shopper.retries });
      } catch (error) {
        outcomes.push({
          wish,
          ends: 'LOST',
          error: error.message.slice(0, 200),
          retries: shopper.retries,
        });
      }
      progress.done = outcomes.length;
    }
  };
  await Promise.all(Array.from({ length: Number(values.shoppers) }, shop));
  return outcomes;
}

// Kills once for each share of the payments, a random moment after that share was reached.
async function killNowAndThen(stack, progress) {
  const restarts = [];
  for (let kill = 0; kill < kKills; kill++) {
    const due = Math.floor((kill * kPayments) / kKills);
    await until(`payment ${due}`, () => progress.done >= due || progress.over, {
      timeoutMs: 300_000,
      everyMs: 2,
    });
    if (progress.over) break;
    await pause(Math.random() * 150);
    await stack.obolus.kill();
    progress.kills++;
    const began = performance.now();
    await stack.startObolus();
    restarts.push(performance.now() - began);
  }
  return { kills: progress.kills, restarts: restarts.sort((a, b) => a - b) };
}

// Outbox rows as the database has them, by status; none for the memory store.
function outboxRows(stack) {
  const file = path.join(stack.folder, 'data', 'obolus.db');
  const query =
    "SELECT coalesce(json_group_object(status, n), '{}') FROM " +
    '(SELECT status, count(*) AS n FROM events GROUP BY status)';
  const { status, stdout, stderr } = run('sqlite3', ['-readonly', file, query]);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

function faultsOf(outcomes, report, pending) {
  const faults = outcomes
    .filter(({ wish, ends }) => ends !== wish.ends)
    .map(({ wish, ends, error }) => `${wish.name}: ended ${ends}${error ? ` (${error})` : ''}`);
  for (const { rule, detail } of report.violations) faults.push(`${rule}: ${detail}`);
  if (report.unresolved_count > 0) faults.push(`${report.unresolved_count} payments never ended`);
  if (pending > 0) faults.push(`${pending} events were not delivered`);
  const expected = outcomes.reduce((sum, { wish }) => sum + (wish.choice ? 2 : 1), 0);
  if (report.events.accepted !== expected) {
    faults.push(`${report.events.accepted} events arrived, ${expected} were due`);
  }
  return faults;
}

function print(outcomes, report, { kills, restarts }) {
  const ends = {};
  for (const { wish, ends: end } of outcomes) {
    const key = `${wish.name} -> ${end}`;
    ends[key] = (ends[key] ?? 0) + 1;
  }
  const rows = [
    ['kill -9', kills],
    ['payments', outcomes.length],
    ...Object.entries(ends).sort(),
    ['events accepted', report.events.accepted],
    ['  delivered again', report.events.duplicates],
    ['  violations', report.violation_count],
    ['shopper retries', outcomes.reduce((sum, { retries }) => sum + retries, 0)],
    ['restart to ready p50', `${quantile(restarts, 0.5)?.toFixed(0) ?? '-'} ms`],
    ['restart to ready p99', `${quantile(restarts, 0.99)?.toFixed(0) ?? '-'} ms`],
    ['machine', `${os.cpus().length} x ${os.cpus()[0].model.trim()}`],
  ];
  for (const [name, value] of rows) console.log(`${name.padEnd(34)}${value}`);
}

async function main() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-kills-'));
  const stack = new Stack({
    folder,
    ports: await ephemeralPorts(),
    build: values.build,
    extra: { store: { kind: values.store } },
  });
  let faults = ['the run did not finish'];
  try {
    await stack.start();
    const progress = { done: 0, kills: 0, over: false };
    const killing = killNowAndThen(stack, progress);
    const outcomes = await payAll(stack, progress);
    progress.over = true;
    const kills = await killing;
    const pending = async () => {
      const answer = await fetch(`${stack.operatorUrl}/events?status=pending`);
      return (await answer.json()).events.length;
    };
    await until('an empty outbox', async () => (await pending()) === 0).catch(() => undefined);
    const report = await (await fetch(`${stack.shopUrl}/control/report`)).json();
    print(outcomes, report, kills);
    if (!isMutated) console.log(`${'outbox rows'.padEnd(34)}${JSON.stringify(outboxRows(stack))}`);
    faults = faultsOf(outcomes, report, await pending());
    if (kills.kills < kKills) faults.push(`only ${kills.kills} of ${kKills} kills took place`);
  } catch (error) {
    faults = [error.message];
  } finally {
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  for (const fault of faults.slice(0, 20)) console.error(`fault: ${fault}`);
  if (isMutated) {
    console.log(faults.length > 0 ? 'the account found the losses' : 'the account found NO loss');
    return faults.some((fault) => fault.includes('LOST')) ? 0 : 1;
  }
  console.log(faults.length === 0 ? 'kills: nothing lost, nothing twice' : 'kills: FAILED');
  return faults.length === 0 ? 0 : 1;
}

process.exit(await main());
