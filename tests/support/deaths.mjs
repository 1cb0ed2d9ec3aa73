// Lets obolus die again and again while shoppers pay, and keeps the account of it. A death is a
// kill -9 from outside at a random moment, or one that obolus brings upon itself as
// OBOLUS_FAULT_PLAN says (src/main/fault_plan.h). Used by the kill campaign and tests/faults.
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { closeAccount, databaseOf, faultsOf, outboxRows, payAll, pause } from './account.mjs';
import { until } from './client.mjs';
import { run } from './processes.mjs';
import { ephemeralPorts, Stack } from './stack.mjs';

const kLongestWaitMs = 10_000; // for a plan's moment; then it is killed from outside

class Deaths {
  // `plans`: one a death; null: from outside. `payments` are spread over the latter.
  constructor(stack, { plans, payments, inspect }) {
    Object.assign(this, { stack, plans, inspect, restarts: [], count: 0 });
    this.share = payments / plans.length;
    this.unreached = 0; // the plan's moment did not come
    this.inStart = 0; // died before it was ready
    this.done = 0;
    this.over = false;
  }

  // One after the other, and obolus runs in the end.
  async run() {
    for (const [index, plan] of this.plans.entries()) {
      if (plan !== null) await this.#begin(plan, index);
      if (this.over) return;
      await (plan === null ? this.#killLater(index) : this.#awaitDeath());
      this.count++;
      if (this.inspect) this.inspect(this.stack);
      if (this.plans[index + 1] === undefined || this.plans[index + 1] === null) {
        await this.#restart();
      }
    }
  }

  async #begin(plan, index) {
    if (index === 0) await this.stack.obolus.kill();
    await this.#restart({ OBOLUS_FAULT_PLAN: plan });
  }

  async #restart(environment) {
    const began = performance.now();
    try {
      await this.stack.startObolus({ environment, timeoutMs: 60_000 });
      this.restarts.push(performance.now() - began);
    } catch (error) {
      if (!environment || this.stack.obolus.exit?.signal !== 'SIGKILL') throw error;
      this.inStart++;
    }
  }

  async #killLater(index) {
    const due = Math.floor(index * this.share);
    await until(`payment ${due}`, () => this.done >= due || this.over, {
      timeoutMs: 300_000,
      everyMs: 2,
    });
    await pause(Math.random() * 150);
    await this.stack.obolus.kill();
  }

  async #awaitDeath() {
    const late = pause(kLongestWaitMs).then(() => null);
    const exit = await Promise.race([this.stack.obolus.exited, late]);
    if (exit === null) {
      this.unreached++;
      await this.stack.obolus.kill();
    } else if (exit.signal !== 'SIGKILL') {
      throw this.stack.obolus.failure('ended by itself');
    }
  }
}

// Throws unless SQLite finds the database whole, on a copy, so that its recovery stays obolus's.
export function inspectDatabase(stack) {
  const file = databaseOf(stack);
  const copy = path.join(stack.folder, 'copy.db');
  for (const suffix of ['', '-wal', '-journal']) {
    rmSync(copy + suffix, { force: true });
    if (existsSync(file + suffix)) copyFileSync(file + suffix, copy + suffix);
  }
  const { stdout, stderr } = run('sqlite3', [copy, 'PRAGMA integrity_check']);
  if (stdout.trim() !== 'ok') throw new Error(`integrity_check: ${stdout} ${stderr}`);
}

// Shoppers pay at least `payments` times, and until the last death. {deaths, account, lost,
// doubled, rows, seconds}; a run that broke off has that as a loss.
export async function runDeaths({
  plans,
  payments = plans.length,
  inspect,
  build,
  extra = {},
  shoppers,
  patienceMs,
}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-deaths-'));
  const stack = new Stack({ folder, ports: await ephemeralPorts(), build, extra });
  const deaths = new Deaths(stack, { plans, payments, inspect });
  const began = performance.now();
  const result = { deaths, lost: ['the run did not finish'], doubled: [] };
  try {
    await stack.start();
    let broke;
    const dying = deaths.run().catch((error) => {
      broke = error;
    });
    deaths.enough = (count) => broke || (count >= payments && deaths.count >= plans.length);
    const outcomes = await payAll(stack, deaths, { shoppers, patienceMs });
    deaths.over = true;
    await dying;
    if (broke) throw broke;
    result.account = await closeAccount(stack, outcomes);
    Object.assign(result, faultsOf(result.account));
    await stack.obolus.stop();
    inspect?.(stack);
    if (existsSync(databaseOf(stack))) result.rows = outboxRows(stack);
  } catch (error) {
    result.lost = [error.message];
  } finally {
    result.seconds = (performance.now() - began) / 1000;
    result.stack = stack;
    await stack.stop();
    if (process.env.OBOLUS_KEEP) console.error(`kept ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
  return result;
}

// Obolus dies while it makes its database, once for each plan and in an empty folder each time, and
// must start after it.
export async function runFirstStarts(plans, { build } = {}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-deaths-'));
  const stack = new Stack({ folder, ports: await ephemeralPorts(), build }).prepare();
  const deaths = { count: 0, restarts: [], inStart: 0, unreached: 0 };
  const result = { deaths, lost: [], doubled: [] };
  const began = performance.now();
  try {
    for (const plan of plans) {
      rmSync(path.join(folder, 'data'), { recursive: true, force: true });
      const start = stack.startObolus({ environment: { OBOLUS_FAULT_PLAN: plan } });
      const isReady = await start.then(
        () => true,
        () => false,
      );
      await stack.obolus.kill();
      deaths.inStart += isReady ? 0 : 1;
      deaths.count++;
      const again = performance.now();
      await stack.startObolus();
      deaths.restarts.push(performance.now() - again);
      await stack.obolus.stop();
      inspectDatabase(stack);
    }
  } catch (error) {
    result.lost.push(error.message);
  } finally {
    result.seconds = (performance.now() - began) / 1000;
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return result;
}
