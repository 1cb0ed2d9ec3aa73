// What the sandbox costs: processor time for one small request, with and without it, in turns of
// the same run. Time of the wall would say more about what else this machine does. Prints one line.
//
//   node tests/hardening/cost.mjs [--rounds 5] [--seconds 3]
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { Obolus } from '../support/obolus.mjs';
import { run } from '../support/processes.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
  },
});
const kTick = Number(run('getconf', ['CLK_TCK']).stdout);
const kModes = ['off', 'on'];

// Seconds of processor time that a process has used.
function used(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / kTick;
}

// Microseconds a request.
function measure(obolus) {
  const url = `http://127.0.0.1:${obolus.ports.operator}/healthz`;
  const before = used(obolus.process.child.pid);
  const { stdout } = run('wrk', ['-t1', '-c16', `-d${values.seconds}s`, url]);
  const requests = Number(stdout.match(/(\d+) requests in/)[1]);
  return ((used(obolus.process.child.pid) - before) / requests) * 1e6;
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

const programs = {};
for (const mode of kModes) programs[mode] = await Obolus.start({ sandbox: { mode } });
const found = { off: [], on: [] };
for (const obolus of Object.values(programs)) measure(obolus); // warm
for (let round = 0; round < Number(values.rounds); ++round) {
  for (const mode of kModes) found[mode].push(measure(programs[mode]));
}
for (const obolus of Object.values(programs)) await obolus.stop();
const [off, on] = kModes.map((mode) => median(found[mode]));
console.log(
  `sandbox: ${on.toFixed(1)} µs of processor time a request instead of ${off.toFixed(1)}, ` +
    `factor ${(on / off).toFixed(2)} (median of ${values.rounds} turns; ${os.cpus()[0].model})`,
);
