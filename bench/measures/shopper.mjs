// What a shopper's browser asks for: its session's state, and complete-action with cards that jose
// encrypted beforehand, each request for a session of its own. Both services deliver the events of
// it to the same bridge stand-in as they go.
import { encrypt, payload } from '../../tests/support/card.mjs';
import { drive, openSessions, rawRequest, runWrk } from '../load.mjs';
import { isInstalled, kTitles } from '../programs.mjs';
import { rotated, row } from '../rows.mjs';

const kAlgorithms = ['ECDH-ES', 'RSA-OAEP-256'];
// jose takes longer to encrypt than a server to open, so envelopes are used for several sessions.
const kEnvelopes = 500;
const kServices = ['obolus', 'each', 'grouped'];

async function stateOf(program, key) {
  const answer = await fetch(`http://127.0.0.1:${program.shopperPort}/sessions/${key}`);
  if (!answer.ok) throw new Error(`${program.name}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

// The same load on a program that runs already, a card a session.
async function completeAll(bench, program, alg) {
  const keys = await openSessions(bench, program, bench.cards[alg]);
  const { data } = await stateOf(program, keys[0]);
  const bodies = [];
  for (let i = 0; i < Math.min(kEnvelopes, keys.length); i++) {
    const enc_payload = await encrypt(data, payload(), { alg });
    bodies.push(JSON.stringify({ action: 'tokenize_card', result: { enc_payload } }));
  }
  const requests = keys.map((key, index) => {
    const target = `/sessions/${key}/complete-action`;
    return rawRequest(program, 'POST', target, bodies[index % bodies.length]);
  });
  const options = { port: program.shopperPort, count: requests.length, seconds: bench.seconds };
  return drive(bench, program, requests, options);
}

export async function measureCards(bench) {
  const sink = await bench.startSink();
  const rounds = [];
  for (let number = 0; number < bench.rounds; number++) {
    const round = {};
    for (const name of rotated(kServices.filter(isInstalled), number)) {
      round[name] = {};
      const program = await bench.start(name, { bridge: sink });
      for (const alg of kAlgorithms) {
        bench.say(`complete-action, ${alg}: ${kTitles[name]}, round ${number + 1}`);
        round[name][alg] = await completeAll(bench, program, alg);
      }
      await program.discard();
    }
    rounds.push(round);
  }
  await sink.discard();
  return kAlgorithms.flatMap((alg) =>
    ['each', 'grouped'].map((name) =>
      row({
        id: `complete_action.${alg}.${name}`,
        what: `complete-action, ${alg}`,
        unit: '/s',
        pairs: rounds.map(({ obolus, [name]: other }) => [
          obolus[alg].perSecond,
          other?.[alg].perSecond,
        ]),
        beside: kTitles[name],
      }),
    ),
  );
}

export async function measureShow(bench) {
  const rounds = [];
  for (let number = 0; number < bench.rounds; number++) {
    const round = {};
    for (const name of rotated(['obolus', 'each'].filter(isInstalled), number)) {
      bench.say(`GET /sessions/{key}: ${kTitles[name]}, round ${number + 1}`);
      const program = await bench.start(name);
      const [key] = await openSessions(bench, program, bench.connections);
      const { connections, warm } = bench;
      const request = { method: 'GET', target: `/sessions/${key}`, port: program.shopperPort };
      if (warm > 0) await runWrk(program, { ...request, connections, seconds: warm });
      round[name] = await runWrk(program, { ...request, connections, seconds: bench.seconds });
      await program.discard();
    }
    rounds.push(round);
  }
  return [
    row({
      id: 'show_session',
      what: 'GET /sessions/{key}',
      unit: '/s',
      pairs: rounds.map(({ obolus, each }) => [obolus.perSecond, each?.perSecond]),
      beside: 'Node',
    }),
  ];
}
