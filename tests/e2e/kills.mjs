// kill -9 of obolus at random moments while shoppers pay through the sandbox, and the account of
// it: every payment reaches exactly the end that its shopper asked for, no event is lost, and
// Commerce never sees a second outcome. `--store memory` shows that the account can be wrong: it
// must find losses.
//
//   node tests/e2e/kills.mjs [--kills 50] [--payments 500] [--shoppers 8] [--build build/release]
import { parseArgs } from 'node:util';
import { machine, quantile } from '../support/account.mjs';
import { runDeaths } from '../support/deaths.mjs';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    payments: { type: 'string', default: '500' },
    shoppers: { type: 'string', default: '8' },
    build: { type: 'string' },
    store: { type: 'string', default: 'sqlite' },
  },
});
const isMutated = values.store === 'memory';

function print({ deaths, account: { outcomes, report }, rows: stored }) {
  const ends = {};
  for (const { wish, ends: end } of outcomes) {
    const key = `${wish.name} -> ${end}`;
    ends[key] = (ends[key] ?? 0) + 1;
  }
  const ms = (value) => `${value?.toFixed(0) ?? '-'} ms`;
  const rows = [
    ['kill -9', deaths.count],
    ['payments', outcomes.length],
    ...Object.entries(ends).sort(),
    ['events accepted', report.events.accepted],
    ['  delivered again', report.events.duplicates],
    ['  violations', report.violation_count],
    ['shopper retries', outcomes.reduce((sum, { retries }) => sum + retries, 0)],
    ['restart to ready p50', ms(quantile(deaths.restarts, 0.5))],
    ['restart to ready p99', ms(quantile(deaths.restarts, 0.99))],
    ['outbox rows', JSON.stringify(stored ?? 'none')],
    ['machine', machine()],
  ];
  for (const [name, value] of rows) console.log(`${name.padEnd(34)}${value}`);
}

async function main() {
  const { lost, doubled, ...rest } = await runDeaths({
    plans: Array(Number(values.kills)).fill(null),
    payments: Number(values.payments),
    shoppers: Number(values.shoppers),
    build: values.build,
    extra: { store: { kind: values.store } },
    patienceMs: isMutated ? 8_000 : 60_000,
  });
  const faults = [...lost, ...doubled];
  if (rest.account) print(rest);
  for (const fault of faults.slice(0, 20)) console.error(`fault: ${fault}`);
  if (isMutated) {
    console.log(faults.length > 0 ? 'the account found the losses' : 'the account found NO loss');
    return faults.some((fault) => fault.includes('LOST')) ? 0 : 1;
  }
  console.log(faults.length === 0 ? 'kills: nothing lost, nothing twice' : 'kills: FAILED');
  return faults.length === 0 ? 0 : 1;
}

process.exit(await main());
