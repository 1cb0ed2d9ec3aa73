// The bridge is away while events are committed, and comes back: the alarm is raised in time, new
// events go before the backlog, the backlog drains at its rate, and nothing is lost or sent twice.
// Then the bridge takes connections and never answers: once it answers again, new events arrive
// within a delivery's time-out. Ends with 1 when any of it is not so. `--noisy`: on a machine that
// is busy with other things, so waits may be longer and the drain slower.
//
//   node tests/load/backlog.mjs [--events 50000] [--cap 500] [--noisy] [--build build/release]
import { parseArgs } from 'node:util';
import { drive, openSessions, rawRequest } from '../../bench/load.mjs';
import { machine, pause, quantile } from '../support/account.mjs';
import { Bridge } from '../support/bridge.mjs';
import { request, until } from '../support/client.mjs';
import { Obolus } from '../support/obolus.mjs';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '50000' },
    cap: { type: 'string', default: '500' },
    noisy: { type: 'boolean', default: false },
    build: { type: 'string', default: process.env.OBOLUS_BUILD ?? 'build/dev' },
  },
});
const kEvents = Number(values.events);
const kCap = Number(values.cap);
const kTimeoutMs = values.noisy ? 3_000 : 10_000;
const kNewPerSecond = 20;
const kAlarmMs = 60_000;
// When the bridge is back and slow, a few deliveries time out. What was tried counts as backlog,
// and Commerce may have taken it: so a busy machine is judged by the median, and not by what came
// twice.
const kLimits = values.noisy
  ? { newMs: 2_000, share: 0.5, lowest: 0.3, healMs: kTimeoutMs + 10_000, twice: Infinity }
  : { newMs: 2_000, share: 0.99, lowest: 0.8, healMs: kTimeoutMs + 1_000, twice: 0 };
const kParkedMs = 10_000;
const kHighest = 1.2;
process.env.OBOLUS_BUILD = values.build;

// Commerce calls by plain HTTP, so that load_driver can be Commerce; the bridge is as ever.
async function startObolus() {
  const obolus = await Obolus.start({
    commerce: { require: 'api_key', tls: { mode: 'off' } },
    bridge: { timeout_ms: kTimeoutMs, drain_per_s: kCap, retry_longest_ms: 2000 },
  });
  await obolus.bridge.stop();
  return obolus;
}

const commerceOf = (obolus) => ({ ...obolus, name: 'obolus', port: obolus.ports.commerce });

// Commits `count` events while nobody listens at the bridge's port.
async function commitBacklog(obolus, count) {
  const bench = { build: values.build, connections: 64 };
  const keys = await openSessions(bench, commerceOf(obolus), count);
  const requests = keys.map((key) =>
    rawRequest(commerceOf(obolus), 'POST', `/sessions/${key}/cancel`),
  );
  const port = obolus.ports.shopper;
  await drive(bench, commerceOf(obolus), requests, { count, port });
}

// Opens a session and cancels it: {terminal, at}.
async function commitOne(obolus) {
  const opened = await request(`http://127.0.0.1:${obolus.ports.commerce}/sessions`, {
    method: 'POST',
    headers: { 'x-api-key': obolus.apiKey },
    body: { type: 'payment' },
  });
  const { session_key, terminal_id } = opened.json;
  await request(`http://127.0.0.1:${obolus.ports.shopper}/sessions/${session_key}/cancel`, {
    method: 'POST',
  });
  return { terminal: terminal_id, at: Date.now() };
}

// Commits one now and then until `isOver()`; all of them.
async function commitSteadily(obolus, isOver) {
  const commits = [];
  const began = Date.now();
  while (!isOver()) {
    commits.push(commitOne(obolus));
    await pause(began + (commits.length * 1000) / kNewPerSecond - Date.now());
  }
  return Promise.all(commits);
}

// How often each event was accepted, by terminal, and when first.
function acceptedBy(bridge) {
  const accepted = new Map();
  for (const { event, at, answered } of bridge.deliveries) {
    if (answered < 200 || answered > 299) continue;
    const seen = accepted.get(event.subject) ?? { at, ids: new Set(), times: 0 };
    seen.ids.add(event.id);
    seen.times++;
    accepted.set(event.subject, seen);
  }
  return accepted;
}

function delaysOf(commits, bridge) {
  const accepted = acceptedBy(bridge);
  return commits.map(({ terminal, at }) => {
    const seen = accepted.get(terminal);
    return seen ? Math.max(0, seen.at - at) : Infinity;
  });
}

// Events a second between the first and the last tenth of the backlog.
function drainRate(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const [first, last] = [0.1, 0.9].map((share) => Math.floor(share * (sorted.length - 1)));
  return ((last - first) * 1000) / (sorted[last] - sorted[first]);
}

async function outage(obolus, faults) {
  const began = Date.now();
  await commitBacklog(obolus, kEvents);
  const filledMs = Date.now() - began;
  const alarm = await obolus.process.event('outbox_is_behind', kAlarmMs);
  const alarmMs = Date.parse(alarm.time) - began;
  if (alarmMs > kAlarmMs) faults.push(`the alarm came after ${alarmMs} ms`);
  const asked = performance.now();
  const pending = await obolus.metric('obolus_outbox_events', { status: 'pending' });
  const metricsMs = performance.now() - asked;
  const oldest = await obolus.metric('obolus_outbox_oldest_seconds');
  if (pending !== kEvents) faults.push(`${pending} events are pending`);
  if (!(oldest >= 25)) faults.push(`the oldest is said to be ${oldest} s old`);
  return { filledMs, alarmMs, metricsMs };
}

async function comeBack(obolus, faults) {
  obolus.bridge = await Bridge.start(obolus.certs, obolus.ports.bridge);
  let over = false;
  const committing = commitSteadily(obolus, () => over);
  const isDrained = () => obolus.bridge.deliveries.length >= kEvents && acceptedBy(obolus.bridge);
  await until('the backlog to drain', isDrained, {
    timeoutMs: 60_000 + (4_000 * kEvents) / kCap,
    everyMs: 250,
  });
  over = true;
  const commits = await committing;
  await obolus.settled();
  const fresh = new Set(commits.map(({ terminal }) => terminal));
  const accepted = acceptedBy(obolus.bridge);
  const backlog = [...accepted].filter(([terminal]) => !fresh.has(terminal));
  const delays = delaysOf(commits, obolus.bridge);
  const [p50, p99] = [0.5, 0.99].map((share) => quantile(delays, share));
  const rate = drainRate(backlog.map(([, { at }]) => at));
  const twice = [...accepted.values()].filter(({ times }) => times > 1).length;
  if (!(quantile(delays, kLimits.share) <= kLimits.newMs)) {
    faults.push(`new events arrived late: p50 ${p50} ms, p99 ${p99} ms`);
  }
  if (backlog.length !== kEvents) faults.push(`${backlog.length} of the backlog arrived`);
  if (rate < kCap * kLimits.lowest || rate > kCap * kHighest) {
    faults.push(`${rate.toFixed(0)} events of the backlog a second, ${kCap} were wanted`);
  }
  if ([...accepted.values()].some(({ ids }) => ids.size > 1)) faults.push('a second event');
  if (twice > kLimits.twice) faults.push(`${twice} events were accepted twice`);
  return { commits: commits.length, p50, p99, rate, twice };
}

// A bridge that takes everything and says nothing holds all deliveries until they time out.
async function blackHole(obolus, faults) {
  obolus.bridge.answer = () => 'never';
  const end = Date.now() + 2 * kTimeoutMs;
  await commitSteadily(obolus, () => Date.now() > end);
  obolus.bridge.answer = () => ({ status: 204 });
  const healed = Date.now();
  const commits = await commitSteadily(obolus, () => Date.now() > healed + 2000);
  await obolus.settled();
  const slowest = Math.max(...delaysOf(commits, obolus.bridge));
  if (!(slowest <= kLimits.healMs)) faults.push(`after the black hole: ${slowest} ms`);
  return { slowest };
}

async function park(obolus, faults) {
  obolus.bridge.answer = () => ({ status: 410 });
  const { at } = await commitOne(obolus);
  const line = await obolus.process.event('event_parked', 15_000);
  const parkedMs = Date.parse(line.time) - at;
  const parked = await obolus.metric('obolus_outbox_events', { status: 'parked' });
  if (parkedMs > kParkedMs) faults.push(`parked, and told after ${parkedMs} ms`);
  if (parked !== 1) faults.push(`${parked} events are parked`);
  return { parkedMs };
}

const faults = [];
const obolus = await startObolus();
try {
  const away = await outage(obolus, faults);
  const back = await comeBack(obolus, faults);
  const hole = await blackHole(obolus, faults);
  const { parkedMs } = await park(obolus, faults);
  const rows = [
    ['backlog', `${kEvents} events, committed in ${(away.filledMs / 1000).toFixed(1)} s`],
    ['alarm after the first of them', `${(away.alarmMs / 1000).toFixed(1)} s`],
    ['GET /metrics meanwhile', `${away.metricsMs.toFixed(0)} ms`],
    ['drained at', `${back.rate.toFixed(0)} a second, cap ${kCap}`],
    ['new events meanwhile', `${back.commits}, p50 ${back.p50} ms, p99 ${back.p99} ms`],
    ['accepted twice', back.twice],
    ['new events after a black hole', `at most ${hole.slowest} ms, time-out ${kTimeoutMs} ms`],
    ['alarm of a parked event', `${parkedMs} ms`],
    ['machine', machine()],
  ];
  for (const [name, value] of rows) console.log(`${name.padEnd(34)}${value}`);
} catch (error) {
  faults.push(error.message);
} finally {
  const { code } = await obolus.stop();
  if (code !== 0) faults.push(`obolus ended with ${code}`);
}
for (const fault of faults) console.error(`fault: ${fault}`);
console.log(faults.length === 0 ? 'backlog: as promised' : 'backlog: FAILED');
process.exit(faults.length === 0 ? 0 : 1);
