// Runs what docs/security.md claims, one make target after the other, and prints a table of the
// figures as each target printed them. Exit code 0 only when every target passed and printed its
// figure. `make security`; hours in all, so name what you want:
//
//   node tests/evidence/security.mjs [--only S8,S12]
import { spawn } from 'node:child_process';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { kRoot } from '../support/processes.mjs';
import { kFigures } from './figures.mjs';

const kLongestMs = 4 * 3_600_000;
const kMostKept = 1_000_000; // characters of one target's output

function make(target) {
  return new Promise((resolve) => {
    const child = spawn('make', ['--no-print-directory', target], {
      cwd: kRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: kLongestMs,
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        text = (text + chunk).slice(-kMostKept);
        process.stderr.write(chunk);
      });
    }
    child.on('close', (code) => resolve({ code, text }));
  });
}

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const wanted = values.only?.split(',');
const chosen = kFigures.filter(({ id }) => !wanted || wanted.includes(id));
if (chosen.length === 0) throw new Error(`--only takes ${kFigures.map(({ id }) => id).join(',')}`);

const rows = [];
for (const { id, target, claim, figure } of chosen) {
  const started = Date.now();
  const { code, text } = await make(target);
  const printed = text.split('\n').findLast((line) => figure.test(line));
  rows.push({
    id,
    claim,
    target: `make ${target}`,
    printed: printed?.trim() ?? `no figure, exit code ${code}`,
    seconds: Math.round((Date.now() - started) / 1000),
    holds: code === 0 && printed !== undefined,
  });
}

const [cpu] = os.cpus();
console.log(`\n${os.type()} ${os.release()}, ${os.cpus().length} x ${cpu.model}\n`);
console.log('| id | claim | command | printed | s | |\n|---|---|---|---|---|---|');
for (const { id, claim, target, printed, seconds, holds } of rows) {
  const verdict = holds ? 'holds' : '**does not hold**';
  console.log(`| ${id} | ${claim} | \`${target}\` | ${printed} | ${seconds} | ${verdict} |`);
}
const held = rows.filter(({ holds }) => holds).length;
console.log(`\n${held} of ${rows.length} figures hold`);
process.exitCode = held === rows.length ? 0 : 1;
