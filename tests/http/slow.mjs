// Clients that are slow on purpose against the shopper listener (quality S12), while health and
// honest requests are measured: with slowhttptest in its four modes, plain and under TLS, or with
// a few clients of our own (slow.test.mjs). Prints one line for each mode. The load goes to
// loopback, and ends by itself.
//
//   node tests/http/slow.mjs [--connections 1000] [--seconds 30]
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine, pause, quantile } from '../support/account.mjs';
import { request } from '../support/client.mjs';
import { Obolus } from '../support/obolus.mjs';

const kScript = '/client/v1/obolus.js';

// slowhttptest's arguments for each of its modes.
const kModes = {
  'slow headers (-H)': ['-H', '-i', '2', '-x', '24'],
  'slow bodies (-B)': ['-B', '-i', '2', '-s', '8192', '-x', '10', '-t', 'POST'],
  'ranges (-R)': ['-R', '-a', '1', '-b', '3000'],
  'slow reads (-X)': ['-X', '-w', '1', '-y', '20', '-n', '1', '-z', '5', '-k', '3'],
};

// What health and an honest shopper see until it is told to stop.
export class Watch {
  static start(obolus, session) {
    const watch = new Watch();
    const target = `/sessions/${session}`;
    watch.running = [
      watch.#ask('healthz', () => obolus.operator('GET', '/healthz', { documented: false })),
      watch.#ask('readyz', () => obolus.operator('GET', '/readyz', { documented: false })),
      watch.#ask('honest', () => {
        return request(obolus.shopperUrl + target, { tls: obolus.tlsOptions, timeoutMs: 10_000 });
      }),
    ];
    return watch;
  }

  times = { healthz: [], readyz: [], honest: [] };
  failed = { healthz: [], readyz: [], honest: [] };

  async #ask(name, call) {
    while (!this.over) {
      const began = performance.now();
      try {
        const { status } = await call();
        if (status !== 200) throw new Error(`answered ${status}`);
        this.times[name].push(performance.now() - began);
      } catch (error) {
        this.failed[name].push(error.message);
      }
      await pause(20);
    }
  }

  async stop() {
    this.over = true;
    await Promise.all(this.running);
    return this;
  }

  line(name) {
    const all = [...this.times.healthz, ...this.times.readyz];
    const ms = (values, q) => `${(quantile(values, q) ?? NaN).toFixed(1)}`;
    const failed = this.failed.healthz.length + this.failed.readyz.length;
    return (
      `${name.padEnd(24)} health p50 ${ms(all, 0.5)} p99 ${ms(all, 0.99)} ms (${all.length} ` +
      `asked, ${failed} failed); honest ${this.times.honest.length} served, ` +
      `${this.failed.honest.length} failed, p99 ${ms(this.times.honest, 0.99)} ms`
    );
  }
}

// One of our own: writes `first` and then, every so often, `drip`; never reads when `deaf`. Gives
// how long the server put up with it, in ms.
export function slowClient(obolus, { first, drip, everyMs = 500, deaf = false }) {
  const { port, host } = { port: obolus.ports.shopper, host: '127.0.0.1' };
  const socket = obolus.tls
    ? tls.connect({ port, host, ...obolus.tlsOptions, servername: 'localhost' })
    : net.connect({ port, host });
  const began = performance.now();
  if (deaf) socket.pause();
  else socket.resume();
  socket.once(obolus.tls ? 'secureConnect' : 'connect', () => socket.write(first));
  const timer = setInterval(() => drip && socket.writable && socket.write(drip), everyMs);
  return new Promise((resolve) => {
    const ended = () => {
      clearInterval(timer);
      socket.destroy();
      resolve(performance.now() - began);
    };
    socket.on('error', ended).on('close', ended).on('end', ended);
  });
}

function slowhttptest(obolus, mode, { connections, seconds }) {
  const url = `${obolus.shopperUrl}${kScript}`;
  const rate = String(Math.ceil(connections / 5));
  const args = [
    ...kModes[mode],
    '-c',
    connections,
    '-r',
    rate,
    '-l',
    seconds,
    '-p',
    '3',
    '-u',
    url,
  ];
  const child = spawn('slowhttptest', args.map(String), { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (text += part));
  const most = setTimeout(() => child.kill('SIGTERM'), (seconds + 15) * 1000);
  return new Promise((resolve) =>
    child.once('close', () => {
      clearTimeout(most);
      const plain = text.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, '');
      const peak = [...plain.matchAll(/^connected:\s+(\d+)/gm)].map(([, count]) => Number(count));
      resolve(Math.max(0, ...peak));
    }),
  );
}

async function main() {
  const { values } = parseArgs({
    options: {
      connections: { type: 'string', default: '1000' },
      seconds: { type: 'string', default: '30' },
    },
  });
  const size = { connections: Number(values.connections), seconds: Number(values.seconds) };
  console.log(`${machine()}; ${size.connections} slow connections for ${size.seconds} s each`);
  let slowest = 0;
  let failed = 0;
  for (const secure of [false, true]) {
    const obolus = await startSlow(secure);
    const { session_key } = await obolus.openPayment();
    for (const mode of Object.keys(kModes)) {
      const watch = Watch.start(obolus, session_key);
      const peak = await slowhttptest(obolus, mode, size);
      await watch.stop();
      console.log(`${watch.line(`${mode}${secure ? ', TLS' : ''}`)}; ${peak} connected at once`);
      slowest = Math.max(slowest, quantile([...watch.times.healthz, ...watch.times.readyz], 0.99));
      failed += Object.values(watch.failed).flat().length;
      if (watch.times.honest.length === 0) failed++;
    }
    await obolus.stop();
  }
  console.log(`health p99 at most ${slowest.toFixed(1)} ms; ${failed} requests failed`);
  process.exitCode = slowest < 100 && failed === 0 ? 0 : 1;
}

export async function startSlow(secure) {
  const obolus = await Obolus.start({ tls: secure });
  obolus.tlsOptions = secure ? { ca: readFileSync(path.join(obolus.certs, 'ca.pem')) } : {};
  return obolus;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
