// What a proof of work costs a shopper's phone: the card frame's own solver in Chromium with a
// quarter of this machine's processor, for the work that config/default.toml asks for. Prints one
// line for each amount of work. The figure that must not be over a second is the time that the
// page's thread had the processor, throttling included: what a phone takes that is not shared with
// other programs, as this machine is. The time on the clock stands beside it.
//
//   node tests/card_testing/work.mjs [--rounds 21]
import { createRequire } from 'node:module';
import http from 'node:http';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Chromium } from '../support/cdp.mjs';
import { kRoot } from '../support/processes.mjs';

const kMostMs = 1000;
const kSlowdown = 4;
const { build } = createRequire(path.join(kRoot, 'web/package.json'))('esbuild');
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '21' } } });

const settings = readFileSync(path.join(kRoot, 'config/default.toml'), 'utf8');
const setting = (name) => Number(settings.match(new RegExp(`^${name} = (\\d+)`, 'm'))[1]);
const kWorks = [
  { what: 'suspected', bits: setting('work_bits'), parts: setting('work_parts') },
  { what: 'merchant under attack', bits: setting('more_work_bits'), parts: setting('work_parts') },
];

const {
  outputFiles: [script],
} = await build({
  entryPoints: [path.join(kRoot, 'web/src/frame/proof_of_work.ts')],
  bundle: true,
  minify: true,
  format: 'iife',
  globalName: 'work',
  target: 'es2020',
  write: false,
});

// WebCrypto wants a secure context, which localhost is.
const page = `<!doctype html><title>work</title><script>${script.text}</script>`;
const server = http.createServer((_, response) => {
  response.setHeader('content-type', 'text/html');
  response.end(page);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const kMeasure = (bits, parts, rounds) => `(async () => {
  const pause = () => new Promise((resolve) => setTimeout(resolve, 0));
  const times = [];
  for (let i = 0; i < ${rounds}; i++) {
    const seed = crypto.randomUUID();
    const start = performance.now();
    await work.solveWork({ seed, bits: ${bits}, parts: ${parts} }, pause);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (share) => Math.round(times[Math.floor(share * (times.length - 1))]);
  return JSON.stringify({ median: at(0.5), p95: at(0.95) });
})()`;

const chromium = await Chromium.start();
let missed = 0;
try {
  const { session, close } = await chromium.newPage();
  await session.send('Page.navigate', { url: `http://localhost:${server.address().port}/` });
  await new Promise((resolve) => setTimeout(resolve, 500));
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busySeconds = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration').value;
  };
  for (const { what, bits, parts } of kWorks) {
    const seen = {};
    for (const rate of [1, kSlowdown]) {
      await session.send('Emulation.setCPUThrottlingRate', { rate });
      const before = await busySeconds();
      seen[rate] = JSON.parse(await session.evaluate(kMeasure(bits, parts, values.rounds)));
      const busy = (await busySeconds()) - before;
      seen[rate].busy = Math.round((busy * 1000) / Number(values.rounds));
    }
    const phone = seen[kSlowdown];
    const ok = phone.busy <= kMostMs;
    if (!ok) missed++;
    console.log(
      `work: ${what}: ${parts} parts of ${bits} bits: ${phone.busy} ms of a quarter of the` +
        ` processor (${seen[1].busy} ms of all of it); on the clock median ${phone.median} ms,` +
        ` p95 ${phone.p95} ms: ${ok ? 'ok' : `MISSED, at most ${kMostMs} ms`}`,
    );
  }
  await close();
} finally {
  await chromium.stop();
  server.close();
}
process.exitCode = missed === 0 ? 0 : 1;
