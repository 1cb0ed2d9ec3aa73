// Fuzzes every parser that strangers' bytes reach, under AddressSanitizer and
// UndefinedBehaviorSanitizer, and prints a line for each:
//
//   node tests/fuzz/fuzz.mjs [--seconds 60] [--only NAME] [--jobs 2] [--build build/asan]
//
// What libFuzzer learns is kept in build/fuzz/NAME, so that the next run goes on from there; seeds
// in the tree are few and readable. A finding ends with 1, its bytes lie in build/fuzz/findings/.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { kRoot } from '../support/processes.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    only: { type: 'string', default: '' },
    jobs: { type: 'string', default: '2' },
    build: { type: 'string', default: 'build/asan' },
  },
});
const seconds = Number(values.seconds);
const kCorpus = path.join(kRoot, 'tests/fuzz/corpus');
const kWork = path.join(kRoot, 'build/fuzz');
const kFindings = path.join(kWork, 'findings');
const program = path.resolve(kRoot, values.build, 'tests/fuzz/fuzz');

function run(target) {
  const learned = path.join(kWork, target);
  mkdirSync(learned, { recursive: true });
  const dictionary = path.join(kRoot, 'tests/fuzz/dictionaries', `${target}.dict`);
  const args = [
    learned,
    path.join(kCorpus, target),
    `-max_total_time=${seconds}`,
    '-max_len=8192',
    '-timeout=20',
    '-rss_limit_mb=2048',
    '-print_final_stats=1',
    `-artifact_prefix=${kFindings}/${target}-`,
    ...(existsSync(dictionary) ? [`-dict=${dictionary}`] : []),
  ];
  const child = spawn(program, args, {
    env: { ...process.env, OBOLUS_FUZZ_TARGET: target, UBSAN_OPTIONS: 'print_stacktrace=1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => (text = (text + chunk).slice(-200_000)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ target, code, text }));
  });
}

function lineOf({ target, code, text }) {
  const stat = (name) => Number(new RegExp(`stat::${name}: *(\\d+)`).exec(text)?.[1] ?? 0);
  const coverage = Number([...text.matchAll(/ cov: (\d+)/g)].at(-1)?.[1] ?? 0);
  const corpus = Number([...text.matchAll(/ corp: (\d+)/g)].at(-1)?.[1] ?? 0);
  const executions = stat('number_of_executed_units');
  const rate = stat('average_exec_per_sec');
  const figures = [executions, rate, coverage, corpus, code === 0 ? 0 : 1];
  return target.padEnd(20) + figures.map((figure) => String(figure).padStart(11)).join('');
}

const targets = readdirSync(kCorpus).filter((name) => name.includes(values.only));
mkdirSync(kFindings, { recursive: true });
const heads = ['runs', 'runs/s', 'edges', 'corpus', 'findings'];
console.log('target'.padEnd(20) + heads.map((head) => head.padStart(11)).join(''));
const waiting = [...targets];
const done = [];
async function worker() {
  for (let target = waiting.shift(); target; target = waiting.shift()) {
    const result = await run(target);
    console.log(lineOf(result));
    if (result.code !== 0) console.log(result.text.split('\n').slice(-60).join('\n'));
    done.push(result);
  }
}
await Promise.all(Array.from({ length: Number(values.jobs) }, worker));
const findings = done.filter(({ code }) => code !== 0).length;
console.log(`${done.length} targets, ${seconds} s each: ${findings} findings`);
process.exit(findings === 0 && done.length > 0 ? 0 : 1);
