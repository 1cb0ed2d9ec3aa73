// Everything that may happen to a machine, to the real program, while shoppers pay: kill -9 at
// random moments and at named points, power cuts, failing syncs, cuts while the database is made.
// One line a kind: how often, what had been acknowledged, what of it was lost or happened twice,
// how long a restart took. Ends with 1 when anything was. A mutation (`--synchronous normal`, a
// database that does not wait for the disk) must be found out: then it ends with 0 only when
// something was lost.
//
//   node tests/faults/campaign.mjs [--kinds random,named,power,syncs,first] [--runs N] [--seed N]
//     [--synchronous off|normal] [--build build/dev]
import { parseArgs } from 'node:util';
import { machine, quantile } from '../support/account.mjs';
import { inspectDatabase, runDeaths, runFirstStarts } from '../support/deaths.mjs';

const { values } = parseArgs({
  options: {
    kinds: { type: 'string', default: 'random,named,power,syncs,first' },
    runs: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    synchronous: { type: 'string' },
    build: { type: 'string' },
  },
});
const kRuns = Number(values.runs);
const kPoints = [
  'request_read',
  'body_ran',
  'before_commit',
  'after_commit',
  'before_answer',
  'vault_answered',
  'events_claimed',
  'event_delivered',
  'delivery_saved',
];
const kTimes = [1, 2, 5, 20, 60];

// The same seed gives the same plans (Park and Miller's generator).
function generator(seed) {
  let state = (seed % 2147483646) + 1;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}
const random = generator(Number(values.seed));

// A third of the moments are early: the start is where recovery happens.
const someMoment = () => 1 + random(random(3) === 0 ? 60 : 1500);
const mutation = values.synchronous ? `,synchronous:${values.synchronous}` : '';
const cut = (more = '') =>
  `power:${random(1e9)}:${someMoment()}${more},checkpoint:${16 + random(64)}${mutation}`;

const firstCut = (run) => `power:${random(1e9)}:${1 + (run % 90)}${mutation}`;

const kKinds = {
  random: { name: 'kill -9 at random', plan: () => null, payments: 3 * kRuns },
  named: {
    name: 'kill -9 at named points',
    plan: (run) => `kill:${kPoints[run % kPoints.length]}:${kTimes[random(kTimes.length)]}`,
  },
  power: { name: 'power cut', plan: () => cut(), inspect: inspectDatabase },
  syncs: {
    name: 'failing syncs, then a cut',
    plan: () => cut(`:${3 + random(12)}`),
    inspect: inspectDatabase,
  },
  first: {
    name: 'power cut in the first start',
    run: () => runFirstStarts(Array.from({ length: kRuns }, (_, run) => firstCut(run))),
  },
};

const kColumns = [
  ['kind', 28],
  ['runs', 6],
  ['acknowledged', 14],
  ['lost', 6],
  ['doubled', 9],
  ['restart p50', 13],
  ['p99', 9],
  ['seconds', 9],
];
const line = (cells) => cells.map((cell, i) => String(cell).padEnd(kColumns[i][1])).join('');

const runPayments = (kind) =>
  runDeaths({
    plans: Array.from({ length: kRuns }, (_, run) => kind.plan(run)),
    payments: kind.payments,
    inspect: kind.inspect,
    build: values.build,
    patienceMs: mutation ? 4_000 : 60_000,
  });

async function runKind(kind) {
  const result = await (kind.run ?? runPayments)(kind);
  const { deaths, account, lost, doubled, seconds } = result;
  const ms = (value) => (value === undefined ? '-' : `${value.toFixed(0)} ms`);
  const acknowledged = account ? account.outcomes.length + account.report.events.accepted : '-';
  const [p50, p99] = [0.5, 0.99].map((q) => ms(quantile(deaths.restarts, q)));
  const cells = [kind.name, deaths.count, acknowledged, lost.length, doubled.length, p50, p99];
  console.log(line([...cells, seconds.toFixed(0)]));
  for (const fault of [...lost, ...doubled].slice(0, 10)) console.log(`  fault: ${fault}`);
  if (deaths.count < kRuns) lost.push(`only ${deaths.count} of ${kRuns} deaths took place`);
  const died = `${deaths.inStart} died before they were ready`;
  if (deaths.inStart + deaths.unreached > 0) {
    console.log(`  ${died}, ${deaths.unreached} plans' moments never came`);
  }
  return { lost: lost.length, doubled: doubled.length };
}

async function main() {
  console.log(`seed ${values.seed}, ${machine()}`);
  console.log(line(kColumns.map(([name]) => name)));
  let lost = 0;
  let doubled = 0;
  for (const name of values.kinds.split(',')) {
    const found = await runKind(kKinds[name]);
    lost += found.lost;
    doubled += found.doubled;
  }
  if (mutation) {
    console.log(lost > 0 ? 'the campaign found the losses' : 'the campaign found NO loss');
    return lost > 0 ? 0 : 1;
  }
  console.log(lost + doubled === 0 ? 'nothing lost, nothing twice' : 'FAILED');
  return lost + doubled === 0 ? 0 : 1;
}

process.exit(await main());
