// Keys are rotated and retired under load: shoppers pay all the while, with both kinds of JWE and
// with one that names no key, each holding what it fetched for a while first; sealed cards come
// under the newest key in the background. No answer may be other than it would be without, every
// card must open in the end, and every old key must have gone. Ends with 1 when any of it is not
// so. `--what` lists what is rotated, by comma.
//
//   node tests/load/rotation.mjs [--rotations 20] [--shoppers 6] [--what keys] [--build FOLDER]
import { parseArgs } from 'node:util';
import { machine, pause } from '../support/account.mjs';
import { encrypt, kCards, payload } from '../support/card.mjs';
import { until } from '../support/client.mjs';
import { Obolus } from '../support/obolus.mjs';

const { values } = parseArgs({
  options: {
    rotations: { type: 'string', default: '20' },
    shoppers: { type: 'string', default: '6' },
    what: { type: 'string', default: 'keys' },
    build: { type: 'string', default: process.env.OBOLUS_BUILD ?? 'build/dev' },
  },
});
const kRotations = Number(values.rotations);
const kSpreadS = 1;
const kHoldMs = 2_500; // how long a shopper takes at most, several rotations at that
process.env.OBOLUS_BUILD = values.build;

// What can be rotated: `rotate` does it once and comes back when it is in use; `finish` looks
// whether all went well, gives rows for the table and adds to `faults`.
const kTargets = {
  keys: {
    rotate: async (obolus, account) => {
      const { status, json, text } = await obolus.operator('POST', '/keys/rotate?kind=all');
      if (status !== 200) throw new Error(`rotate: ${status} ${text}`);
      const made = new Set(json.keys.map(({ id }) => id));
      if (made.size !== 4) throw new Error(`${made.size} new keys`);
      await until('the new keys to be in use', async () => {
        const { keys } = (await obolus.operator('GET', '/keys')).json;
        return keys.filter(({ id, state }) => made.has(id) && state === 'active').length === 4;
      });
      account.keys += made.size;
      await retireAll(obolus, account);
    },
    finish: finishKeys,
  },
};

async function accepting(obolus) {
  const { keys } = (await obolus.operator('GET', '/keys')).json;
  return keys.filter(({ state }) => state === 'accepting');
}

// Retires what can be; what is needed must be refused, and with a number.
async function retireAll(obolus, account) {
  for (const { id } of await accepting(obolus)) {
    const { status, text } = await obolus.operator('POST', `/keys/${id}/retire`);
    if (status === 200) account.retired++;
    else if (status === 409) account.refused++;
    else throw new Error(`retire ${id}: ${status} ${text}`);
  }
}

async function finishKeys(obolus, account, faults) {
  await obolus.operator('POST', '/keys/rewrap');
  await until('all cards under the newest key', async () => {
    const { keys, rewrap } = (await obolus.operator('GET', '/keys')).json;
    const kek = keys.filter(({ kind, state }) => kind === 'key_encryption' && state !== 'retired');
    return !rewrap.running && kek.every(({ state, needed_by }) => state === 'active' || !needed_by);
  });
  await until('the old keys to be retired', async () => {
    await retireAll(obolus, account);
    return (await accepting(obolus)).length === 0;
  });
  const { keys, rewrap } = (await obolus.operator('GET', '/keys')).json;
  const active = keys.find(({ kind, state }) => kind === 'key_encryption' && state === 'active');
  if (rewrap.not_opened !== 0) faults.push(`${rewrap.not_opened} cards do not open`);
  if (active.needed_by !== account.paid) {
    faults.push(`${active.needed_by} cards are under the newest key, ${account.paid} were sealed`);
  }
  if (account.retired !== account.keys) {
    faults.push(`${account.keys} keys were replaced, ${account.retired} retired`);
  }
  return [
    ['keys made', account.keys],
    ['keys retired', `${account.retired}; ${account.refused} times refused as needed`],
    ['cards re-wrapped', `${rewrap.rewrapped}, of ${account.paid} sealed`],
    ['cards that do not open', rewrap.not_opened],
  ];
}

const kForms = [
  { alg: 'ECDH-ES' },
  { alg: 'RSA-OAEP-256' },
  { alg: 'RSA-OAEP', header: { kid: undefined } }, // as SDK 3.8.1 does
];

// Opens, looks, takes its time, pays, and looks again.
async function payOnce(obolus, form, account) {
  const { session_key } = await obolus.openPayment();
  const { data } = await obolus.state(session_key);
  const envelope = await encrypt(data, payload(kCards.visa), form);
  await pause(Math.random() * kHoldMs);
  const { status, text } = await obolus.complete(session_key, envelope);
  if (status !== 200) throw new Error(`${form.alg}: ${status} ${text}`);
  account.paid++;
  await obolus.state(session_key);
}

async function shop(obolus, account, isOver) {
  for (let n = 0; !isOver(); n++) {
    account.tried++;
    try {
      await payOnce(obolus, kForms[n % kForms.length], account);
    } catch (error) {
      account.errors.push(error.message);
    }
  }
}

const targets = values.what.split(',').map((name) => kTargets[name] ?? assertKnown(name));
function assertKnown(name) {
  throw new Error(`--what: ${name} is none of ${Object.keys(kTargets).join(', ')}`);
}

const faults = [];
const obolus = await Obolus.start({ vault: { key_spread_s: kSpreadS } });
try {
  const account = { tried: 0, paid: 0, keys: 0, retired: 0, refused: 0, errors: [] };
  let over = false;
  const shoppers = Array.from({ length: Number(values.shoppers) }, () =>
    shop(obolus, account, () => over),
  );
  try {
    for (let n = 0; n < kRotations; n++) {
      for (const target of targets) await target.rotate(obolus, account);
    }
  } finally {
    over = true;
    await Promise.all(shoppers);
  }
  const rows = [];
  for (const target of targets) rows.push(...(await target.finish(obolus, account, faults)));
  if (account.errors.length > 0) faults.push(`errors, the first: ${account.errors[0]}`);
  if (account.paid < kRotations) faults.push(`only ${account.paid} payments`);
  const table = [
    ['rotations of each', kRotations],
    ['payments meanwhile', `${account.paid} of ${account.tried}`],
    ['errors', account.errors.length],
    ...rows,
  ];
  console.log(`key rotation under load (${machine()})`);
  for (const [name, value] of table) console.log(`  ${name.padEnd(24)} ${value}`);
} finally {
  const exit = await obolus.stop();
  if (exit !== 0 && exit?.code !== 0) faults.push(`obolus ended with ${JSON.stringify(exit)}`);
}
for (const fault of faults) console.error(`fault: ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
