// Durable POST /sessions on one PostgreSQL server, with one, two and four replicas of Obolus that
// share it and their keys, each under its share of the connections. On one machine they all share
// its cores too, and the server's, so this shows what sharing costs and not what more machines
// give.
import { kOpenBody, runWrk } from '../load.mjs';
import { Postgres } from '../postgres.mjs';
import { rotated, row } from '../rows.mjs';

const kReplicas = [1, 2, 4];

async function measureCount(bench, count, dsn) {
  const extra = {
    store: { kind: 'postgres', dsn },
    vault: { key_file: `${bench.newFolder('keys')}.json` },
  };
  const replicas = [];
  // One after the other: the first one makes the tables and the keys.
  for (let i = 0; i < count; i++) replicas.push(await bench.start('obolus', { extra }));
  const connections = Math.max(1, Math.floor(bench.connections / count));
  const load = (seconds) =>
    Promise.all(
      replicas.map((replica) => runWrk(replica, { body: kOpenBody, connections, seconds })),
    );
  if (bench.warm > 0) await load(bench.warm);
  const results = await load(bench.seconds);
  for (const replica of replicas) await replica.discard();
  return results.reduce((sum, { perSecond }) => sum + perSecond, 0);
}

export async function measureReplicas(bench) {
  const postgres = await Postgres.start();
  const rounds = [];
  for (let number = 0; number < bench.rounds; number++) {
    const round = {};
    for (const count of rotated(kReplicas, number)) {
      bench.say(`PostgreSQL, ${count} replicas, round ${number + 1}`);
      round[count] = await measureCount(bench, count, postgres.newDatabase());
    }
    rounds.push(round);
  }
  await postgres.stop();
  return kReplicas.map((count) =>
    row({
      id: `replicas.${count}`,
      what: `durable POST /sessions, PostgreSQL, ${count} of Obolus`,
      unit: '/s',
      pairs: rounds.map((round) => (count === 1 ? [round[1]] : [round[count], round[1]])),
      beside: count === 1 ? '' : 'one of Obolus',
    }),
  );
}
