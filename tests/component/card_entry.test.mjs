// The shopper's card over the client protocol (contract §4.1), encrypted by npm jose as the
// public SDKs and our frame do: what is accepted, what is refused and how, and what Commerce
// hears of it.
import { generateKeyPair, exportJWK } from 'jose';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { encrypt, kCards, payload } from '../support/card.mjs';
import { until } from '../support/client.mjs';
import { assertEvent } from '../support/contracts.mjs';
import { Obolus } from '../support/obolus.mjs';
import { assertRefused, storedText, storesNothing } from '../support/stored.mjs';

const kNetworks = {
  visa: 'VISA',
  mastercard: 'MASTERCARD',
  amex: 'AMERICAN_EXPRESS',
  discover: 'DISCOVER',
  diners: 'DINERS_CLUB',
  jcb: 'JCB',
  unionpay: 'UNIONPAY',
};
const kThisYear = new Date().getUTCFullYear();

const kBadCards = [
  ['a digit that fails Luhn', { account_number: '4242424242424241' }, ['account_number']],
  ['a number that is too short', { account_number: '42424242424' }, ['account_number']],
  ['a number that is too long', { account_number: '42424242424242424242' }, ['account_number']],
  ['a number with letters', { account_number: '4242x24242424242' }, ['account_number']],
  ['an empty number', { account_number: '' }, ['account_number']],
  ['no number', { account_number: undefined }, ['account_number']],
  ['a number of no network', { account_number: '0000000000000000' }, ['account_number']],
  ['last year', { expiry_year: kThisYear - 1 }, ['expiry_year']],
  ['a year far away', { expiry_year: kThisYear + 40 }, ['expiry_year']],
  ['month 0', { expiry_month: 0 }, ['expiry_month']],
  ['month 13', { expiry_month: 13 }, ['expiry_month']],
  ['no month', { expiry_month: undefined }, ['expiry_month']],
  ['a CVC of two digits', { security_code: '12' }, ['security_code']],
  ['a CVC of four digits for Visa', { security_code: '1234' }, ['security_code']],
  ['a CVC of letters', { security_code: 'abc' }, ['security_code']],
  ['no CVC', { security_code: undefined }, ['security_code']],
  [
    'a CVC of three digits for American Express',
    { ...kCards.amex, security_code: '123' },
    ['security_code'],
  ],
  [
    'a name that holds a card number',
    { additional_data: { cardholder_name: '4242424242424242' } },
    ['additional_data/cardholder_name'],
  ],
];

describe('a card', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start({ sessions: { retry_cool_down_s: [] } });
  });
  after(() => obolus.stop());

  for (const alg of ['ECDH-ES', 'RSA-OAEP-256', 'RSA-OAEP']) {
    for (const [name, network] of Object.entries(kNetworks)) {
      test(`${network} under ${alg} becomes CardSessionCreated`, async () => {
        const { session_key, terminal_id } = await obolus.openPayment();
        const card = payload(kCards[name]);
        const answer = await obolus.pay(session_key, card, { alg });
        assert.equal(answer.status, 200, answer.text);
        const delivery = await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
        assertEvent(delivery);
        const { card_session } = delivery.event.data;
        assert.equal(delivery.event.data.terminal_id, terminal_id);
        assert.deepEqual(card_session.data, {
          card_holder: 'Ada Lovelace',
          card_network: network,
          expiration_month: 12,
          expiration_year: card.expiry_year,
          first_six: card.account_number.slice(0, 6),
          last_four: card.account_number.slice(-4),
        });
        const state = await obolus.state(session_key);
        assert.deepEqual([state.next_action, state.status], [null, 'success']);
        assert.equal(state.data.token_id, card_session.id);
      });
    }
  }

  test('a year of two digits, numbers as strings and spaces in the PAN are fine', async () => {
    const { session_key, terminal_id } = await obolus.openPayment();
    const year = kThisYear + 3;
    const card = payload(kCards.visa, {
      account_number: '4242 4242-4242 4242',
      expiry_month: '07',
      expiry_year: String(year % 100),
      additional_data: undefined,
    });
    assert.equal((await obolus.pay(session_key, card)).status, 200);
    const { event } = await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
    const { data } = event.data.card_session;
    assert.deepEqual([data.expiration_month, data.expiration_year], [7, year]);
    assert.equal(data.card_holder, null);
  });

  test('the trace and the request id of Commerce go on in the event', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const given = { traceparent, 'x-request-id': 'commerce-1' };
    const opened = await obolus.openPayment({}, { headers: given });
    await obolus.pay(opened.session_key);
    const { headers } = await obolus.bridge.waitFor(opened.terminal_id, 'CardSessionCreated');
    assert.match(headers['ce-traceparent'], /^00-4bf92f3577b34da6a3ce929d0e0e4736-/);
    assert.ok(!headers['ce-traceparent'].includes('00f067aa0ba902b7'));
    assert.equal(headers['x-request-id'], 'commerce-1');
  });

  for (const [what, changes, members] of kBadCards) {
    test(`${what} is 422, names the member, and may be tried again`, async () => {
      const { session_key, terminal_id } = await obolus.openPayment();
      await obolus.settled();
      const kept = storedText(obolus, 'cards', 'events');
      const answer = await obolus.pay(session_key, payload(kCards.visa, changes));
      assert.equal(storedText(obolus, 'cards', 'events'), kept, 'a card or an event was stored');
      const pointers = members.map((member) => `/result/enc_payload/${member}`);
      assertRefused(answer, 422, 'VALIDATION_ERROR', pointers);
      assert.ok(!answer.text.includes('4242424242'), 'the problem repeats the card');
      const state = await obolus.state(session_key);
      assert.deepEqual([state.next_action, state.attempts_left], ['tokenize_card', 4]);
      assert.equal((await obolus.pay(session_key)).status, 200);
      await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
      assert.equal(obolus.bridge.about(terminal_id).length, 1);
    });
  }

  test('a network that the session does not allow is refused', async () => {
    const { session_key } = await obolus.openPayment({ allowed_networks: ['MASTERCARD'] });
    const answer = await obolus.pay(session_key);
    assertRefused(answer, 422, 'VALIDATION_ERROR', ['/result/enc_payload/account_number']);
    assert.equal((await obolus.pay(session_key, payload(kCards.mastercard))).status, 200);
  });

  test('the fifth refused card ends the session, with one CardSessionFailed', async () => {
    const { session_key, terminal_id } = await obolus.openPayment();
    for (let attempt = 1; attempt <= 5; attempt++) {
      const answer = await obolus.pay(session_key, payload(kCards.visa, { security_code: '1' }));
      assert.ok(answer.status === 422 || attempt === 5, answer.text);
    }
    const { event } = await obolus.bridge.waitFor(terminal_id, 'CardSessionFailed');
    assert.equal(event.data.reason.code, 'ATTEMPTS_EXHAUSTED');
    assert.equal((await obolus.state(session_key)).status, 'failure');
    const { data } = await obolus.state((await obolus.openPayment()).session_key);
    const token = await encrypt(data, payload());
    const late = await storesNothing(obolus, () => obolus.complete(session_key, token));
    assertRefused(late, 409, 'CONFLICT');
  });
});

describe('an envelope', () => {
  let obolus;
  let opened;
  let state;
  before(async () => {
    obolus = await Obolus.start();
    opened = await obolus.openPayment();
    state = await obolus.state(opened.session_key);
  });
  after(() => obolus.stop());

  // Refused without counting as an attempt, and nothing is stored.
  async function refused(enc_payload, status, classifier) {
    const answer = await storesNothing(obolus, () =>
      obolus.complete(opened.session_key, enc_payload),
    );
    assertRefused(answer, status, classifier, ['/result/enc_payload']);
    assert.equal((await obolus.state(opened.session_key)).attempts_left, 5);
  }

  test('under a key of somebody else is refused', async () => {
    const { publicKey } = await generateKeyPair('ECDH-ES', { crv: 'P-256' });
    const foreign = { ...(await exportJWK(publicKey)), kid: state.data.jwk_ec.kid };
    await refused(await encrypt({ jwk_ec: foreign }, payload()), 422, 'VALIDATION_ERROR');
    const rsa = { ...(await exportJWK((await generateKeyPair('RSA-OAEP-256')).publicKey)) };
    const data = { jwk: { ...rsa, kid: state.data.jwk.kid } };
    await refused(await encrypt(data, payload(), { alg: 'RSA-OAEP-256' }), 422, 'VALIDATION_ERROR');
  });

  test('with a kid that we do not know is refused', async () => {
    const data = { jwk_ec: { ...state.data.jwk_ec, kid: 'unknown' } };
    await refused(await encrypt(data, payload()), 422, 'VALIDATION_ERROR');
  });

  test('with one changed character in any part is refused', async () => {
    const parts = (await encrypt(state.data, payload())).split('.');
    for (const index of [0, 2, 3, 4]) {
      const changed = [...parts];
      const at = Math.floor(changed[index].length / 2);
      const other = changed[index][at] === 'A' ? 'B' : 'A';
      changed[index] = changed[index].slice(0, at) + other + changed[index].slice(at + 1);
      const answer = await storesNothing(obolus, () =>
        obolus.complete(opened.session_key, changed.join('.')),
      );
      assert.ok([400, 422].includes(answer.status), answer.text);
      assert.equal(answer.json.errors?.[0]?.pointer, '/result/enc_payload', answer.text);
    }
  });

  test('that is no JWE is refused', async () => {
    for (const text of ['x', 'a.b.c.d.e', '....', 'e30.e30.e30.e30.e30', '4242424242424242']) {
      const answer = await storesNothing(obolus, () => obolus.complete(opened.session_key, text));
      assert.ok([400, 422].includes(answer.status), answer.text);
      assert.equal(answer.json.errors?.[0]?.pointer, '/result/enc_payload', answer.text);
    }
  });

  test('with zip, crit or another content encryption is refused', async () => {
    const [, ...rest] = (await encrypt(state.data, payload())).split('.');
    const base = { alg: 'ECDH-ES', enc: 'A256GCM', kid: state.data.jwk_ec.kid };
    for (const header of [
      { ...base, zip: 'DEF' },
      { ...base, crit: ['exp'], exp: 1 },
      { ...base, enc: 'A128CBC-HS256' },
      { ...base, alg: 'dir' },
      { ...base, alg: 'none' },
      { ...base, alg: 'RSA1_5' },
    ]) {
      const first = Buffer.from(JSON.stringify(header)).toString('base64url');
      const answer = await obolus.complete(opened.session_key, [first, ...rest].join('.'));
      assert.ok([400, 422].includes(answer.status), answer.text);
    }
  });

  test('whose plaintext is no card is refused', async () => {
    for (const plaintext of ['not json', '[]', '"4242424242424242"']) {
      const token = await encrypt(state.data, plaintext);
      const answer = await obolus.complete(opened.session_key, token);
      assert.ok([400, 422].includes(answer.status), answer.text);
    }
  });

  test('missing, or in a body of another form, is refused and named', async () => {
    const complete = (body) =>
      obolus.shopper('POST', `/sessions/${opened.session_key}/complete-action`, { body });
    for (const [body, pointer] of [
      [{ action: 'tokenize_card', result: {} }, '/result/enc_payload'],
      [{ action: 'tokenize_card', result: { enc_payload: 7 } }, '/result/enc_payload'],
      [{ action: 'tokenize_card' }, '/result'],
      [{ action: 'dance', result: { enc_payload: 'x' } }, '/action'],
      [{ result: { enc_payload: 'x' } }, '/action'],
    ]) {
      const answer = await storesNothing(obolus, () => complete(body));
      assert.equal(answer.status, 422, answer.text);
      assert.ok(
        answer.json.errors.some((error) => error.pointer.startsWith(pointer)),
        answer.text,
      );
    }
    assertRefused(await complete('{'), 415, 'UNSUPPORTED_MEDIA_TYPE');
  });
});

describe('a session key', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start();
  });
  after(() => obolus.stop());

  test('that is unknown, forged or of another kind opens nothing', async () => {
    const { session_key } = await obolus.openPayment();
    const challenge = await obolus.openChallenge();
    const flip = (text, at) =>
      text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
    const keys = [
      'x',
      'pay_',
      `pay_${'A'.repeat(50)}`,
      flip(session_key, 50),
      flip(session_key, 10),
      `${session_key}A`,
      session_key.slice(0, -1),
      session_key.replace('pay_', 'tds_'),
      challenge.path.split('/').pop().replace('tds_', 'pay_'),
    ];
    for (const key of keys) {
      const answer = await storesNothing(obolus, () => obolus.shopper('GET', `/sessions/${key}`));
      assertRefused(answer, 404, 'NOT_FOUND');
      const cancel = await obolus.shopper('POST', `/sessions/${key}/cancel`);
      assertRefused(cancel, 404, 'NOT_FOUND');
      assertRefused(await obolus.complete(key, 'x'), 404, 'NOT_FOUND');
    }
  });

  test('takes one card only: the same again is answered as before, another is 409', async () => {
    const { session_key, terminal_id } = await obolus.openPayment();
    const { data } = await obolus.state(session_key);
    const token = await encrypt(data, payload());
    const first = await obolus.complete(session_key, token);
    assert.equal(first.status, 200, first.text);
    const again = await storesNothing(obolus, () => obolus.complete(session_key, token));
    assert.equal(again.status, 200, again.text);
    assert.equal(again.json.data.token_id, first.json.data.token_id);
    const other = await encrypt(data, payload(kCards.mastercard));
    const second = await storesNothing(obolus, () => obolus.complete(session_key, other));
    assertRefused(second, 409, 'CONFLICT');
    await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
    assert.equal(obolus.bridge.about(terminal_id).length, 1);
  });

  test('takes no card after the session was voided', async () => {
    const { session_key, terminal_id } = await obolus.openPayment();
    const { data } = await obolus.state(session_key);
    assert.equal((await obolus.event('SessionVoided', { terminal_id })).status, 204);
    const token = await encrypt(data, payload());
    const answer = await storesNothing(obolus, () => obolus.complete(session_key, token));
    assertRefused(answer, 409, 'CONFLICT');
    const state = await obolus.state(session_key);
    assert.deepEqual([state.status, state.data.reason_code], ['failure', 'VOIDED']);
    await obolus.settled();
    assert.equal(obolus.bridge.about(terminal_id).length, 0);
  });

  test('that was cancelled tells Commerce once, and goes to the error page', async () => {
    const error = 'https://shop.example/failed';
    const { session_key, terminal_id } = await obolus.openPayment({ continuation: { error } });
    const { data } = await obolus.state(session_key);
    const cancel = () => obolus.shopper('POST', `/sessions/${session_key}/cancel`);
    const answer = await cancel();
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(
      [answer.json.status, answer.json.data.reason_code],
      ['failure', 'CANCELLED_BY_SHOPPER'],
    );
    assert.equal(answer.json.continue_url, error);
    const { event } = await obolus.bridge.waitFor(terminal_id, 'CardSessionFailed');
    assert.equal(event.data.reason.code, 'CANCELLED_BY_SHOPPER');
    assert.ok([200, 409].includes((await cancel()).status));
    const late = await obolus.complete(session_key, await encrypt(data, payload()));
    assertRefused(late, 409, 'CONFLICT');
    await obolus.settled();
    assert.equal(obolus.bridge.about(terminal_id).length, 1);
  });

  test('of a hundred submits at once, one card wins', async () => {
    const { session_key, terminal_id } = await obolus.openPayment();
    const { data } = await obolus.state(session_key);
    const tokens = await Promise.all(Array.from({ length: 100 }, () => encrypt(data, payload())));
    const answers = await Promise.all(tokens.map((token) => obolus.complete(session_key, token)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal(answers.filter(({ status }) => status === 409).length, 99);
    await until('the event', () => obolus.bridge.about(terminal_id).length > 0);
    await obolus.settled();
    assert.equal(obolus.bridge.about(terminal_id).length, 1);
  });
});
