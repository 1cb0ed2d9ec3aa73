// Sessions whose time is over: what the shopper sees, what Commerce hears, and that it hears it
// once. A minute is the shortest life that a session can have, so this file waits for a minute.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { encrypt, payload } from '../support/card.mjs';
import { Obolus } from '../support/obolus.mjs';
import { assertRefused, storesNothing } from '../support/stored.mjs';

const kContinuation = { success: 'https://shop.example/ok', error: 'https://shop.example/failed' };

describe('a session whose time is over', () => {
  let obolus;
  let payment;
  let token;
  let started;
  let waiting;
  let paid;
  before(async () => {
    obolus = await Obolus.start({ sessions: { sweep_interval_ms: 100 } });
    const life = { expires_in: 60, continuation: kContinuation };
    payment = await obolus.openPayment(life);
    token = await encrypt((await obolus.state(payment.session_key)).data, payload());
    started = await obolus.openChallenge(life);
    await obolus.shopper('GET', started.path);
    waiting = (await obolus.commerce('POST', '/tds/session', { body: life })).json;
    paid = await obolus.openPayment(life);
    await obolus.pay(paid.session_key);
    await obolus.bridge.waitFor(payment.terminal_id, 'CardSessionFailed', 70_000);
    await obolus.bridge.waitFor(started.tds_terminal_id, 'TDSResult');
    await obolus.bridge.waitFor(waiting.terminal_id, 'TDSResult');
    await obolus.settled();
  });
  after(() => obolus.stop());

  test('is told to Commerce once, not before its time', () => {
    const deliveries = obolus.bridge.about(payment.terminal_id);
    assert.equal(deliveries.length, 1);
    assert.equal(deliveries[0].event.data.reason.code, 'SESSION_EXPIRED');
    const late = deliveries[0].at - new Date(payment.expires_at).getTime();
    assert.ok(late >= 0 && late < 5_000, `${late} ms after its time`);
    assert.equal(obolus.bridge.about(started.tds_terminal_id).length, 1);
    assert.equal(obolus.bridge.about(waiting.terminal_id).length, 1);
  });

  test('is gone for the client', async () => {
    const { session_key } = payment;
    assertRefused(await obolus.shopper('GET', `/sessions/${session_key}`), 404, 'NOT_FOUND');
  });

  test('takes no card and cannot be cancelled', async () => {
    const { session_key } = payment;
    const submit = await storesNothing(obolus, () => obolus.complete(session_key, token));
    assertRefused(submit, 409, 'SESSION_EXPIRED');
    const cancel = await storesNothing(obolus, () =>
      obolus.shopper('POST', `/sessions/${session_key}/cancel`),
    );
    assertRefused(cancel, 409, 'SESSION_EXPIRED');
  });

  test('sends the shopper who comes back to the error page', async () => {
    const back = await obolus.shopper('GET', `${started.path}/return`);
    assert.equal(back.status, 303, back.text);
    const page = await obolus.shopper('GET', started.path);
    assert.equal(page.status, 303, page.text);
    assert.equal(page.headers.location, kContinuation.error);
    await obolus.settled();
    assert.equal(obolus.bridge.about(started.tds_terminal_id).length, 1);
  });

  test('leaves a card that was taken before as it was', async () => {
    const deliveries = obolus.bridge.about(paid.terminal_id);
    assert.deepEqual(
      deliveries.map(({ event }) => event.type),
      ['CardSessionCreated'],
    );
  });

  test('ends in its open 3DS terminal too: a late verdict changes nothing', async () => {
    const data = { result: 'SUCCESS', tds_terminal_id: started.tds_terminal_id };
    await obolus.event('CompleteTDSSession', data);
    const page = await obolus.shopper('GET', started.path);
    assert.equal(page.headers.location, kContinuation.error);
  });
});
