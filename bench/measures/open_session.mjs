// Durable POST /sessions: requests a second as fast as they are answered, and how long they take
// at half of that, beside the minimal program, nginx with a constant, and Node.
import { drive, kOpenBody, rawRequest, runWrk } from '../load.mjs';
import { isInstalled, kTitles } from '../programs.mjs';
import { atLeast, atMost, median, rotated, row } from '../rows.mjs';

const kAll = ['obolus', 'minimal', 'nginx', 'each', 'grouped'];
const kRatios = { minimal: atLeast(0.7), each: atLeast(5), grouped: atLeast(2), nginx: null };
const kTailToMedian = 3;

// One program's turn in a round: {perSecond, cpuUs}. Fails when a row of an answered request is
// not there.
async function takeTurn(bench, name, documentBytes) {
  const program = await bench.start(name, { documentBytes });
  const { connections } = bench;
  const load = { body: kOpenBody, connections };
  if (bench.warm > 0) await runWrk(program, { ...load, seconds: bench.warm });
  const cpu = program.cpuUs();
  const result = await runWrk(program, { ...load, seconds: bench.seconds });
  result.cpuUs = (program.cpuUs() - cpu) / result.requests;
  await program.stop();
  if (program.database) {
    const rows = program.query('SELECT count(*) FROM sessions');
    if (rows < result.requests) throw new Error(`${name} lost rows: ${rows} < ${result.requests}`);
  }
  if (name === 'obolus') {
    result.documentBytes = program.query('SELECT round(avg(length(document))) FROM sessions');
  }
  await program.discard();
  return result;
}

async function measureMaximum(bench) {
  const names = kAll.filter(isInstalled);
  const rounds = [];
  let documentBytes = 400;
  for (let number = 0; number < bench.rounds; number++) {
    const round = {};
    for (const name of rotated(names, number)) {
      bench.say(`POST /sessions: ${kTitles[name]}, round ${number + 1}`);
      round[name] = await takeTurn(bench, name, documentBytes);
      documentBytes = round.obolus?.documentBytes ?? documentBytes;
    }
    rounds.push(round);
  }
  return rounds;
}

// {p50Ms, p99Ms} at half of the highest rate.
async function measureHalf(bench, name, maximum) {
  const program = await bench.start(name);
  const request = rawRequest(program, 'POST', '/sessions', kOpenBody);
  const options = { rate: maximum / 2, warm: bench.warm, seconds: bench.seconds };
  const result = await drive(bench, program, [request], options);
  await program.discard();
  return result;
}

async function measureHalves(bench, rounds) {
  const names = ['obolus', 'each', 'grouped'].filter(isInstalled);
  const halves = [];
  for (let number = 0; number < bench.rounds; number++) {
    const half = {};
    for (const name of rotated(names, number)) {
      bench.say(`POST /sessions at half load: ${kTitles[name]}, round ${number + 1}`);
      const maximum = median(rounds.map((round) => round[name].perSecond));
      half[name] = await measureHalf(bench, name, maximum);
    }
    halves.push(half);
  }
  return halves;
}

export async function measureOpenSession(bench) {
  const rounds = await measureMaximum(bench);
  const rows = Object.keys(kRatios).map((name) =>
    row({
      id: `open_session.${name}`,
      what: 'durable POST /sessions',
      unit: '/s',
      pairs: rounds.map(({ obolus, [name]: other }) => [obolus.perSecond, other?.perSecond]),
      beside: kTitles[name],
      target: kRatios[name],
    }),
  );
  rows.push(
    row({
      id: 'open_session.cpu',
      what: 'processor time of one POST /sessions',
      unit: 'µs',
      pairs: rounds.map(({ obolus, minimal }) => [obolus.cpuUs, minimal.cpuUs]),
      beside: kTitles.minimal,
    }),
  );
  const halves = await measureHalves(bench, rounds);
  rows.push(
    row({
      id: 'half_load.tail',
      what: 'p99 of POST /sessions at half load',
      unit: 'ms',
      pairs: halves.map(({ obolus }) => [obolus.p99Ms, obolus.p50Ms]),
      beside: 'its own p50',
      target: atMost(kTailToMedian),
    }),
  );
  for (const name of ['each', 'grouped']) {
    rows.push(
      row({
        id: `half_load.${name}`,
        what: 'p99 of POST /sessions at half load',
        unit: 'ms',
        pairs: halves.map(({ obolus, [name]: other }) => [obolus.p99Ms, other?.p50Ms]),
        beside: `p50: ${kTitles[name]}`,
        target: atMost(1),
      }),
    );
  }
  return rows;
}
