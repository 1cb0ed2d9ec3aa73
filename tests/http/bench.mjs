// GET /sessions/{key} of the shopper listener by HTTP/1.1 and by HTTP/2, both under TLS and on
// loopback, with h2load: as many clients, as many requests, after a warm-up. Prints one line for
// each.
//
//   node tests/http/bench.mjs [--requests 30000] [--clients 32]
import path from 'node:path';
import { parseArgs } from 'node:util';
import { machine } from '../support/account.mjs';
import { Obolus } from '../support/obolus.mjs';
import { run } from '../support/processes.mjs';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '30000' },
    clients: { type: 'string', default: '32' },
  },
});
const kWays = [
  { name: 'HTTP/1.1', args: ['--h1'] },
  { name: 'HTTP/2, one at a time', args: ['-m', '1'] },
  { name: 'HTTP/2, ten at a time', args: ['-m', '10'] },
];

// What h2load says of one run: requests a second, and the slowest of them.
function load(obolus, target, args, requests) {
  const url = `https://localhost:${obolus.ports.shopper}${target}`;
  const all = ['-n', String(requests), '-c', values.clients, '-t', '1', ...args, url];
  const { status, stdout, stderr } = run('h2load', all, { timeout: 300_000 });
  if (status !== 0) throw new Error(stderr);
  const find = (pattern) => pattern.exec(stdout)?.[1] ?? '?';
  const [, ok, not] = /(\d+) succeeded, (\d+) failed/.exec(stdout) ?? [];
  return {
    protocol: find(/Application protocol: (\S+)/),
    rate: Number(find(/finished in [^,]+, ([\d.]+) req\/s/)),
    mean: find(/time for request:\s+\S+\s+\S+\s+(\S+)/),
    worst: find(/time for request:\s+\S+\s+(\S+)/),
    ok: Number(ok),
    failed: Number(not),
  };
}

const obolus = await Obolus.start({ tls: true });
const { session_key } = await obolus.openPayment();
const target = `/sessions/${session_key}`;
console.log(`${machine()}; ${values.requests} requests by ${values.clients} clients, TLS`);
let failed = 0;
for (const { name, args } of kWays) {
  load(obolus, target, args, Math.ceil(Number(values.requests) / 10));
  const one = load(obolus, target, args, values.requests);
  failed += one.failed;
  console.log(
    `${name.padEnd(22)} ${one.protocol.padEnd(9)} ${one.rate.toFixed(0).padStart(6)} req/s, ` +
      `mean ${one.mean}, worst ${one.worst}, ${one.ok} served, ${one.failed} failed`,
  );
}
process.exitCode = failed === 0 ? 0 : 1;
console.log(`log of ${path.basename(obolus.folder)} ended ${(await obolus.stop()).code}`);
