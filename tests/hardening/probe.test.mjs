// Runs sandbox_probe: what an intruder would try inside a serving obolus is refused, what obolus
// needs works, and without a sandbox most of it would have gone through.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { kRoot, run } from '../support/processes.mjs';

const kObolus = process.env.OBOLUS_BIN ?? path.join(kRoot, 'build/dev/src/main/obolus');
const kBuild = path.resolve(path.dirname(kObolus), '../..');

test('the sandbox refuses what it must and leaves what is needed', (t) => {
  const probe = path.join(kBuild, 'tests/hardening/sandbox_probe');
  const { status, stdout, stderr } = run(probe, [], { timeout: 240_000 });
  const summary = stdout.trim().split('\n').at(-1);
  t.diagnostic(summary);
  const wrong = stdout.split('\n').filter((line) => line.startsWith('WRONG'));
  assert.deepEqual(wrong, [], stderr);
  assert.equal(status, 0, stderr);
  const [refused, tried, , , open] = summary
    .match(/(\d+) of (\d+) refused, (\d+) of (\d+) needed.* sandbox (\d+) of/)
    .slice(1)
    .map(Number);
  assert.ok(refused === tried && tried >= 50, summary);
  // As root most attempts are nobody else's business to refuse.
  if (process.getuid() === 0) assert.ok(open >= 40, summary);
});
