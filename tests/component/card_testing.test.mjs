// Whoever tries many cards is asked for work, told to wait, or refused like by a vault; and who the
// client is, is believed of trusted proxies only. docs/card-testing.md says it for operators.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { encrypt, kCards, payload } from '../support/card.mjs';
import { until } from '../support/client.mjs';
import { Obolus } from '../support/obolus.mjs';
import { assertRefused } from '../support/stored.mjs';
import { panOf, solve } from '../support/work.mjs';

let last = 0;
const newPan = () => panOf(`4${String(1_000_000 + 7919 * ++last).padStart(7, '0')}`, last * 1009);

// A submission from that address, in a session of its own unless one is given.
async function submit(obolus, from, { pan = newPan(), key, proof } = {}) {
  const headers = { 'x-forwarded-for': from };
  const session = key ? { session_key: key } : await obolus.openPayment();
  const path = `/sessions/${session.session_key}`;
  const state = (await obolus.shopper('GET', path, { headers })).json;
  const enc_payload = await encrypt(state.data, payload(kCards.visa, { account_number: pan }));
  const work = state.data.proof_of_work;
  const proof_of_work = proof === true ? (work ? solve(work) : null) : proof;
  const answer = await obolus.shopper('POST', `${path}/complete-action`, {
    headers,
    body: { action: 'tokenize_card', result: { enc_payload, proof_of_work } },
  });
  return { ...session, state, work, proof_of_work, answer };
}

describe('many cards from one address', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start({
      shopper: { trusted_proxies: ['127.0.0.0/8', '::1'] },
      limits: {
        enabled: true,
        client_burst: 6,
        client_per_day: 1,
        unproven_burst: 1,
        unproven_per_day: 1,
        work_bits: 6,
        more_work_bits: 6,
      },
    });
  });
  after(() => obolus.stop());

  test('are asked for work, which counts once and for one session', async () => {
    const from = '203.0.113.7';
    for (let i = 0; i < 3; i++) {
      const { work, answer } = await submit(obolus, from);
      assert.equal(work, undefined);
      assert.equal(answer.status, 200, answer.text);
    }
    assert.ok((await submit(obolus, from)).work, 'from a third of the burst on');
    const without = await submit(obolus, from);
    assertRefused(without.answer, 429, 'RATE_LIMITED');
    assert.equal(without.answer.headers['retry-after'], '120');
    assert.deepEqual(
      [without.answer.json.retry_after, without.answer.json.attempts_left],
      [120, 5],
    );
    const solved = await submit(obolus, from, { proof: true });
    assert.equal(solved.answer.status, 200, solved.answer.text);
    const again = await submit(obolus, from, { proof: solved.proof_of_work });
    assertRefused(again.answer, 429, 'RATE_LIMITED');
    const wrong = await submit(obolus, from, {
      key: again.session_key,
      proof: { seed: again.work.seed, counters: [1, 2, 3] },
    });
    assertRefused(wrong.answer, 429, 'RATE_LIMITED');
    assert.equal((await submit(obolus, '203.0.113.8')).answer.status, 200, 'another address');
  });

  test('are too many at last, and approved ones are taken back', async () => {
    const from = '2001:db8:7::1';
    const taken = [];
    for (let i = 0; i < 6; i++) {
      const one = await submit(obolus, `2001:db8:7::${i}`, { proof: true });
      assert.equal(one.answer.status, 200, one.answer.text);
      taken.push(one.terminal_id);
    }
    const seventh = await submit(obolus, from, { proof: true });
    assertRefused(seventh.answer, 429, 'RATE_LIMITED');
    assert.equal(seventh.state.next_action, 'tokenize_card', 'the session goes on');
    for (const terminal_id of taken) {
      await obolus.event('StateChanged', { terminal_id, state: 'authorized' });
    }
    await until('room', async () => {
      const { answer } = await submit(obolus, from, { key: seventh.session_key, proof: true });
      return answer.status === 200;
    });
  });

  test('stand in the metrics', async () => {
    assert.ok((await obolus.metric('obolus_limits_refused_total', { rule: 'client' })) >= 1);
    assert.ok((await obolus.metric('obolus_limits_refused_total', { rule: 'unproven' })) >= 3);
    assert.ok((await obolus.metric('obolus_limits_work_total', { outcome: 'accepted' })) >= 1);
    assert.ok((await obolus.metric('obolus_limits_work_total', { outcome: 'wrong' })) >= 2);
  });
});

describe('one card from many addresses', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start({
      shopper: { trusted_proxies: ['127.0.0.0/8', '::1'] },
      limits: { enabled: true, attack_refused: 0 },
    });
  });
  after(() => obolus.stop());

  test('is refused like by a vault, and Commerce hears nothing of it', async () => {
    const pan = newPan();
    for (let i = 0; i < 5; i++) {
      const { answer } = await submit(obolus, `198.51.${i}.1`, { pan });
      assert.equal(answer.status, 200, answer.text);
    }
    let refused = await submit(obolus, '198.51.100.1', { pan });
    const { session_key: key, terminal_id } = refused;
    for (let left = 4; ; left--) {
      assertRefused(refused.answer, 422, 'VALIDATION_ERROR', [
        '/result/enc_payload/account_number',
      ]);
      assert.equal(refused.answer.json.attempts_left, left);
      assert.ok(!refused.answer.text.includes(pan));
      if (refused.answer.json.retry_after) break;
      refused = await submit(obolus, '198.51.101.1', { pan, key });
    }
    assert.equal((await obolus.state(key)).next_action, 'tokenize_card');
    assert.ok(!obolus.process.text.includes(pan));
    assert.equal(obolus.bridge.about(terminal_id).length, 0);
  });
});

describe('without trusted proxies', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start({
      limits: { enabled: true, client_burst: 3, client_per_day: 1, work_bits: 0 },
    });
  });
  after(() => obolus.stop());

  test('no header moves the client', async () => {
    for (let i = 0; i < 3; i++) {
      assert.equal((await submit(obolus, `203.0.113.${i}`)).answer.status, 200);
    }
    assertRefused((await submit(obolus, '203.0.113.99')).answer, 429, 'RATE_LIMITED');
  });
});

describe('everything else that one client asks for', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start({
      limits: { enabled: true, requests_burst: 20, requests_per_s: 1, streams_per_client: 0 },
    });
  });
  after(() => obolus.stop());

  test('is limited as a whole', async () => {
    const { session_key } = await obolus.openPayment();
    const statuses = [];
    for (let i = 0; i < 40; i++) {
      statuses.push((await obolus.shopper('GET', `/sessions/${session_key}`)).status);
    }
    assert.ok(statuses.slice(0, 20).every((status) => status === 200));
    assert.ok(statuses.includes(429));
    const body = { iin: '424242' };
    const networks = await obolus.shopper('POST', `/sessions/${session_key}/networks`, { body });
    assertRefused(networks, 429, 'RATE_LIMITED');
    assert.ok(Number(networks.headers['retry-after']) >= 1);
    assert.equal((await obolus.operator('GET', '/healthz')).status, 200);
  });
});
