// Delivery to Commerce's bridge (contract §3.1): at least once, the same bytes each time, in
// order within a session, through a bridge that is down, slow, resets, or answers what it likes;
// parking and replay.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import { Bridge } from '../support/bridge.mjs';
import { until } from '../support/client.mjs';
import { Obolus } from '../support/obolus.mjs';
import { assertRefused } from '../support/stored.mjs';

describe('an event to Commerce', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start({
      bridge: { timeout_ms: 1000, retry_delays_ms: [0, 100, 200, 500] },
    });
  });
  afterEach(() => {
    obolus.bridge.answer = () => ({ status: 204 });
  });
  after(() => obolus.stop());

  // Opens a session and cancels it, so that one CardSessionFailed is due.
  async function fail() {
    const { session_key, terminal_id } = await obolus.openPayment();
    await obolus.shopper('POST', `/sessions/${session_key}/cancel`);
    return terminal_id;
  }
  const deliveries = (terminal) =>
    obolus.bridge.deliveries.filter(({ event }) => event.subject === terminal);

  // The first `count` attempts of each event get that answer.
  function answerFirst(count, answer) {
    obolus.bridge.answer = ({ event }) => {
      const seen = obolus.bridge.deliveries.filter((other) => other.event.id === event.id).length;
      return seen < count ? answer : { status: 204 };
    };
  }

  test('comes over mTLS, once, when all is well', async () => {
    const terminal = await fail();
    await obolus.bridge.waitFor(terminal, 'CardSessionFailed');
    await obolus.settled();
    assert.equal(deliveries(terminal).length, 1);
    const [{ common_name, method, headers }] = deliveries(terminal);
    assert.deepEqual([common_name, method], ['obolus', 'POST']);
    assert.equal(headers['ce-source'], obolus.configuration.bridge.source);
  });

  for (const [what, answer] of [
    ['500', { status: 500 }],
    ['503', { status: 503 }],
    ['400', { status: 400 }],
    ['404', { status: 404 }],
    ['a reset', 'reset'],
    ['no answer in time', { afterMs: 1500, status: 204 }],
    ['a redirect', { status: 302, headers: { location: 'https://localhost:1/' } }],
  ]) {
    test(`is tried again after ${what}, with the same bytes`, async () => {
      answerFirst(2, answer);
      const terminal = await fail();
      await until('a third attempt', () => deliveries(terminal).length >= 3, { timeoutMs: 15_000 });
      await obolus.settled();
      const attempts = deliveries(terminal);
      for (const { body, headers } of attempts) {
        assert.deepEqual(body, attempts[0].body);
        for (const name of [
          'ce-id',
          'ce-time',
          'ce-type',
          'ce-source',
          'ce-subject',
          'ce-traceparent',
        ]) {
          assert.equal(headers[name], attempts[0].headers[name]);
        }
      }
      assert.equal(attempts.length, 3);
    });
  }

  test('waits as long as Retry-After says', async () => {
    answerFirst(1, { status: 429, headers: { 'retry-after': '2' } });
    const terminal = await fail();
    await until('a second attempt', () => deliveries(terminal).length >= 2);
    const [first, second] = deliveries(terminal);
    assert.ok(second.at - first.at >= 1_900, `${second.at - first.at} ms`);
  });

  test('outlives a bridge that is not there, and keeps the order of its session', async () => {
    const { port } = obolus.bridge;
    const past = obolus.bridge.deliveries;
    await obolus.bridge.stop();
    const { session_key, terminal_id } = await obolus.openPayment();
    await obolus.pay(session_key);
    const challenge = await obolus.openChallenge({ terminal_id });
    await obolus.shopper('GET', challenge.path);
    await obolus.shopper('GET', `${challenge.path}/return`);
    assert.ok((await obolus.events('?status=pending')).length >= 2);
    assert.equal((await obolus.operator('GET', '/healthz')).status, 200);
    obolus.bridge = await Bridge.start(obolus.certs, port);
    obolus.bridge.deliveries = past;
    await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated', 20_000);
    await obolus.bridge.waitFor(challenge.tds_terminal_id, 'TDSResult', 20_000);
  });

  test('of one session does not wait for another session', async () => {
    let blocked;
    obolus.bridge.answer = ({ event }) => ({ status: event.subject === blocked ? 500 : 204 });
    const { session_key, terminal_id } = await obolus.openPayment();
    blocked = terminal_id;
    await obolus.shopper('POST', `/sessions/${session_key}/cancel`);
    await until('an attempt', () => deliveries(blocked).length > 0);
    await obolus.bridge.waitFor(await fail(), 'CardSessionFailed');
    blocked = undefined;
    await obolus.bridge.waitFor(terminal_id, 'CardSessionFailed', 15_000);
  });

  test('that is refused for good is parked, and the command line replays it', async () => {
    for (const status of [410, 415]) {
      obolus.bridge.answer = () => ({ status });
      const terminal = await fail();
      const parked = await until('a parked event', async () =>
        (await obolus.events('?status=parked')).find(({ subject }) => subject === terminal),
      );
      assert.equal(deliveries(terminal).length, 1);
      assert.ok((await obolus.metric('obolus_outbox_events', { status: 'parked' })) >= 1);

      const list = obolus.cli('events', 'list', '--status', 'parked');
      assert.equal(list.status, 0, list.stderr);
      assert.ok(list.stdout.includes(parked.id), list.stdout);
      const show = obolus.cli('events', 'show', parked.id);
      assert.equal(show.status, 0, show.stderr);
      assert.match(show.stdout, /CardSessionFailed/);

      obolus.bridge.answer = () => ({ status: 204 });
      const replay = obolus.cli('events', 'replay', parked.id);
      assert.equal(replay.status, 0, replay.stderr);
      const { event, body } = await obolus.bridge.waitFor(terminal, 'CardSessionFailed');
      assert.equal(event.id, parked.id);
      assert.deepEqual(body, deliveries(terminal)[0].body);
      await until(
        'the event to be delivered',
        async () =>
          (await obolus.operator('GET', `/events/${parked.id}`)).json.status === 'delivered',
      );
    }
  });

  test('is listed by status and number, and by nothing else', async () => {
    const terminal = await fail();
    await obolus.bridge.waitFor(terminal, 'CardSessionFailed');
    await obolus.settled();
    const newest = await obolus.events('?status=delivered&limit=1');
    assert.deepEqual([newest.length, newest[0].subject], [1, terminal]);
    for (const query of ['?status=lost', '?limit=0', '?limit=1001', '?limit=x']) {
      assertRefused(await obolus.operator('GET', `/events${query}`), 422, 'VALIDATION_ERROR', ['']);
    }
  });

  test('that does not exist cannot be shown or replayed', async () => {
    const id = randomUUID();
    assert.equal((await obolus.operator('GET', `/events/${id}`)).status, 404);
    assert.equal((await obolus.operator('POST', `/events/${id}/replay`)).status, 404);
    assert.equal((await obolus.operator('GET', '/events/x')).status, 404);
    const { status, stderr } = obolus.cli('events', 'show', id);
    assert.notEqual(status, 0);
    assert.ok(stderr.length > 0);
  });
});
