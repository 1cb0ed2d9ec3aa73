// Cards go through the real program, and one second after the last of them its memory, all of it
// that /proc/PID/mem shows, holds none: numbers whole or in part, in any encoding, and security
// codes beside their name. The holder's name is a part of the event that Commerce is owed, so it is
// counted and printed, and not demanded to be gone. The memory of browsers is not ours to wipe.
//
//   node tests/canary/wiping.mjs [--sessions 1000] [--build build/release]
import { parseArgs } from 'node:util';
import { encrypt } from '../support/card.mjs';
import { Obolus } from '../support/obolus.mjs';
import { newCard, plaintextOf } from './cards.mjs';
import { Evidence } from './evidence.mjs';

const kAlgorithms = ['ECDH-ES', 'RSA-OAEP-256', 'ECDH-ES', 'RSA-OAEP'];
const kLanes = 8;

// Sends `count` cards, every eighth of them one that is refused. How many were accepted.
export async function sendCards(obolus, evidence, count) {
  let accepted = 0;
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < count; index = next++) {
      const kind = index % 8 === 7 ? 'misread' : ['visa', 'mastercard', 'amex'][index % 3];
      const card = evidence.add({ ...newCard(kind), way: kind });
      const { session_key } = await obolus.openPayment();
      const { data } = await obolus.state(session_key);
      const alg = kAlgorithms[index % kAlgorithms.length];
      const token = await encrypt(data, plaintextOf(card), { alg });
      const { status } = await obolus.complete(session_key, token);
      if (status !== (kind === 'misread' ? 422 : 200)) throw new Error(`${kind}: ${status}`);
      if (status === 200) accepted++;
    }
  };
  await Promise.all(Array.from({ length: kLanes }, lane));
  await obolus.settled();
  return accepted;
}

// {cards, bytes, left: cards of which something was found, names, hits}
export async function searchAfter(obolus, evidence, waitMs = 1000) {
  await new Promise((resolve) => setTimeout(resolve, waitMs));
  evidence.place('memory', obolus.process.pid, { mode: 'memory' });
  const [{ bytes, hits }] = evidence.search(['memory']);
  const isName = ({ kind }) => kind === 'name';
  const left = new Set(hits.filter((hit) => !isName(hit)).map(({ card }) => card.number));
  const names = new Set(hits.filter(isName).map(({ card }) => card.name));
  return { cards: evidence.cards.length, bytes, left, names, hits };
}

async function main() {
  const { values } = parseArgs({
    options: { sessions: { type: 'string', default: '1000' }, build: { type: 'string' } },
  });
  if (values.build) process.env.OBOLUS_BUILD = values.build;
  const evidence = new Evidence();
  const obolus = await Obolus.start();
  try {
    const accepted = await sendCards(obolus, evidence, Number(values.sessions));
    const found = await searchAfter(obolus, evidence);
    for (const hit of found.hits.filter(({ kind }) => kind !== 'name').slice(0, 20)) {
      console.log(`  ${hit.kind} (${hit.digits} digits), ${hit.encoding}, ${hit.where} @${hit.at}`);
    }
    console.log(
      `memory of obolus, 1 s after ${found.cards} cards (${accepted} accepted): ` +
        `${found.bytes.toLocaleString('en')} bytes searched; ` +
        `numbers or codes left: ${found.left.size} of ${found.cards}; ` +
        `names, which events carry: ${found.names.size}`,
    );
    return found.left.size === 0 && found.bytes > 10_000_000;
  } finally {
    await obolus.stop();
    evidence.remove();
  }
}

if (import.meta.filename === process.argv[1]) process.exit((await main()) ? 0 : 1);
