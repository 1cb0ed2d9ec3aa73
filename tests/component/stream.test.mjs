// Server-Sent Events of a session's states (contract §4.1): the state at once, each change as it is
// committed, and the end of the stream when the session has ended.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../support/client.mjs';
import { assertMatches } from '../support/contracts.mjs';
import { listen } from '../support/event_stream.mjs';
import { Obolus } from '../support/obolus.mjs';

describe('the stream of a session', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start();
  });
  after(() => obolus.stop());

  test('says the state at once and each change', async () => {
    const { session_key } = await obolus.openPayment();
    const stream = listen(obolus, session_key);
    await until('the first state', () => stream.states.length > 0);
    assert.equal(stream.status, 200);
    assert.match(stream.headers['content-type'], /^text\/event-stream/);
    assert.match(stream.headers['cache-control'], /no-store|no-cache/);
    assertMatches(stream.states[0], 'SessionState');
    assert.equal(stream.states[0].next_action, 'tokenize_card');
    await obolus.pay(session_key);
    await until('success', () => stream.states.at(-1).status === 'success');
    assertMatches(stream.states.at(-1), 'SessionState');
    stream.call.destroy();
  });

  test('tells every listener, also of what Commerce does', async () => {
    const { session_key, terminal_id } = await obolus.openPayment();
    const streams = Array.from({ length: 20 }, () => listen(obolus, session_key));
    await until('all to listen', () => streams.every(({ states }) => states.length > 0));
    await obolus.event('SessionVoided', { terminal_id });
    await until('all to know', () =>
      streams.every(({ states }) => states.at(-1).data.reason_code === 'VOIDED'),
    );
    for (const { call } of streams) call.destroy();
  });

  test('of an unknown session is a 404', async () => {
    const answer = await obolus.shopper('GET', `/sessions/pay_${'A'.repeat(50)}/stream`);
    assert.equal(answer.status, 404);
  });

  test('does not keep obolus from stopping', async () => {
    const other = await Obolus.start();
    const { session_key } = await other.openPayment();
    const stream = listen(other, session_key);
    await until('the first state', () => stream.states.length > 0);
    const began = Date.now();
    assert.deepEqual(await other.stop(), { code: 0, signal: null });
    assert.ok(Date.now() - began < 8_000);
    await until('the end of the stream', () => stream.closed);
  });
});
