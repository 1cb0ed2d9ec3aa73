// The canary sweep: cards that exist nowhere else go through every way that a card can take, in the
// browser and without, well and badly, over crashes and a full disk; then everything that the
// system wrote, kept or showed is searched for them in twelve encodings.
//
//   node tests/canary/sweep.mjs [--only embedded,guardian,postgres,browser]
import { parseArgs } from 'node:util';
import { embeddedSweep, guardianSweep, postgresSweep } from './api_sweep.mjs';
import { browserSweep } from './browser_sweep.mjs';
import { Evidence, printTable } from './evidence.mjs';

const kSweeps = {
  embedded: embeddedSweep,
  guardian: guardianSweep,
  postgres: postgresSweep,
  browser: browserSweep,
};

const { values } = parseArgs({
  options: { only: { type: 'string', default: Object.keys(kSweeps).join(',') } },
});
let hits = 0;
let cards = 0;
let bytes = 0;
for (const name of values.only.split(',')) {
  const evidence = new Evidence();
  evidence.useTempFolder();
  try {
    await kSweeps[name](evidence);
    const results = evidence.searchAll();
    console.log(`\n${name}: ${evidence.cards.length} cards`);
    printTable(results);
    cards += evidence.cards.length;
    for (const result of results) {
      hits += result.hits.length;
      bytes += result.bytes;
    }
  } finally {
    evidence.remove();
  }
}
console.log(`\n${cards} cards, ${bytes.toLocaleString('en')} bytes searched: ${hits} hits`);
process.exit(hits === 0 && cards > 0 ? 0 : 1);
