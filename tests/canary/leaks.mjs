// Demands that the canary sweep sees what it is there for: ten leaks are built into a worktree of
// the last commit and done one at a time, four more by pages in a browser; each must be found in
// the place that it was put. And none of them is found when none is done.
//
//   node tests/canary/leaks.mjs [--only TEXT] | --check    --check: the replacements still fit
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildIn, makeTree, removeTree } from '../mutants/tree.mjs';
import { kRoot } from '../support/processes.mjs';
import { embeddedSweep } from './api_sweep.mjs';
import { browserSweep } from './browser_sweep.mjs';
import { Evidence } from './evidence.mjs';
import { kPageLeaks } from './page_leaks.mjs';
import { kIncludes, kPlaces, kSourceLeaks } from './seeded_leaks.mjs';

const kTree = path.join(kRoot, 'build/leaks/tree');
const { values } = parseArgs({
  options: { check: { type: 'boolean' }, only: { type: 'string', default: '' } },
});

function apply(root, write) {
  for (const { file, text, by } of kSourceLeaks) {
    const before = readFileSync(path.join(root, file), 'utf8');
    const parts = before.split(text);
    const count = parts.length - 1;
    if (count !== 1) throw new Error(`"${text}" stands ${count} times in ${file}`);
    if (write) writeFileSync(path.join(root, file), parts.join(by));
  }
  if (!write) return;
  for (const [file, includes] of Object.entries(kIncludes)) {
    const place = path.join(root, file);
    writeFileSync(place, includes + readFileSync(place, 'utf8'));
  }
}

// The places where something was found.
async function run(sweep, options) {
  const evidence = new Evidence();
  evidence.useTempFolder();
  try {
    // A leak may well make the sweep stumble; what it has seen until then counts.
    await sweep(evidence, { short: true, ...options }).catch((error) => {
      if (options.strict) throw error;
    });
    return evidence.searchAll().filter(({ hits }) => hits.length > 0).map(({ name }) => name);
  } finally {
    evidence.remove();
  }
}

function report(name, place, found) {
  const isSeen = found.includes(place);
  const others = found.filter((each) => each !== place);
  const also = others.length > 0 ? `, and in: ${others.join('; ')}` : '';
  console.log(`${name.padEnd(34)}${isSeen ? 'found' : 'MISSED'} in ${place}${also}`);
  return isSeen;
}

async function main() {
  apply(kRoot, false);
  if (values.check) return console.log(`${Object.keys(kPlaces).length} leaks fit`) ?? true;
  makeTree(kTree);
  apply(kTree, true);
  const { status, stdout, stderr } = buildIn(kTree, ['obolus']);
  if (status !== 0) throw new Error(`the leaks do not build:\n${stdout}${stderr}`);
  const sound = process.env.OBOLUS_BIN;
  process.env.OBOLUS_BIN = path.join(kTree, 'build/dev/src/main/obolus');
  const none = await run(embeddedSweep, { strict: true });
  console.log(`${'none'.padEnd(34)}${none.length === 0 ? 'nothing found' : none.join('; ')}`);
  const verdicts = [none.length === 0];
  const wanted = ([name]) => name.includes(values.only);
  for (const [name, place] of Object.entries(kPlaces).filter(wanted)) {
    const found = await run(embeddedSweep, { environment: { OBOLUS_LEAK: name } });
    verdicts.push(report(name, place, found));
  }
  if (sound === undefined) delete process.env.OBOLUS_BIN;
  else process.env.OBOLUS_BIN = sound;
  for (const { name, place, spoil } of kPageLeaks.filter((leak) => wanted([leak.name]))) {
    verdicts.push(report(name, place, await run(browserSweep, { sabotage: spoil })));
  }
  removeTree(kTree);
  const seen = verdicts.slice(1).filter(Boolean).length;
  console.log(`${seen} of ${verdicts.length - 1} leaks found`);
  return verdicts.every(Boolean) && verdicts.length > 1;
}

process.exit((await main()) ? 0 : 1);
