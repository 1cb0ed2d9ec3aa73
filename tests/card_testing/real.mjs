// A small attack on the real program beside honest shoppers, over HTTP, really encrypted: one
// address and a botnet that test cards, each card in a session of its own, while Commerce says how
// the payments end. Prints one line each and fails when a figure is missed: a simulated town
// (campaign.cpp) says the same of ten thousand cards.
//
//   OBOLUS_BIN=… node tests/card_testing/real.mjs [--cards 300] [--shoppers 150]
import { parseArgs } from 'node:util';
import { encrypt, kCards, payload } from '../support/card.mjs';
import { Obolus } from '../support/obolus.mjs';
import { panOf, solve } from '../support/work.mjs';

const { values } = parseArgs({
  options: {
    cards: { type: 'string', default: '300' },
    shoppers: { type: 'string', default: '150' },
  },
});
const kTries = Number(values.cards);
const kShoppers = Number(values.shoppers);
const kGoodOfAttacker = 0.02;
const kDeclinedOfShoppers = 0.12;
// A burst is a small part of ten thousand cards and a large one of these: what may reach the vault
// is the burst of the rule that stops each, what is on its way meanwhile, and what leaks.
const kMostReached = { 'one address': 40, 'botnet without proofs': 60 };

let seed = 7;
const chance = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
const newPan = () => panOf(`4${Math.floor(1e6 + chance() * 8e6)}`, Math.floor(chance() * 1e7));

async function pay(obolus, from, { solves, pan = newPan(), good }) {
  const headers = { 'x-forwarded-for': from };
  const { session_key, terminal_id } = await obolus.openPayment();
  const path = `/sessions/${session_key}`;
  let stepped = false;
  for (let attempt = 0; attempt < 2; attempt++) {
    const { data } = (await obolus.shopper('GET', path, { headers })).json;
    const enc_payload = await encrypt(data, payload(kCards.visa, { account_number: pan }));
    stepped ||= data.proof_of_work !== undefined;
    const proof_of_work = data.proof_of_work && solves ? solve(data.proof_of_work) : null;
    const answer = await obolus.shopper('POST', `${path}/complete-action`, {
      headers,
      body: { action: 'tokenize_card', result: { enc_payload, proof_of_work } },
    });
    if (answer.status === 200) {
      const state = good ? 'authorized' : 'failed';
      await obolus.event('StateChanged', { terminal_id, state });
      return { reached: true, stepped };
    }
    // The work may have become necessary in between: the frame looks again, too.
    if (answer.status !== 429 || !solves) break;
  }
  return { reached: false, stepped };
}

async function campaign(what, address, solves) {
  const obolus = await Obolus.start({
    shopper: { trusted_proxies: ['127.0.0.0/8', '::1'] },
    limits: { enabled: true },
  });
  const seen = { reached: 0, blocked: 0, stepped: 0 };
  try {
    for (let i = 0; i < Math.max(kTries, kShoppers); i++) {
      if (i < kTries) {
        const attack = await pay(obolus, address(i), { solves, good: chance() < kGoodOfAttacker });
        seen.reached += attack.reached ? 1 : 0;
      }
      if (i < kShoppers) {
        const home = `81.${i % 250}.${Math.floor(i / 250)}.9`;
        const good = chance() >= kDeclinedOfShoppers;
        const honest = await pay(obolus, home, { solves: true, good });
        seen.blocked += honest.reached ? 0 : 1;
        seen.stepped += honest.stepped ? 1 : 0;
      }
    }
  } finally {
    await obolus.stop();
  }
  const ok = seen.reached <= kMostReached[what] && seen.blocked === 0;
  console.log(
    `real program: ${what}: ${kTries} cards tried, ${seen.reached} reached the vault (at most` +
      ` ${kMostReached[what]}); ${kShoppers} shoppers, ${seen.blocked} blocked, ${seen.stepped}` +
      ` did some work: ${ok ? 'ok' : 'MISSED'}`,
  );
  return ok;
}

const one = await campaign('one address', () => '198.51.100.66', true);
const botnet = await campaign(
  'botnet without proofs',
  (i) => `17${i % 9}.${i % 250}.${(i * 7) % 250}.${(i * 31) % 250}`,
  false,
);
process.exitCode = one && botnet ? 0 : 1;
