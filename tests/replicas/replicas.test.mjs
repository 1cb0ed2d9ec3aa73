// Three obolus on one PostgreSQL: it does not matter which of them a request reaches, what one
// changes the others hear of, and what one leaves behind when it dies another finishes.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { copyFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { encrypt, kCards, payload } from '../support/card.mjs';
import { until } from '../support/client.mjs';
import { kTick, listen } from '../support/event_stream.mjs';
import { Replicas } from '../support/replicas.mjs';

describe('three replicas on one PostgreSQL', () => {
  let replicas;
  let a, b, c;
  before(async () => {
    // The lease of a claim is this time-out and 5 s.
    replicas = await Replicas.start(3, { bridge: { timeout_ms: 1_000 } });
    [a, b, c] = replicas.all;
  });
  after(async () => {
    for (const exit of await replicas.stop()) assert.deepEqual(exit, { code: 0, signal: null });
  });

  test('a session opened at one is shown, completed and cancelled at the others', async () => {
    const paid = await a.openPayment();
    assert.equal((await b.state(paid.session_key)).next_action, 'tokenize_card');
    const answer = await c.pay(paid.session_key);
    assert.equal(answer.status, 200, answer.text);
    for (const replica of replicas.all) {
      assert.equal((await replica.state(paid.session_key)).status, 'success');
    }
    const left = await b.openPayment();
    const cancelled = await c.shopper('POST', `/sessions/${left.session_key}/cancel`);
    assert.equal(cancelled.status, 200, cancelled.text);
    assert.equal((await a.state(left.session_key)).status, 'failure');
    await replicas.bridge.waitFor(paid.terminal_id, 'CardSessionCreated');
    await replicas.bridge.waitFor(left.terminal_id, 'CardSessionFailed');
  });

  test('a stream at one tells what happened at another', async () => {
    const { session_key } = await a.openPayment();
    const stream = listen(a, session_key);
    await until('the first state', () => stream.states.length > 0);
    await b.pay(session_key);
    const began = Date.now();
    await until('success', () => stream.states.at(-1).status === 'success');
    // Less than a tick, so it was told and did not look by itself.
    assert.ok(Date.now() - began < kTick / 2, `${Date.now() - began} ms`);
    stream.call.destroy();
  });

  test('a stream that is not told looks by itself', async () => {
    const { session_key } = await a.openPayment();
    const stream = listen(a, session_key);
    await until('the first state', () => stream.states.length > 0);
    const lost = replicas.query(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query = 'LISTEN obolus'",
    );
    assert.equal(lost, '3');
    await b.pay(session_key);
    await until('success', () => stream.states.at(-1).status === 'success', {
      timeoutMs: 3 * kTick,
    });
    stream.call.destroy();
  });

  test('one idempotency key at two of them at once opens one session', async () => {
    for (let i = 0; i < 10; ++i) {
      const headers = { 'idempotency-key': randomUUID() };
      const body = { payment: { amount: i + 1 } };
      const answers = await Promise.all(
        [a, b, c, a, b, c].map((replica) =>
          replica.commerce('POST', '/sessions', { headers, body }),
        ),
      );
      const opened = answers.filter(({ status }) => status === 201);
      assert.ok(opened.length > 0);
      for (const { status, text } of answers) assert.ok([201, 409].includes(status), text);
      assert.equal(new Set(opened.map(({ text }) => text)).size, 1);
      const again = await b.commerce('POST', '/sessions', { headers, body });
      assert.deepEqual(again.bytes, opened[0].bytes);
    }
  });

  test('a void at one and a card at another have one winner', async () => {
    const winners = { created: 0, voided: 0 };
    for (let i = 0; i < 12; ++i) {
      const { session_key, terminal_id } = await c.openPayment();
      const { data } = await a.state(session_key);
      const sealed = await encrypt(data, payload(kCards.visa));
      const [submitted, voided] = await Promise.all([
        b.complete(session_key, sealed),
        a.event('SessionVoided', { terminal_id }),
      ]);
      assert.equal(voided.status, 204, voided.text);
      const states = await Promise.all(
        replicas.all.map(({ state }, n) => state.call(replicas.all[n], session_key)),
      );
      assert.equal(
        new Set(states.map((state) => JSON.stringify({ ...state, expires_in: 0 }))).size,
        1,
      );
      const created = replicas.query(
        `SELECT count(*) FROM events WHERE convert_from(type, 'UTF8') = 'CardSessionCreated' AND
         convert_from(subject, 'UTF8') = '${terminal_id}'`,
      );
      assert.equal(created, submitted.status === 200 ? '1' : '0', submitted.text);
      winners[created === '1' ? 'created' : 'voided']++;
    }
    assert.equal(winners.created + winners.voided, 12);
  });

  test('what a killed replica had claimed another delivers, in order', async () => {
    const { bridge } = replicas;
    const held = [];
    bridge.answer = (delivery) => {
      held.push(delivery);
      return { status: 204, afterMs: 60_000 }; // never, for whoever claimed it
    };
    const { session_key, terminal_id } = await b.openPayment();
    await b.pay(session_key);
    await until('a claim', () => held.some(({ event }) => event.subject === terminal_id));
    // Whoever has it under way dies, and all that could take it at once wait for its lease.
    const claimed = Date.now();
    await Promise.all(replicas.all.map(({ process }) => process.kill()));
    bridge.answer = () => ({ status: 204 });
    bridge.deliveries.length = 0;
    await replicas.relaunch(c);
    await bridge.waitFor(terminal_id, 'CardSessionCreated', 30_000);
    assert.ok(Date.now() - claimed > 3_000, 'it was delivered before its lease had ended');
    await Promise.all([replicas.relaunch(a), replicas.relaunch(b)]);
    const [again] = bridge.about(terminal_id);
    const first = held.find(({ event }) => event.subject === terminal_id);
    assert.deepEqual(again.body, first.body);
    assert.equal(again.event.id, first.event.id);
  });

  test('check says what it finds of PostgreSQL', () => {
    const { status, stdout } = a.cli('check');
    assert.equal(status, 0, stdout);
    const line = stdout.split('\n').find((text) => text.includes('PostgreSQL')) ?? stdout;
    assert.match(
      line,
      /^ok {4}PostgreSQL answers: version \d+.*, accepts writes, schema step (\d+) of \1,/,
    );
    assert.match(line, /, synchronous_commit on, waits for no standby$/);
    const away = a.cli('check', '--set', 'store.dsn=host=127.0.0.1 port=1 dbname=obolus');
    assert.equal(away.status, 1, away.stdout);
    assert.match(away.stdout, /^FAIL {2}PostgreSQL: /m);
  });

  test('a replica with other keys does not start', async () => {
    const other = path.join(replicas.folder, 'other.keys');
    await assert.rejects(replicas.add({ vault: { key_file: other } }), /does not exist/);
    copyFileSync(path.join(replicas.folder, 'obolus.keys'), other);
    const fourth = await replicas.add({ vault: { key_file: other } });
    assert.equal((await fourth.operator('GET', '/readyz')).status, 200);
    assert.deepEqual(await fourth.stop(), { code: 0, signal: null });
    replicas.all.pop();
    rmSync(other);
  });
});
