// The tests' own instruments, each shown something wrong that it must not let pass: a check that
// cannot fail proves nothing.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { identity, request, until } from '../support/client.mjs';
import { assertDocumented, assertEvent, assertProblem } from '../support/contracts.mjs';
import { Obolus } from '../support/obolus.mjs';
import { programPath, run } from '../support/processes.mjs';
import { assertRefused, storesNothing } from '../support/stored.mjs';

describe('the harness', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start();
  });
  after(() => obolus.stop());

  const answer = (status, type, value) => ({
    status,
    headers: { 'content-type': type },
    bytes: Buffer.from(JSON.stringify(value)),
    text: JSON.stringify(value),
    json: value,
  });

  test('sees that a session was stored', async () => {
    await assert.rejects(
      storesNothing(obolus, () => obolus.openPayment()),
      /something was stored/,
    );
  });

  test('sees an answer that no document has', async () => {
    const { json } = await obolus.commerce('POST', '/sessions');
    const hold = (method, target, given) => () =>
      assertDocumented('commerce', method, target, given);
    hold('POST', '/sessions', answer(201, 'application/json', json))();
    assert.throws(hold('POST', '/sessions', answer(200, 'application/json', json)));
    assert.throws(hold('POST', '/sessions', answer(201, 'text/plain', json)));
    assert.throws(hold('POST', '/nowhere', answer(200, 'application/json', json)));
    const { session_key, ...rest } = json;
    assert.ok(session_key);
    assert.throws(hold('POST', '/sessions', answer(201, 'application/json', rest)));
    const more = { ...json, secret: 'x' };
    assert.throws(hold('POST', '/sessions', answer(201, 'application/json', more)));
  });

  test('sees a problem that is none', async () => {
    const problem = await obolus.commerce('POST', '/sessions', { key: null });
    assertProblem(problem);
    assertRefused(problem, 401, 'UNAUTHORIZED');
    const changed = (change) => ({ ...problem, json: { ...problem.json, ...change } });
    assert.throws(() => assertProblem(changed({ status: 400 })));
    assert.throws(() => assertProblem(changed({ classifier: 'SOMETHING' })));
    assert.throws(() => assertRefused(problem, 401, 'FORBIDDEN'));
    assert.throws(() => assertRefused(problem, 401, 'UNAUTHORIZED', ['/a']));
  });

  test('sees an event with a card number, and one without its headers', async () => {
    const { session_key, terminal_id } = await obolus.openPayment();
    await obolus.pay(session_key);
    const delivery = await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
    assertEvent(delivery);
    const wrong = structuredClone(delivery.event.data);
    wrong.card_session.data.account_number = '4242424242424242';
    const { type } = delivery.event;
    assert.throws(() => assertEvent({ ...delivery, event: { type, data: wrong } }));
    const { 'ce-time': time, ...headers } = delivery.headers;
    assert.ok(time);
    assert.throws(() => assertEvent({ ...delivery, headers }));
  });

  test('has a bridge that takes nobody without our certificate', async () => {
    const url = `https://localhost:${obolus.bridge.port}/events`;
    for (const name of [null, 'stranger-client']) {
      await assert.rejects(request(url, { method: 'POST', tls: identity(obolus.certs, name) }));
    }
    assert.ok(obolus.bridge.refusedHandshakes >= 1);
  });

  test('stops waiting in the end', async () => {
    await assert.rejects(
      until('nothing', () => false, { timeoutMs: 50 }),
      /waited 50 ms/,
    );
  });

  test('sees a program that fails', () => {
    assert.notEqual(run(programPath('obolus'), ['serve', '--config', '/nowhere.toml']).status, 0);
  });
});
