// Events over mTLS to a bridge stand-in: how soon one arrives after its commit while sessions are
// cancelled at a steady rate, and how fast a backlog drains once the bridge is there again.
import { identity, request } from '../../tests/support/client.mjs';
import { drive, openSessions, rawRequest } from '../load.mjs';
import { isInstalled, kTitles } from '../programs.mjs';
import { obolusAtLeast, obolusAtMost, rotated, row } from '../rows.mjs';

const kServices = ['obolus', 'each', 'grouped'];
const kEventsPerSecond = 100;
const kNodeBacklog = 2000; // its rate does not depend on how many there are
const kLongestDrainMs = 120_000;
// While the bridge is away; after a pause of that much, all of the backlog is due.
const kRetryMs = 1000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function ask(sink, target) {
  const tls = identity(sink.certs, 'commerce-client');
  return request(`https://localhost:${sink.port}${target}`, { tls });
}

// Waits until so many events have arrived, and gives what the stand-in saw of them.
async function arrived(sink, count) {
  const end = Date.now() + kLongestDrainMs;
  for (;;) {
    const stats = (await ask(sink, '/stats')).json;
    if (stats.events >= count) return stats;
    if (Date.now() > end) throw new Error(`${stats.events} of ${count} events arrived`);
    await pause(50);
  }
}

async function cancelRequests(bench, program, count) {
  const keys = await openSessions(bench, program, count);
  return keys.map((key) => rawRequest(program, 'POST', `/sessions/${key}/cancel`));
}

async function measureDelay(bench, sink, name) {
  const program = await bench.start(name, { bridge: sink });
  const count = Math.max(1, Math.round(kEventsPerSecond * bench.seconds));
  const warm = Math.ceil(kEventsPerSecond * bench.warm);
  const requests = await cancelRequests(bench, program, warm + count);
  const options = { rate: kEventsPerSecond, port: program.shopperPort };
  if (warm > 0) {
    await drive(bench, program, requests.slice(0, warm), { ...options, count: warm });
    await arrived(sink, warm);
    await ask(sink, '/reset');
  }
  await drive(bench, program, requests.slice(warm), { ...options, count });
  const stats = await arrived(sink, count);
  await ask(sink, '/reset');
  await program.discard();
  return stats;
}

export async function measureEventDelay(bench) {
  const sink = await bench.startSink();
  const rounds = [];
  for (let number = 0; number < bench.rounds; number++) {
    const round = {};
    for (const name of rotated(['obolus', 'each'].filter(isInstalled), number)) {
      bench.say(`commit to bridge: ${kTitles[name]}, round ${number + 1}`);
      round[name] = await measureDelay(bench, sink, name);
    }
    rounds.push(round);
  }
  await sink.discard();
  return [
    ['p50', obolusAtMost(10)],
    ['p99', obolusAtMost(60)],
  ].map(([quantile, target]) =>
    row({
      id: `event_delay.${quantile}`,
      what: `event, commit to bridge, ${quantile}, at ${kEventsPerSecond}/s`,
      unit: 'ms',
      pairs: rounds.map((round) => [
        round.obolus[`${quantile}_ms`],
        round.each?.[`${quantile}_ms`],
      ]),
      beside: kTitles.each,
      target,
    }),
  );
}

// Events a second out of a backlog that was made while nobody listened at the bridge's port.
async function measureDrain(bench, name) {
  const away = { ...(await bench.bridgeAddress()) };
  const folder = bench.newFolder(name);
  const bridge = { retry_delays_ms: [kRetryMs], retry_longest_ms: kRetryMs, drain_per_s: 0 };
  const options = { bridge: away, folder, retryMs: kRetryMs, extra: { bridge } };
  let program = await bench.start(name, options);
  const count = name === 'obolus' ? bench.backlog : Math.min(bench.backlog, kNodeBacklog);
  const requests = await cancelRequests(bench, program, count);
  await drive(bench, program, requests, { count, port: program.shopperPort });
  await program.stop();
  await pause(kRetryMs + 500);
  const sink = await bench.startSink(away);
  program = await bench.start(name, options);
  const { events, seconds } = await arrived(sink, count);
  await program.discard();
  await sink.discard();
  return events / seconds;
}

export async function measureBacklog(bench) {
  const rounds = [];
  for (let number = 0; number < bench.rounds; number++) {
    const round = {};
    for (const name of rotated(kServices.filter(isInstalled), number)) {
      bench.say(`backlog of ${bench.backlog}: ${kTitles[name]}, round ${number + 1}`);
      round[name] = await measureDrain(bench, name);
    }
    rounds.push(round);
  }
  return ['each', 'grouped'].map((name) =>
    row({
      id: `drain.${name}`,
      what: `backlog of ${bench.backlog} events, drained`,
      unit: '/s',
      pairs: rounds.map((round) => [round.obolus, round[name]]),
      beside: kTitles[name],
      target: obolusAtLeast(3000),
    }),
  );
}
