// What payments cost on PostgreSQL: shoppers pay through the sandbox, with and without a 3-D Secure
// challenge, and the server says what came of it: bytes a row with its indexes, commits, statements
// and WAL a payment, and processor time and memory of obolus. Sizing in docs/operating.md rests on
// these figures.
//
//   node tests/replicas/footprint.mjs [--payments N] [--shoppers N] [--build build/release]
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { closeAccount, faultsOf, machine, payAll } from '../support/account.mjs';
import { Postgres } from '../support/postgres.mjs';
import { ephemeralPorts, Stack } from '../support/stack.mjs';

const { values } = parseArgs({
  options: {
    payments: { type: 'string', default: '300' },
    shoppers: { type: 'string', default: '16' },
    build: { type: 'string' },
  },
});
const kPayments = Number(values.payments);
const kTicksPerSecond = 100; // of /proc/PID/stat, on every Linux that Debian runs on

const kTables = `SELECT relname, n_live_tup, pg_relation_size(relid), pg_indexes_size(relid),
  pg_total_relation_size(relid) FROM pg_stat_user_tables WHERE n_live_tup > 0 ORDER BY 5 DESC`;
const kTotals = `SELECT pg_current_wal_lsn() - '0/0'::pg_lsn,
  (SELECT coalesce(sum(calls), 0) FROM pg_stat_statements),
  (SELECT wal_fpi FROM pg_stat_wal)`;
// One row a commit that writes, for an hour.
const kCommits = 'SELECT count(*) FROM operations';

function usage(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const seconds = (Number(fields[11]) + Number(fields[12])) / kTicksPerSecond;
  return { seconds, rssKb: Number(/VmRSS:\s+(\d+)/.exec(status)[1]) };
}

async function requestsOf(stack) {
  const text = await (await fetch(`${stack.operatorUrl}/metrics`)).text();
  const lines = text.match(/^obolus_http_requests_total\{.*$/gm) ?? [];
  return lines
    .filter((line) => !line.includes('listener="operator"'))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

function report(label, before, after, payments) {
  const names = ['WAL bytes', 'statements', 'full-page images'];
  for (const [i, name] of names.entries()) {
    console.log(`${label} ${name}: ${((after[i] - before[i]) / payments).toFixed(1)}`);
  }
}

async function main() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-footprint-'));
  const postgres = await Postgres.start({
    shared_preload_libraries: 'pg_stat_statements',
    max_wal_size: '4GB',
    checkpoint_timeout: '1h',
  });
  const dsn = postgres.newDatabase();
  const numbers = (sql) => postgres.sql(sql, dsn).split('|').map(Number);
  const extra = { store: { kind: 'postgres', dsn } };
  const build = values.build;
  const stack = new Stack({ folder, ports: await ephemeralPorts(), extra, build });
  try {
    postgres.sql('CREATE EXTENSION pg_stat_statements', dsn);
    await stack.start();
    console.log(`${kPayments} payments, ${values.shoppers} shoppers, ${machine()}`);
    const before = numbers(kTotals);
    const committed = numbers(kCommits)[0];
    const used = usage(stack.obolus.pid);
    const outcomes = await payAll(
      stack,
      { enough: (count) => count >= kPayments },
      { shoppers: Number(values.shoppers), patienceMs: 120_000 },
    );
    const account = await closeAccount(stack, outcomes);
    const after = numbers(kTotals);
    const now = usage(stack.obolus.pid);
    const { lost, doubled } = faultsOf(account);
    const requests = await requestsOf(stack);
    const connections = postgres.sql(
      "SELECT count(*) FROM pg_stat_activity WHERE datname = 'obolus_1'" +
        " AND application_name NOT LIKE 'psql%'",
      dsn,
    );
    postgres.sql('ANALYZE', dsn);
    report('a payment:', before, after, kPayments);
    const commits = numbers(kCommits)[0] - committed;
    console.log(`a payment: commits that write: ${(commits / kPayments).toFixed(1)}`);
    console.log(`a payment: requests: ${(requests / kPayments).toFixed(1)}`);
    const ms = (now.seconds - used.seconds) * 1000;
    console.log(
      `obolus: ${(ms / requests).toFixed(3)} ms of processor time a request, ` +
        `${(ms / kPayments).toFixed(2)} ms a payment, ` +
        `${(now.rssKb / 1024).toFixed(0)} MiB resident, ${connections} connections`,
    );
    console.log('table                rows  rows/payment  heap/row  indexes/row  bytes/payment');
    for (const line of postgres.sql(kTables, dsn).split('\n')) {
      const [name, ...rest] = line.split('|');
      const [rows, heap, indexes, total] = rest.map(Number);
      const cells = [rows / kPayments, heap / rows, indexes / rows, total / kPayments];
      console.log(
        `${name.padEnd(19)} ${String(rows).padStart(5)} ${cells
          .map((cell, i) => cell.toFixed(i === 0 ? 2 : 0).padStart([13, 9, 12, 14][i]))
          .join(' ')}`,
      );
    }
    for (const fault of [...lost, ...doubled].slice(0, 10)) console.log(`fault: ${fault}`);
    return lost.length + doubled.length === 0 ? 0 : 1;
  } finally {
    await stack.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exit(await main());
