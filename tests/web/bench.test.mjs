// Budgets that do not depend on how busy the machine is: bytes and memory of the real program. And
// the harness of `make web-bench` can fail: a shop that mounts the form half a second late is over
// the budget for time.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { kRoot, run } from '../support/processes.mjs';

const kBench = fileURLToPath(new URL('bench.mjs', import.meta.url));

function measured(...args) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-bench-'));
  const file = path.join(folder, 'result.json');
  const options = { cwd: kRoot, timeout: 120_000 };
  const { status, stderr } = run(process.execPath, [kBench, ...args, '--json', file], options);
  const { rows } = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(folder, { recursive: true });
  return { status, stderr, rows };
}

test('bytes and memory are within their budgets, in both ways', () => {
  const { status, rows } = measured('--only', 'bytes,memory');
  assert.deepEqual(
    rows.filter(({ met }) => !met),
    [],
  );
  assert.equal(status, 0);
  assert.equal(rows.length, 6);
});

test('a form that comes half a second late is over the budget', () => {
  const time = ['--only', 'time', '--profiles', 'local', '--rounds', '3'];
  const late = measured('--way', 'dawdling', ...time);
  assert.equal(late.status, 1, late.stderr);
  assert.deepEqual(
    late.rows.map(({ met }) => met),
    [false],
  );
  const quick = measured('--way', 'adopted', ...time);
  assert.ok(quick.rows[0].value < late.rows[0].value, 'the late one takes longer');
});
