// The smuggling corpus (quality S12) against the real program: on each listener by itself, and
// behind nginx, where every request that nginx passes on must be one request to obolus and none of
// them one that nobody sent. Prints one line for each way; ends with 1 when a case went wrong.
//
//   node tests/http/smuggling.mjs [--verbose]
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { kCorpus } from './smuggling_corpus.mjs';
import { until } from '../support/client.mjs';
import { Obolus } from '../support/obolus.mjs';
import { Proxy } from '../support/proxy.mjs';

const kQuietMs = 700; // an answer that has not come by then is none
const kFollower = 'GET /follower HTTP/1.1\r\nHost: HOST\r\n\r\n';

// Where to send, and a target that is answered without a credential.
function listenersOf(obolus) {
  const { commerce, shopper, operator } = obolus.ports;
  const read = (name) => readFileSync(path.join(obolus.certs, name));
  const client = { cert: read('commerce-client.pem'), key: read('commerce-client.key') };
  const secure = { ca: read('ca.pem'), servername: 'localhost' };
  return {
    commerce: { port: commerce, target: '/sessions', tls: { ...secure, ...client } },
    shopper: { port: shopper, target: '/client/v1/obolus.js', tls: secure },
    operator: { port: operator, target: '/healthz' },
  };
}

function bytesOf({ bytes }, { target, host = 'localhost' }) {
  return Buffer.from(bytes.replaceAll('TARGET', target).replaceAll('HOST', host), 'latin1');
}

// What comes back for these bytes: {answers: [status, …], closed}. Waits for the close, for so many
// answers, or for silence.
export async function exchange({ port, tls: options }, bytes, enough = Infinity) {
  const socket = options
    ? tls.connect({ host: '127.0.0.1', port, ...options })
    : net.connect({ host: '127.0.0.1', port });
  let text = '';
  let closed = false;
  let quiet;
  const statuses = () =>
    [...text.matchAll(/HTTP\/1\.[01] (\d{3}) [A-Z]/g)].map(([, code]) => +code);
  await new Promise((resolve) => {
    const rest = () => {
      clearTimeout(quiet);
      quiet = setTimeout(resolve, kQuietMs);
    };
    const ended = () => resolve((closed = true));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (statuses().length >= enough) resolve();
      rest();
    });
    socket.on('error', ended).on('end', ended).on('close', ended);
    socket.once(options ? 'secureConnect' : 'connect', () => {
      socket.write(bytes);
      rest();
    });
  });
  clearTimeout(quiet);
  socket.destroy();
  return { answers: statuses(), closed, text };
}

// Undefined, or what is wrong.
async function faultOf(one, listener) {
  const followed = Buffer.concat([
    bytesOf(one, listener),
    Buffer.from(kFollower.replace('HOST', 'localhost')),
  ]);
  const wanted = one.ok ? (one.then ?? 2) : 2; // never two when it is refused
  const { answers, closed } = await exchange(listener, followed, wanted);
  const got = `${answers.join(', ') || 'nothing'}${closed ? ', closed' : ''}`;
  if (one.ok) {
    const served = answers.length === wanted && ![400, 408, 411, 501].includes(answers[0]);
    return served ? undefined : `answered ${got}, not ${wanted} times`;
  }
  const refused = answers.length === 1 && one.status.includes(answers[0]);
  if (!refused) return `answered ${got}, not ${one.status.join(' or ')}`;
  // The rest of the connection is not read: two would not agree where it begins.
  return closed ? undefined : `answered ${got}, and not closed`;
}

async function inTurn(cases, lanes, check) {
  const faults = [];
  let next = 0;
  const lane = async () => {
    while (next < cases.length) {
      const one = cases[next++];
      const fault = await check(one);
      if (fault) faults.push(`${one.name}: ${fault}`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return faults;
}

// Of each listener: {name, refused, served, of, faults}.
export async function sendToEach(obolus) {
  const results = [];
  for (const [name, listener] of Object.entries(listenersOf(obolus))) {
    const faults = await inTurn(kCorpus, 8, (one) => faultOf(one, listener));
    results.push({ name, faults });
  }
  return results;
}

// Behind nginx: how many requests nginx says it has passed on, and how many obolus has answered.
export async function sendThroughProxy(obolus) {
  const proxy = await Proxy.start({ all: [obolus], folder: obolus.folder, certs: obolus.certs });
  const listener = { port: proxy.shopper, target: '/client/v1/obolus.js' };
  const refusals = 'obolus_requests_refused_total';
  const answered = async () =>
    (await obolus.metric('obolus_http_requests_total', { listener: 'shopper' })) +
    (await obolus.metric(refusals, { listener: 'shopper' }));
  const faults = [];
  let passed = 0;
  for (const one of kCorpus) {
    const before = await answered();
    const lines = proxy.passedOn().length;
    await exchange(listener, bytesOf(one, listener), one.ok ? 1 : 2);
    // It says so of everything that it was sent, also of what it has refused or not understood.
    const news = await until('nginx to say what it passed on', () => {
      const all = proxy.passedOn();
      return all.length > lines ? all.slice(lines) : undefined;
    });
    const sent = news.filter(({ upstream }) => upstream !== '-').length;
    const taken = (await answered()) - before;
    passed += sent;
    if (taken !== sent) faults.push(`${one.name}: nginx sent ${sent}, obolus took ${taken}`);
    const strange = news.filter(({ upstream, path: target }) => {
      return upstream !== '-' && target === '/smuggled' && !one.bytes.includes('/smuggled');
    });
    if (strange.length > 0) faults.push(`${one.name}: nginx passed on ${strange[0].path}`);
  }
  await proxy.stop();
  return { passed, faults };
}

export function summary({ name, faults }) {
  const refusals = kCorpus.filter(({ ok }) => !ok).length;
  const legal = kCorpus.length - refusals;
  const wrong = new Set(faults.map((fault) => fault.split(': ')[0]));
  const right = kCorpus.filter((one) => !wrong.has(one.name));
  const refused = right.filter(({ ok }) => !ok).length;
  return (
    `${name.padEnd(9)} ${refused} of ${refusals} refused and closed, ` +
    `${right.length - refused} of ${legal} legal ones served`
  );
}

async function main() {
  parseArgs({ options: { verbose: { type: 'boolean', default: false } } });
  let wrong = 0;
  const tell = (faults) => {
    wrong += faults.length;
    for (const fault of faults) console.log(`  ${fault}`);
  };
  const secure = await Obolus.start({ tls: true });
  for (const result of await sendToEach(secure)) {
    console.log(summary(result));
    tell(result.faults);
  }
  assert.deepEqual(await secure.stop(), { code: 0, signal: null });
  const plain = await Obolus.start();
  const { passed, faults } = await sendThroughProxy(plain);
  console.log(
    `nginx     ${kCorpus.length - faults.length} of ${kCorpus.length} read alike by both, ` +
      `${passed} requests passed on`,
  );
  tell(faults);
  assert.deepEqual(await plain.stop(), { code: 0, signal: null });
  process.exitCode = wrong > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
