// Events on PostgreSQL, three obolus that carry them, and kill -9 of one of them after the other.
// In the end every event has arrived, none waits, an event that arrived twice had the same bytes,
// and the events of each session came in order. Ends with 1 when not.
//
// With `--break order|skip|stuck` the database itself does wrong (a trigger), and the campaign must
// find that out: then it ends with 0 only when it did.
//
//   node tests/replicas/outbox.mjs [--events N] [--replicas N] [--kill-every-ms N] [--break WHAT]
import { parseArgs } from 'node:util';
import { machine, pause } from '../support/account.mjs';
import { until } from '../support/client.mjs';
import { EventSink } from '../support/event_sink.mjs';
import { Replicas } from '../support/replicas.mjs';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '3000' },
    replicas: { type: 'string', default: '3' },
    'kill-every-ms': { type: 'string', default: '2500' },
    break: { type: 'string' },
  },
});
const kEvents = Number(values.events);
const kPerSession = 10;
const kChunk = 5_000; // events that are there before more come
const kStandsStillMs = 60_000;

const kBreaches = {
  order: `CREATE FUNCTION breach() RETURNS trigger AS $$ BEGIN
      NEW.claim_at := NEW.due_at; RETURN NEW; END $$ LANGUAGE plpgsql;
    CREATE TRIGGER breach BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION breach()`,
  skip: `CREATE FUNCTION breach() RETURNS trigger AS $$ BEGIN
      NEW.status := 'delivered'; NEW.claim_at := NULL; RETURN NEW; END $$ LANGUAGE plpgsql;
    CREATE TRIGGER breach BEFORE INSERT ON events FOR EACH ROW
      WHEN (NEW.seq % 100 = 0) EXECUTE FUNCTION breach()`,
  stuck: `CREATE FUNCTION breach() RETURNS trigger AS $$ BEGIN
      NEW.claim_at := NULL; RETURN NEW; END $$ LANGUAGE plpgsql;
    CREATE TRIGGER breach BEFORE INSERT ON events FOR EACH ROW
      WHEN (NEW.seq % 100 = 1) EXECUTE FUNCTION breach()`,
};

// Rows as InsertEvent writes them: the first event of a session can be claimed.
const insert = (from, to) => `
  INSERT INTO events (id, session_id, type, subject, traceparent, request_id, time, body, status,
    attempts, due_at, first_due_at, last_error, lease, claim_at)
  SELECT gen_random_uuid(), md5('session ' || n / ${kPerSession})::uuid, 'CardSessionCreated',
    convert_to((n / ${kPerSession})::text, 'UTF8'),
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', '', now_ms,
    convert_to('{"n":' || n % ${kPerSession} || ',"salt":"' || md5(random()::text) || '"}', 'UTF8'),
    'pending', 0, now_ms, now_ms, '', 0,
    CASE WHEN n % ${kPerSession} = 0 THEN now_ms END
  FROM generate_series(${from}, ${to - 1}) AS n,
    (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms) AS clock ORDER BY n`;

async function killNow(replicas, state) {
  const replica = replicas.all[Math.floor(Math.random() * replicas.all.length)];
  await replica.process.kill();
  state.kills++;
  await pause(Math.random() * 1_000);
  await replicas.relaunch(replica);
}

async function kill(replicas, state) {
  while (!state.over) {
    await pause(Math.random() * 2 * Number(values['kill-every-ms']));
    if (!state.over) await killNow(replicas, state);
  }
}

// More come as long as they are taken; over when nothing waits, or nothing happens any more.
async function carry(replicas, sink) {
  let inserted = 0;
  let moved = Date.now();
  let before = -1;
  for (;;) {
    while (inserted < kEvents && inserted - sink.size < kChunk) {
      const next = Math.min(inserted + kChunk, kEvents);
      replicas.query(insert(inserted, next));
      inserted = next;
    }
    await pause(100);
    if (sink.size !== before) [before, moved] = [sink.size, Date.now()];
    const isStill = Date.now() - moved > (values.break ? 8_000 : kStandsStillMs);
    const isDone = inserted === kEvents && sink.size >= kEvents;
    if (isStill || isDone) return isDone;
  }
}

// What the programs said last.
function explain(replicas) {
  for (const { process } of replicas.all) {
    const lines = process.text.trimEnd().split('\n');
    console.log(`${process.name}:\n  ${lines.slice(-8).join('\n  ')}`);
  }
}

function faultsOf(replicas, sink) {
  const rows = replicas.query('SELECT status, count(*) FROM events GROUP BY status');
  const count = Object.fromEntries(rows.split('\n').map((row) => row.split('|')));
  const pending = Number(count.pending ?? 0);
  const skipped = Number(count.delivered ?? 0) + pending + Number(count.parked ?? 0) - sink.size;
  // Whoever settles an event looks for the next of its session; never among all that wait.
  const read = replicas.query(
    "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'events_pending'",
  );
  return {
    skipped: Math.max(0, skipped - pending),
    stuck: pending,
    parked: Number(count.parked ?? 0),
    'other bytes': sink.otherBytes,
    'out of order': sink.outOfOrder,
    'index rows read too many': Math.max(0, Number(read) - 20 * kEvents),
  };
}

async function main() {
  console.log(`${kEvents} events, ${kPerSession} a session, ${machine()}`);
  let sink;
  const replicas = await Replicas.start(
    Number(values.replicas),
    { bridge: { timeout_ms: 5_000, concurrency: 16, retry_delays_ms: [0, 100, 200] } },
    { bridge: async (certs) => (sink = await EventSink.start(certs)) },
  );
  const state = { kills: 0, over: false };
  try {
    if (values.break) replicas.query(kBreaches[values.break]);
    const began = performance.now();
    const killing = kill(replicas, state);
    await killNow(replicas, state);
    const isDone = await carry(replicas, sink);
    if (!isDone && !values.break) explain(replicas);
    state.over = true;
    await killing;
    const pending = "SELECT count(*) FROM events WHERE status = 'pending'";
    const settled = () => replicas.query(pending) === '0';
    if (isDone) await until('all to be settled', settled, { timeoutMs: 60_000 }).catch(() => {});
    const seconds = (performance.now() - began) / 1000;
    const faults = faultsOf(replicas, sink);
    const sum = Object.values(faults).reduce((a, b) => a + b, 0);
    const text = Object.entries(faults).map(([name, n]) => `${n} ${name}`);
    console.log(
      `${sink.size} arrived in ${seconds.toFixed(0)} s, ${sink.twice} of them again, ` +
        `${sink.refused} refused at first, ${state.kills} kills: ${text.join(', ')}`,
    );
    if (!values.break) return sum === 0 && isDone && state.kills > 0 ? 0 : 1;
    console.log(sum > 0 ? 'the campaign found the breach' : 'the campaign found NO breach');
    return sum > 0 ? 0 : 1;
  } finally {
    state.over = true;
    await replicas.stop();
  }
}

process.exit(await main());
