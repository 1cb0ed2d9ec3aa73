// Breaks the source in known ways, one at a time, and demands that the test made for it turns red:
//
//   node tests/mutants/run.mjs [--only TEXT]  each, in a worktree of its own; many minutes
//   node tests/mutants/run.mjs --check        each replacement still fits exactly once; no build
//
// The worktree is build/mutants/tree, at the last commit; what is not committed is not tested.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { kRoot, run } from '../support/processes.mjs';
import { kMutants } from './mutants.mjs';
import { buildIn, makeTree, removeTree } from './tree.mjs';

const kTree = path.join(kRoot, 'build/mutants/tree');
const kBuild = path.join(kTree, 'build/dev');
const kPrograms = { obolus: 'src/main/obolus', 'obolus-sandbox': 'sandbox/obolus-sandbox' };
const { values } = parseArgs({
  options: { check: { type: 'boolean' }, only: { type: 'string', default: '' } },
});
const mutants = kMutants.filter(({ name }) => name.includes(values.only));

const countOf = (text, part) => text.split(part).length - 1;
const programOf = (target) =>
  path.join(kBuild, kPrograms[target] ?? `${kFolders[target] ?? ''}/${target}`);
const kFolders = {
  app_test: 'src/app',
  base_test: 'src/base',
  domain_test: 'src/domain',
  http_test: 'src/http',
  net_test: 'src/net',
  storage_test: 'src/storage',
  vault_test: 'src/vault',
  store_contract_test: 'tests/contract',
  vault_test: 'src/vault',
};

function check() {
  const faults = mutants
    .map(({ name, file, text, by }) => {
      const count = countOf(readFileSync(path.join(kRoot, file), 'utf8'), text);
      if (text === by) return `${name}: changes nothing`;
      return count === 1 ? '' : `${name}: its text stands ${count} times in ${file}`;
    })
    .filter(Boolean);
  for (const fault of faults) console.error(fault);
  console.log(`mutants: ${mutants.length}, of which ${faults.length} do not fit`);
  return faults.length === 0 && mutants.length > 0;
}

function build({ target, script }) {
  return buildIn(kTree, script ? [target, 'obolus-sandbox'] : [target]);
}

// True: the test passed. A test that does not end in time has failed.
function passes({ target, tests, script }) {
  const env = {
    ...process.env,
    OBOLUS_BIN: programOf('obolus'),
    OBOLUS_SANDBOX_BIN: programOf('obolus-sandbox'),
  };
  try {
    const { status, stdout } = script
      ? run('node', script, { cwd: kTree, env, timeout: 600_000, maxBuffer: 2 ** 28 })
      : run(programOf(target), [`--gtest_filter=${tests}`], { cwd: kTree, timeout: 60_000 });
    if (!script && /Running 0 tests/.test(stdout)) throw new Error(`no test is named ${tests}`);
    return status === 0;
  } catch (error) {
    if (error.code === 'ETIMEDOUT') return false;
    throw error;
  }
}

// Each test is green before anything is broken, or its red would say nothing.
function verifyBaseline() {
  for (const mutant of mutants) {
    const { status, stdout, stderr } = build(mutant);
    if (status !== 0) throw new Error(`the build failed:\n${stdout}${stderr}`);
    if (!passes(mutant)) throw new Error(`${mutant.name}: its test fails without it`);
  }
}

function verdictOf(mutant) {
  const file = path.join(kTree, mutant.file);
  const text = readFileSync(file, 'utf8');
  if (countOf(text, mutant.text) !== 1) return 'does not fit';
  writeFileSync(
    file,
    text.replace(mutant.text, () => mutant.by),
  );
  try {
    if (build(mutant).status !== 0) return 'does not build';
    return passes(mutant) ? 'SURVIVED' : 'killed';
  } finally {
    writeFileSync(file, text);
  }
}

function runAll() {
  makeTree(kTree);
  verifyBaseline();
  const verdicts = mutants.map((mutant) => {
    const began = performance.now();
    const verdict = verdictOf(mutant);
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    const test = mutant.tests ?? mutant.script.join(' ');
    console.log(`${mutant.name.padEnd(32)}${verdict.padEnd(16)}${seconds.padStart(5)} s  ${test}`);
    return verdict;
  });
  removeTree(kTree);
  const killed = verdicts.filter((verdict) => verdict === 'killed').length;
  console.log(`${killed} of ${verdicts.length} mutants killed`);
  return killed === verdicts.length && killed > 0;
}

process.exit((values.check ? check() : runAll()) ? 0 : 1);
