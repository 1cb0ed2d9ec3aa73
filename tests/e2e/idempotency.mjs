// Many clients send the same keys at the same time, while obolus is killed and started again: each
// key opens exactly one session, and everybody is answered the same bytes. Clients repeat a request
// that got no answer. `--store memory` shows that the account can be wrong: it must find replays
// that differ.
//
//   node tests/e2e/idempotency.mjs [--clients 64] [--keys 1000] [--kills 10]
import { randomUUID } from 'node:crypto';
import https from 'node:https';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { identity } from '../support/client.mjs';
import { Obolus } from '../support/obolus.mjs';
import { run } from '../support/processes.mjs';
import { databaseFile } from '../support/stored.mjs';

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '64' },
    keys: { type: 'string', default: '1000' },
    kills: { type: 'string', default: '10' },
    store: { type: 'string', default: 'sqlite' },
  },
});
const kClients = Number(values.clients);
const kKeys = Number(values.keys);
const kKills = Number(values.kills);
const kPatienceMs = 60_000;
const isMutated = values.store === 'memory';
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const keys = Array.from({ length: kKeys }, () => randomUUID());
const bodyOf = (number) => ({ payment: { amount: number + 1, currency_code: 'EUR' } });

// Until there is an answer: a killed server gives none, a busy one 429 or 503, and 409 says that
// the first call is still under way.
async function post(obolus, agent, number, account) {
  const end = Date.now() + kPatienceMs;
  for (;;) {
    try {
      account.sent++;
      const answer = await obolus.commerce('POST', '/sessions', {
        agent,
        body: bodyOf(number),
        headers: { 'Idempotency-Key': keys[number] },
        documented: false,
      });
      if (![409, 429, 503].includes(answer.status)) return answer;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    if (Date.now() > end) throw new Error(`key ${number}: no answer in ${kPatienceMs} ms`);
    await pause(10 + Math.random() * 40);
  }
}

// Half of the clients take the keys in one order, to meet at each; the others start elsewhere.
async function sendAll(obolus, client, account) {
  const agent = new https.Agent({
    keepAlive: true,
    maxSockets: 1,
    ...identity(obolus.certs, 'commerce-client'),
  });
  const first = client % 2 === 0 ? 0 : Math.floor((client * kKeys) / kClients);
  for (let i = 0; i < kKeys; i++) {
    const number = (first + i) % kKeys;
    const answer = await post(obolus, agent, number, account);
    const said = `${answer.status} ${answer.text}`;
    account.answers[number].set(said, (account.answers[number].get(said) ?? 0) + 1);
    account.done++;
  }
  agent.destroy();
}

async function killNowAndThen(obolus, account) {
  const total = kClients * kKeys;
  for (let kill = 0; kill < kKills; kill++) {
    while (account.done < ((kill + 0.5) * total) / kKills && !account.over) await pause(2);
    if (account.over) return;
    await obolus.process.kill();
    account.kills++;
    await obolus.launch();
  }
}

function faultsOf(account, stored) {
  const faults = [];
  account.answers.forEach((answers, number) => {
    const [said] = answers.keys();
    if (answers.size !== 1) faults.push(`key ${number}: ${answers.size} different answers`);
    else if (!said.startsWith('201 ')) faults.push(`key ${number}: ${said.slice(0, 100)}`);
    else if (answers.get(said) !== kClients)
      faults.push(`key ${number}: not everybody was answered`);
  });
  const sessions = new Set(account.answers.flatMap((answers) => [...answers.keys()]));
  if (sessions.size !== kKeys) faults.push(`${sessions.size} different answers to ${kKeys} keys`);
  if (stored !== undefined && stored !== kKeys) faults.push(`${stored} sessions for ${kKeys} keys`);
  if (account.kills < kKills) faults.push(`only ${account.kills} of ${kKills} kills took place`);
  return faults;
}

function countSessions(obolus) {
  const query = ['-readonly', databaseFile(obolus), 'SELECT count(*) FROM sessions'];
  const { status, stdout, stderr } = run('sqlite3', query);
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}

const obolus = await Obolus.start({ store: { kind: values.store } });
const account = { sent: 0, done: 0, kills: 0, over: false, answers: keys.map(() => new Map()) };
let faults = ['the run did not finish'];
const began = performance.now();
try {
  const killing = killNowAndThen(obolus, account);
  const clients = Array.from({ length: kClients }, (_, client) => sendAll(obolus, client, account));
  await Promise.all(clients);
  account.over = true;
  await killing;
  const stored = isMutated ? undefined : countSessions(obolus);
  faults = faultsOf(account, stored);
  for (const [name, value] of [
    ['clients x keys', `${kClients} x ${kKeys}`],
    ['kill -9', account.kills],
    ['requests sent', account.sent],
    ['answered', account.done],
    ['sessions stored', stored ?? '-'],
    ['seconds', ((performance.now() - began) / 1000).toFixed(1)],
    ['machine', `${os.cpus().length} x ${os.cpus()[0].model.trim()}`],
  ]) {
    console.log(`${name.padEnd(24)}${value}`);
  }
} catch (error) {
  faults = [error.message];
} finally {
  await obolus.stop();
}
for (const fault of faults.slice(0, 10)) console.error(`fault: ${fault}`);
const found = faults.some((fault) => fault.includes('different answers'));
if (isMutated) console.log(found ? 'the account found the losses' : 'the account found NO loss');
else console.log(faults.length === 0 ? 'one session a key, one answer' : 'idempotency: FAILED');
process.exit((isMutated ? found : faults.length === 0) ? 0 : 1);
