// The account of a run in which obolus dies: shoppers who pay through the sandbox and go on through
// every death, what they were told, what Commerce was told, and whether the two agree. It is used
// by the kill and fault campaigns, which add the deaths.
import os from 'node:os';
import path from 'node:path';
import { until } from './client.mjs';
import { run } from './processes.mjs';
import { kWishes, Shopper } from './shopper.mjs';

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

export function machine() {
  const load = os.loadavg()[0].toFixed(1);
  return `${os.cpus().length} x ${os.cpus()[0].model.trim()}, load ${load}`;
}

// Shoppers take payments from one counter until `progress.enough(count)`; `progress.done` counts
// those that have ended. What came of each, in order.
export async function payAll(stack, progress, { shoppers = 8, patienceMs = 60_000 } = {}) {
  const outcomes = [];
  let next = 0;
  const shop = async () => {
    while (!progress.enough(next)) {
      const wish = kWishes[next++ % kWishes.length];
      const shopper = new Shopper(stack, { patienceMs });
      const outcome = { wish };
      try {
        outcome.ends = (await shopper.pay(wish)).processing.status;
      } catch (error) {
        outcome.ends = 'LOST';
        outcome.error = error.message.replace(/\s+/g, ' ').slice(0, 120);
      }
      outcome.retries = shopper.retries;
      outcomes.push(outcome);
      progress.done = outcomes.length;
    }
  };
  await Promise.all(Array.from({ length: shoppers }, shop));
  return outcomes;
}

async function pendingEvents(stack) {
  const answer = await fetch(`${stack.operatorUrl}/events?status=pending`);
  return (await answer.json()).events.length;
}

// Waits until Obolus has nothing more to tell, and gives what Commerce knows then.
export async function closeAccount(stack, outcomes) {
  await until('an empty outbox', async () => (await pendingEvents(stack)) === 0).catch(
    () => undefined,
  );
  const report = await (await fetch(`${stack.shopUrl}/control/report`)).json();
  const due = outcomes.reduce((sum, { wish }) => sum + (wish.choice ? 2 : 1), 0);
  return { outcomes, report, due, pending: await pendingEvents(stack) };
}

// What was lost and what happened twice, each as lines for a person.
export function faultsOf({ outcomes, report, due, pending }) {
  const lost = [];
  const doubled = [];
  for (const { wish, ends, error } of outcomes) {
    if (ends === 'LOST') lost.push(`${wish.name}: LOST (${error})`);
    else if (ends !== wish.ends) doubled.push(`${wish.name}: ended ${ends}, not ${wish.ends}`);
  }
  for (const { rule, detail } of report.violations) doubled.push(`${rule}: ${detail}`);
  if (report.unresolved_count > 0) lost.push(`${report.unresolved_count} payments never ended`);
  if (pending > 0) lost.push(`${pending} events were not delivered`);
  const missing = due - report.events.accepted;
  if (missing > 0) lost.push(`${report.events.accepted} events arrived, ${due} were due`);
  if (missing < 0) doubled.push(`${report.events.accepted} events arrived, ${due} were due`);
  return { lost, doubled };
}

export function databaseOf(stack) {
  return path.join(stack.folder, 'data', 'obolus.db');
}

// Outbox rows as the database has them, by status.
export function outboxRows(stack) {
  const query =
    "SELECT coalesce(json_group_object(status, n), '{}') FROM " +
    '(SELECT status, count(*) AS n FROM events GROUP BY status)';
  const { status, stdout, stderr } = run('sqlite3', ['-readonly', databaseOf(stack), query]);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
