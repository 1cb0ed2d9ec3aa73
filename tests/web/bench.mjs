// What the card form costs the shopper: bytes, time until three inputs are visible beside a floor
// that nobody can go below (the same shop around one frame without script), memory, and long tasks
// while a card is typed. Drives the real obolus in a cold Chromium, in both documented ways: the
// library makes the frame, or takes over the one in the shop's HTML. Exits with 1 over a budget.
//
//   node tests/web/bench.mjs [--rounds 15] [--only bytes,memory,tasks,time]
//     [--profiles local,slow] [--json FILE] [--way script|adopted|dawdling]
// `dawdling` is a shop that mounts half a second late, and must turn this red (bench.test.mjs).
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { describeMachine } from '../../bench/machine.mjs';
import { Chromium } from '../support/cdp.mjs';
import { Obolus } from '../support/obolus.mjs';
import { median, range, row, table } from './figures.mjs';
import { startShops } from './shops.mjs';
import { kProfiles, Visit } from './visit.mjs';

const kBudgets = {
  loaderBytes: 5 * 1024,
  bytes: 16 * 1024,
  timesFloor: 1.2,
  heapMb: 3,
  longTasks: 0,
};
const kTaskVisits = 5;

class Bench {
  async start() {
    this.shops = await startShops();
    this.obolus = await Obolus.start({ shopper: { default_origins: [this.shops.origin] } });
    this.obolusUrl = `http://localhost:${this.obolus.ports.shopper}`;
    this.shops.useObolus(this.obolusUrl);
    this.chromium = await Chromium.start();
  }

  async stop() {
    await this.chromium?.stop();
    await this.obolus?.stop();
    await this.shops?.stop();
  }

  // Visits the shop of that way; `look(visit, opened)` before everything is closed again.
  async visit(way, profile, look) {
    const key = way === 'floor' ? '' : (await this.obolus.openPayment()).session_key;
    const visit = new Visit(this.chromium, kProfiles[profile]);
    try {
      const opened = await visit.open(this.shops.url(way, key));
      return await look(visit, opened);
    } finally {
      await visit.close?.();
    }
  }

  async bytes(way) {
    const kinds = await this.visit(way, 'local', async (visit) => {
      await visit.evaluate('ready');
      await new Promise((resolve) => setTimeout(resolve, 300));
      return visit.bytes(this.obolusUrl);
    });
    const { loader, frame, later } = kinds;
    const all = { requests: 0, body: 0, wire: 0 };
    for (const kind of [loader, frame]) for (const name in all) all[name] += kind[name];
    const detail =
      `${all.requests} requests, ${all.wire} with headers; ` +
      `${later.body} in ${later.requests} more that the frame's script loads by itself`;
    return [
      row(`${way}: loader`, loader.body, 'B', kBudgets.loaderBytes, `${loader.wire} with headers`),
      row(`${way}: to visible inputs`, all.body, 'B', kBudgets.bytes, detail),
    ];
  }

  // Beside it the floor's own, which is what two empty documents take.
  async memory(way) {
    const floor = await this.visit('floor', 'local', (visit) => visit.heap());
    const heap = await this.visit(way, 'local', async (visit) => {
      await visit.evaluate('ready');
      await this.typeCard(visit);
      return visit.heap();
    });
    const mb = (bytes) => bytes / 2 ** 20;
    const detail = `page and frame, a card typed; the floor's ${mb(floor).toFixed(2)} MB`;
    return [row(`${way}: JS heap`, mb(heap), 'MB', kBudgets.heapMb, detail)];
  }

  card() {
    const year = String((new Date().getUTCFullYear() + 3) % 100);
    return ['4242424242424242', `12${year}`, '123'];
  }

  async typeCard(visit) {
    await visit.type(...this.card());
    await visit.evaluate('change.then((change) => change.complete)');
  }

  // What a busy machine adds to a task is not ours: the quietest of some visits counts; the same
  // typing into the floor's inputs stands beside it.
  async tasks(way) {
    const typed = async (each) => {
      const found = await this.visit(each, 'slow', async (visit) => {
        if (each !== 'floor') await visit.evaluate('ready');
        const loaded = Math.max(...visit.loads.map(({ loadedAt }) => loadedAt));
        await (each === 'floor' ? visit.type(...this.card()) : this.typeCard(visit));
        return visit.longTasks.filter(({ at }) => at >= loaded);
      });
      return found.map(({ longTask }) => `${longTask} ms`);
    };
    let [quietest, floor] = [await typed(way), await typed('floor')];
    for (let visits = 1; visits < kTaskVisits && quietest.length > 0; visits++) {
      const [again, beside] = [await typed(way), await typed('floor')];
      if (again.length < quietest.length) quietest = again;
      if (beside.length < floor.length) floor = beside;
    }
    const which = quietest.join(', ') || 'none';
    const detail = `while a card is typed: ${which}; in the floor ${floor.length}`;
    return [row(`${way}: long tasks, slow`, quietest.length, '', kBudgets.longTasks, detail)];
  }

  // Visits by turns, so that whatever else the machine does meets all of them.
  async time(ways, rounds, profile) {
    const seen = Object.fromEntries(['floor', ...ways].map((way) => [way, []]));
    for (let round = 0; round <= rounds; round++) {
      for (const way of Object.keys(seen)) {
        const { visibleMs } = await this.visit(way, profile, async (_, opened) => opened);
        if (round > 0) seen[way].push(visibleMs); // the first round warms the machine up
      }
    }
    const floorMs = Math.round(median(seen.floor));
    return ways.map((way) => {
      const ratios = range(seen[way].map((ms, index) => ms / seen.floor[index]));
      const detail =
        `${Math.round(median(seen[way]))} ms beside ${floorMs} ms, ${rounds} pairs; ` +
        `95 %: ${ratios.low.toFixed(2)} to ${ratios.high.toFixed(2)}`;
      const what = `${way}: time to visible, ${profile}`;
      return row(what, ratios.median, '× floor', kBudgets.timesFloor, detail);
    });
  }
}

async function measure(bench, { only, rounds, way, profiles }) {
  const ways = way ? [way] : ['script', 'adopted'];
  const rows = [];
  for (const kind of ['bytes', 'memory', 'tasks']) {
    if (!only.includes(kind)) continue;
    for (const each of ways) rows.push(...(await bench[kind](each)));
  }
  if (only.includes('time')) {
    for (const profile of profiles) {
      rows.push(...(await bench.time(ways, rounds, profile)));
    }
  }
  return rows;
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    only: { type: 'string', default: 'bytes,memory,tasks,time' },
    way: { type: 'string' },
    profiles: { type: 'string', default: 'local,slow' },
    json: { type: 'string' },
  },
});
const machine = describeMachine();
const bench = new Bench();
let rows;
try {
  await bench.start();
  rows = await measure(bench, {
    only: values.only.split(','),
    rounds: Number(values.rounds),
    way: values.way,
    profiles: values.profiles.split(','),
  });
} finally {
  await bench.stop();
}
const { cpu, cores, system, load_at_start, commit, time } = machine;
console.log(`${time}, commit ${commit}, ${bench.chromium.version}`);
console.log(`${cores} x ${cpu}, ${system}; load at start ${load_at_start}\n`);
console.log(table(rows));
const result = { machine, browser: bench.chromium.version, rows };
if (values.json) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
process.exitCode = rows.some(({ met }) => met === false) ? 1 : 0;
