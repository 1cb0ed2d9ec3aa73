// Every measure runs, and gives a figure for each row that docs/performance.md explains. How large
// the figures are is not a matter for a test.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { kRoot, run } from '../tests/support/processes.mjs';
import { drawChart } from './chart.mjs';
import { isInstalled } from './programs.mjs';
import { printTable } from './report.mjs';
import { atLeast, atMost, obolusAtMost, row } from './rows.mjs';

const kRows = `
  open_session.minimal open_session.each open_session.grouped open_session.nginx open_session.cpu
  half_load.tail half_load.each half_load.grouped
  show_session
  complete_action.ECDH-ES.each complete_action.ECDH-ES.grouped
  complete_action.RSA-OAEP-256.each complete_action.RSA-OAEP-256.grouped
  event_delay.p50 event_delay.p99
  drain.each drain.grouped
  memory
  start.empty start.first start.filled
  growth.cpu.1000 growth.rate.1000
  replicas.1 replicas.2 replicas.4
  function.http_request_parsed function.parseopensession function.http_answer_written
  function.session_key_made function.session_key_opened
  function.jwe_opened_ecdh_es function.jwe_opened_rsa_oaep_256
  function.128_sessions_stored_one_commit`
  .trim()
  .split(/\s+/);

test('EveryMeasureGivesItsRows', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-bench-'));
  try {
    const json = path.join(folder, 'results.json');
    const build = process.env.OBOLUS_BUILD ?? 'build/dev';
    const args = [path.join(kRoot, 'bench/bench.mjs'), '--smoke', '--json', json, '--build', build];
    const { status, stdout, stderr } = run(process.execPath, args, { timeout: 590_000 });
    assert.equal(status, 0, stderr);
    const result = JSON.parse(readFileSync(json, 'utf8'));
    assert.deepEqual(result.rows.map(({ id }) => id).sort(), [...kRows].sort());
    for (const { id, obolus, beside, value, ratio } of result.rows) {
      assert.ok(Number.isFinite(obolus) && obolus > 0, `${id}: ${obolus}`);
      if (beside === '' || (value === null && !isInstalled('each'))) continue;
      if (value === null && id === 'open_session.nginx' && !isInstalled('nginx')) continue;
      assert.ok(Number.isFinite(value) && value > 0, `${id}: beside ${value}`);
      assert.ok(Number.isFinite(ratio), `${id}: ratio ${ratio}`);
    }
    assert.equal(stdout, printTable(result));
    assert.match(drawChart(result), /^<svg [\s\S]*>durable POST \/sessions,[\s\S]*<\/svg>\n$/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('TheRatioIsTheMedianOfTheRoundsRatios', () => {
  const pairs = [
    [10, 10],
    [30, 10],
    [20, 40],
  ];
  const { ratio, obolus, value } = row({ id: 'x', what: 'x', unit: '/s', pairs, beside: 'y' });
  assert.deepEqual({ ratio, obolus, value }, { ratio: 1, obolus: 20, value: 10 });
});

test('ARowSaysWhetherWhatIsDemandedOfItWasMet', () => {
  const met = (pairs, target) => row({ id: 'x', what: 'x', unit: 'ms', pairs, target }).met;
  assert.equal(met([[8, 2]], atLeast(4)), true);
  assert.equal(met([[8, 2]], atLeast(5)), false);
  assert.equal(met([[8, 2]], atMost(3)), false);
  assert.equal(met([[8]], obolusAtMost(8)), true);
  assert.equal(met([[8]], atLeast(1)), null);
  assert.equal(met([[8, 2]], null), null);
});
