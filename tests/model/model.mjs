// Checks the protocol around the session machine with spin, exhaustively:
//
//   node tests/model/model.mjs            the models, in the form of every day
//   node tests/model/model.mjs --full     larger forms, minutes: make model
//   node tests/model/model.mjs --table    the models' table is the code's (needs OBOLUS_BIN)
//   node tests/model/model.mjs --mutants  the models, broken in known ways: spin must find each
//
// Needs spin and clang-19. The models say what they check; a failing one prints its history.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { kRoot, run } from '../support/processes.mjs';
import { kMutants } from './model_mutants.mjs';

const kHere = path.join(kRoot, 'tests/model');
const { values } = parseArgs({
  options: { full: { type: 'boolean' }, table: { type: 'boolean' }, mutants: { type: 'boolean' } },
});

const kRelay = { CRASHES: 1, SLOW: 1, OUTAGES: 1, LOST: 1 };
const kPayment = { CRASHES: 1, REQUESTS: 1, PAGES: 1, ANNOTATE: 1, MAX_ATTEMPTS: 1 };
const kTds = { CRASHES: 0, REQUESTS: 2, ANNOTATE: 0, CONTRADICTION: 0, CHALLENGE_LATER: 0 };
export const kForms = [
  { name: 'payment, one page, a crash', file: 'payment', defines: kPayment },
  {
    name: 'payment, two pages',
    file: 'payment',
    defines: { ...kPayment, CRASHES: 0, PAGES: 2, ANNOTATE: 0, MAX_ATTEMPTS: 2 },
    large: true,
  },
  {
    name: 'payment, no submission lasts',
    file: 'payment',
    defines: { ...kPayment, CRASHES: 0 },
    live: true,
  },
  { name: '3-D Secure, a crash', file: 'tds', defines: { ...kTds, CRASHES: 1, REQUESTS: 1 } },
  { name: '3-D Secure, a late challenge', file: 'tds', defines: { ...kTds, CHALLENGE_LATER: 1 } },
  {
    name: '3-D Secure, events in any order',
    file: 'tds',
    defines: { ...kTds, ANNOTATE: 1, CONTRADICTION: 1 },
    large: true,
  },
  { name: 'relays, order and fences', file: 'relay', defines: kRelay },
  {
    name: 'relays, every event arrives',
    file: 'relay',
    defines: { ...kRelay, LOST: 0 },
    live: true,
  },
];
const kMore = { MAX_ATTEMPTS: 2 };
const kFullForms = [
  {
    name: 'payment, two requests',
    file: 'payment',
    defines: { ...kPayment, ...kMore, REQUESTS: 2 },
  },
  {
    name: 'payment, two pages, all',
    file: 'payment',
    defines: { ...kPayment, ...kMore, CRASHES: 0, PAGES: 2 },
  },
  { name: 'payment, live after a crash', file: 'payment', defines: kPayment, live: true },
  { name: '3-D Secure, two requests, a crash', file: 'tds', defines: { ...kTds, CRASHES: 1 } },
  {
    name: '3-D Secure, all',
    file: 'tds',
    defines: { ...kTds, ANNOTATE: 1, CONTRADICTION: 1, CHALLENGE_LATER: 1 },
  },
  { name: 'relays, live, lost answers', file: 'relay', defines: kRelay, live: true },
];

function check(program, args, cwd) {
  const done = run(program, args, { cwd, timeout: 600_000 });
  if (done.status !== 0) throw new Error(`${program}: ${done.stdout}${done.stderr}`);
  return done.stdout;
}

// Runs one form of a model. `change` may edit the text of its files.
export function verify(form, change = (file, text) => text) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-model-'));
  try {
    for (const file of ['session.pml', 'transitions.pml', `${form.file}.pml`]) {
      cpSync(path.join(kHere, file), path.join(folder, file));
      const copy = path.join(folder, file);
      writeFileSync(copy, change(file, readFileSync(copy, 'utf8')));
    }
    const defines = Object.entries(form.defines).map(([name, value]) => `-D${name}=${value}`);
    check('spin', ['-Pclang-19 -E -x c', ...defines, '-a', `${form.file}.pml`], folder);
    // Exhaustive: COLLAPSE only packs the states. Compiling takes longer than a small search.
    const flags = form.live ? ['-DNFAIR=3'] : ['-DSAFETY'];
    check(
      'clang-19',
      [form.large ? '-O2' : '-O0', '-w', '-DCOLLAPSE', ...flags, '-o', 'pan', 'pan.c'],
      folder,
    );
    const began = performance.now();
    const options = form.live ? ['-a', '-f'] : ['-noclaim'];
    const { stdout } = run('./pan', ['-m200000', ...options], { cwd: folder, timeout: 900_000 });
    const found = (pattern) => Number(pattern.exec(stdout)?.[1] ?? NaN);
    const result = {
      errors: found(/errors: (\d+)/),
      states: found(/^\s*(\d+) states, stored/m),
      megabytes: found(/([\d.]+)\s+total actual memory usage/),
      seconds: (performance.now() - began) / 1000,
      complete: !/max search depth too small|Search not completed|out of memory/.test(stdout),
      reached: [...stdout.matchAll(/^reached (.+)$/gm)].map((match) => match[1]),
      history: '',
    };
    if (result.errors > 0) {
      const fault = /^pan:\d+: (.+)$/m.exec(stdout)?.[1];
      const steps = run('./pan', ['-r'], { cwd: folder }).stdout.split('\n');
      result.history = [fault, ...steps.filter((line) => /^\s*\d+:\s+proc/.test(line))].join('\n');
    }
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function modelRows() {
  const text = readFileSync(path.join(kHere, 'transitions.pml'), 'utf8');
  return [...text.matchAll(/^T\((.+)\)$/gm)].map((match) => match[1]);
}

// kind, from, trigger, to, event of every row that the program prints.
function codeRows() {
  const printed = check(process.env.OBOLUS_BIN ?? 'build/dev/src/main/obolus', ['states']);
  const rows = [];
  let kind = '';
  for (const line of printed.split('\n')) {
    if (line.startsWith('## ')) kind = line.startsWith('## Payment') ? 'payment' : 'tds';
    const cells = line.split('|').map((cell) => cell.trim());
    if (cells.length < 6 || cells[1] === 'from' || cells[1].startsWith('-')) continue;
    const event = cells[4] === '–' ? 'none' : cells[4].replaceAll('`', '');
    rows.push([kind, ...cells.slice(1, 4), event].join(', '));
  }
  return rows;
}

function compareTables() {
  const [model, code] = [new Set(modelRows()), new Set(codeRows())];
  const faults = [
    ...[...code].filter((row) => !model.has(row)).map((row) => `only in the code: ${row}`),
    ...[...model].filter((row) => !code.has(row)).map((row) => `only in the model: ${row}`),
  ];
  if (code.size < 40) faults.push(`the code printed ${code.size} rows only`);
  for (const fault of faults) console.error(fault);
  console.log(`table: ${model.size} rows in the model, ${code.size} in the code`);
  return faults.length === 0;
}

function print(name, result) {
  const figures = [
    String(result.states).padStart(9),
    `${result.seconds.toFixed(1)} s`.padStart(8),
    `${result.megabytes.toFixed(0)} MB`.padStart(8),
  ];
  console.log(`${name.padEnd(34)}${figures.join('')}  errors: ${result.errors}`);
}

const asLarge = (form) => ({ ...form, large: true });

function verifyAll(forms) {
  let good = true;
  const reached = new Set();
  for (const form of forms) {
    const result = verify(form);
    print(form.name, result);
    for (const row of result.reached) reached.add(row);
    if (result.errors === 0 && result.complete) continue;
    good = false;
    console.error(result.complete ? result.history : 'the search was not completed');
  }
  for (const row of modelRows().map((text) => text.split(', ').slice(0, 3).join(' '))) {
    if (reached.has(row)) continue;
    good = false;
    console.error(`never taken: ${row}`);
  }
  console.log(`${reached.size} transitions taken, on ${os.cpus().length} x ${os.cpus()[0].model}`);
  return good;
}

function verifyMutants() {
  let good = true;
  for (const mutant of kMutants) {
    const form = kForms.find(({ name }) => name === mutant.form);
    let applied = 0;
    const change = (file, text) => {
      if (file !== mutant.file) return text;
      applied += text.split(mutant.text).length - 1;
      return text.replace(mutant.text, () => mutant.by);
    };
    const result = verify({ ...form, large: false }, change);
    print(mutant.name, result);
    if (applied !== 1)
      console.error(`${mutant.name}: its text stands ${applied} times in the model`);
    good = good && applied === 1 && result.errors > 0;
  }
  console.log(good ? 'every mutant was found' : 'a mutant was NOT found');
  return good;
}

const good = values.table
  ? compareTables()
  : values.mutants
    ? verifyMutants()
    : verifyAll(values.full ? [...kForms, ...kFullForms.map(asLarge)] : kForms);
process.exit(good ? 0 : 1);
