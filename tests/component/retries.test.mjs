// A refused card and the next try in the same session: how many, how soon, what the shopper's page
// is told, and that neither a reload nor a restart changes it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { encrypt, kCards, payload } from '../support/card.mjs';
import { Obolus } from '../support/obolus.mjs';
import { assertRefused, storesNothing } from '../support/stored.mjs';

const kBad = payload(kCards.visa, { account_number: '4242424242424241' });

async function start(sessions) {
  const obolus = await Obolus.start({ sessions });
  const refuse = async (key) => {
    const answer = await obolus.pay(key, kBad);
    assertRefused(answer, 422, 'VALIDATION_ERROR', ['/result/enc_payload/account_number']);
    return [answer.json.attempts_left, answer.json.retry_after];
  };
  return { obolus, refuse };
}

describe('a refused card', () => {
  let obolus;
  let refuse;
  before(async () => {
    ({ obolus, refuse } = await start({ max_attempts: 4, retry_cool_down_s: [0, 2] }));
  });
  after(() => obolus.stop());

  // As the operator sees the session: a minted terminal is the session's id.
  const inspected = async (terminal_id) =>
    (await obolus.operator('GET', `/sessions/${terminal_id}`)).json;

  test('says how many attempts are left, and when it is held back', async () => {
    const { session_key, terminal_id } = await obolus.openPayment();
    const { data } = await obolus.state(session_key);
    assert.deepEqual(await refuse(session_key), [3, undefined]);
    assert.deepEqual(await refuse(session_key), [2, 2]);
    for (const card of [kBad, payload(), 'no card']) {
      const token = await encrypt(data, card);
      const held = await storesNothing(obolus, () => obolus.complete(session_key, token));
      assertRefused(held, 429, 'RATE_LIMITED');
      const { attempts_left, retry_after } = held.json;
      assert.equal(attempts_left, 2);
      assert.ok(retry_after === 1 || retry_after === 2, held.text);
      assert.equal(held.headers['retry-after'], String(retry_after));
    }
    const state = await obolus.state(session_key);
    assert.equal(state.next_action, 'tokenize_card');
    assert.equal(state.attempts_left, 2);
    assert.ok(state.retry_after >= 1, 'a page that is loaded again goes on waiting');
    const seen = await inspected(terminal_id);
    assert.deepEqual([seen.attempts, seen.attempts_left], [2, 2]);
    assert.ok(seen.retry_after >= 1);
    await sleep(2100);
    assert.equal((await obolus.state(session_key)).retry_after, null);
    assert.equal((await obolus.pay(session_key)).status, 200);
    await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
    assert.equal(obolus.bridge.about(terminal_id).length, 1, 'and Commerce heard of nothing else');
  });

  test('may be cancelled or voided while it is held back', async () => {
    const { session_key, terminal_id } = await obolus.openPayment();
    await refuse(session_key);
    await refuse(session_key);
    const cancelled = await obolus.shopper('POST', `/sessions/${session_key}/cancel`);
    assert.equal(cancelled.json.data.reason_code, 'CANCELLED_BY_SHOPPER');
    assert.equal(cancelled.json.retry_after, null);
    await obolus.bridge.waitFor(terminal_id, 'CardSessionFailed');
  });

  test('goes by the terms that Commerce set for its session', async () => {
    const none = await obolus.openPayment({ retries: { max_attempts: 0, cool_down_s: [] } });
    for (let i = 0; i < 8; i++) {
      assert.deepEqual(await refuse(none.session_key), [undefined, undefined]);
    }
    assert.equal((await obolus.state(none.session_key)).attempts_left, null);
    assert.equal((await obolus.pay(none.session_key)).status, 200);
    const one = await obolus.openPayment({ retries: { max_attempts: 1 } });
    assert.deepEqual(await refuse(one.session_key), [0, undefined]);
    const { event } = await obolus.bridge.waitFor(one.terminal_id, 'CardSessionFailed');
    assert.equal(event.data.reason.code, 'ATTEMPTS_EXHAUSTED');
    const wrong = { retries: { max_attempts: -1, cool_down_s: [5, 'x'] } };
    const answer = await obolus.commerce('POST', '/sessions', { body: wrong });
    const pointers = ['/retries/max_attempts', '/retries/cool_down_s/1'];
    assertRefused(answer, 422, 'VALIDATION_ERROR', pointers);
  });

  test('of a hundred at once counts once and holds the others back', async () => {
    const retries = { max_attempts: 50, cool_down_s: [30] };
    const { session_key } = await obolus.openPayment({ retries });
    const { data } = await obolus.state(session_key);
    const tokens = await Promise.all(Array.from({ length: 100 }, () => encrypt(data, kBad)));
    const answers = await Promise.all(tokens.map((token) => obolus.complete(session_key, token)));
    const count = (status) => answers.filter((answer) => answer.status === status).length;
    assert.deepEqual([count(422), count(429)], [1, 99]);
    assert.equal((await obolus.state(session_key)).attempts_left, 49);
  });
});

test('a restart keeps a cool-down, and another policy holds from then on', async () => {
  const { obolus, refuse } = await start({ max_attempts: 5, retry_cool_down_s: [60] });
  try {
    const { session_key } = await obolus.openPayment();
    assert.deepEqual(await refuse(session_key), [4, 60]);
    await obolus.restart();
    const { attempts_left, retry_after } = await obolus.state(session_key);
    assert.equal(attempts_left, 4);
    assert.ok(retry_after > 30 && retry_after <= 60);
    assertRefused(await obolus.pay(session_key), 429, 'RATE_LIMITED');
    await obolus.process.stop();
    await obolus.launch({
      OBOLUS_SESSIONS__MAX_ATTEMPTS: '0',
      OBOLUS_SESSIONS__RETRY_COOL_DOWN_S: '0',
    });
    const now = await obolus.state(session_key);
    assert.deepEqual([now.attempts_left, now.retry_after], [null, null]);
    assert.equal((await obolus.pay(session_key)).status, 200);
  } finally {
    await obolus.stop();
  }
});

test('typing errors need not count', async () => {
  const { obolus, refuse } = await start({ max_attempts: 2, count_typing_errors: false });
  try {
    const { session_key, terminal_id } = await obolus.openPayment();
    for (let i = 0; i < 6; i++) assert.deepEqual(await refuse(session_key), [2, undefined]);
    assert.equal((await obolus.pay(session_key)).status, 200);
    await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
    assert.equal(obolus.bridge.about(terminal_id).length, 1);
  } finally {
    await obolus.stop();
  }
});
