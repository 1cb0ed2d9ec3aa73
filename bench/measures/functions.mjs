// Hot functions by themselves: micro_bench, which is Google Benchmark, once a round.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { kRoot, run } from '../../tests/support/processes.mjs';
import { row } from '../rows.mjs';

const kMicros = { ns: 1e-3, us: 1, ms: 1e3 };

export async function measureFunctions(bench) {
  bench.say('functions by themselves');
  const cwd = bench.newFolder('functions');
  mkdirSync(cwd, { recursive: true });
  const { status, stdout, stderr } = run(
    path.resolve(kRoot, bench.build, 'bench/micro_bench'),
    [
      '--benchmark_format=json',
      `--benchmark_repetitions=${bench.rounds}`,
      `--benchmark_min_time=${bench.smoke ? 0.01 : 0.3}`,
    ],
    { cwd, timeout: 600_000 },
  );
  if (status !== 0) throw new Error(`micro_bench: ${stderr}`);
  const functions = new Map();
  for (const { run_type, run_name, real_time, time_unit, error_message } of JSON.parse(stdout)
    .benchmarks) {
    if (error_message) throw new Error(`${run_name}: ${error_message}`);
    if (run_type !== 'iteration') continue;
    const name = run_name.split('/')[0];
    functions.set(name, [...(functions.get(name) ?? []), [real_time * kMicros[time_unit]]]);
  }
  return [...functions].map(([name, pairs]) =>
    row({
      id: `function.${name.toLowerCase().replace(/[^a-z0-9]+/g, '_')}`,
      what: name,
      unit: 'µs',
      pairs,
    }),
  );
}
