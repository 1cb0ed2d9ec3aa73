// Every card that a public SDK could send, encrypted by npm jose, which those SDKs use, with the
// algorithm of each of them, and taken by the real program: what Commerce then hears is what the
// shopper typed. The last test says how many of all were right (quality W4).
import assert from 'node:assert/strict';
import { CompactEncrypt, importJWK } from 'jose';
import { after, before, describe, test } from 'node:test';
import { payload } from '../support/card.mjs';
import { assertEvent } from '../support/contracts.mjs';
import { Obolus } from '../support/obolus.mjs';

// Web SDK 3.8.1 sends RSA-OAEP and names no key.
const kSenders = [
  { alg: 'RSA-OAEP', names_key: false },
  { alg: 'RSA-OAEP', names_key: true },
  { alg: 'RSA-OAEP-256', names_key: false },
  { alg: 'RSA-OAEP-256', names_key: true },
];

const kNumbers = {
  VISA: ['4242424242424242', '4222222222222', '4000000000000000006'],
  MASTERCARD: ['5555555555554444', '2223003122003222'],
  AMERICAN_EXPRESS: ['378282246310005'],
  DISCOVER: ['6011111111111117', '6500000000000002'],
  DINERS_CLUB: ['30569309025904', '3056930009020004'],
  JCB: ['3530111333300000'],
  UNIONPAY: ['6200000000000005', '6205500000000000004'],
  MAESTRO: ['6759649826438453', '6799990100000000019'],
  DANKORT: ['5019555544445555'],
};

const kNames = {
  'of one letter': 'Ø',
  'of 128 bytes': 'A'.repeat(128),
  'of 128 bytes in 42 characters': `${'愛'.repeat(42)}AB`,
  'with emoji': 'Ada 💳 Lovelace 👩🏽‍💻',
  'with combining characters': 'Zoe\u0308 A\u030angstro\u0308m',
  'from right to left': 'עדה לאבלייס / آدا لوفليس',
  'with quotes and markup': '"Bobby" O’Neill <b>\\&amp;',
  'with eleven digits': 'Henry 12345678901',
  'of the last code point': 'Ada \u{10FFFF}',
};

const kAddress = {
  line1: '12 Rue de l’Église 🏠',
  line2: 'Bât. C',
  line3: null,
  city: 'Nîmes',
  postal_code: '30000',
  country: 'FR',
};

// Members beside those that we read: published, or of a version that does not exist yet.
const kChanges = {
  'ephemeral true': { ephemeral: true },
  'ephemeral false': { ephemeral: false },
  'a date at which the token ends': { expiration_date: '2031-05-17T08:30:00Z' },
  both: { ephemeral: true, expiration_date: '2031-05-17T08:30:00.000+02:00' },
  'a billing address': { additional_data: { cardholder_name: 'Ada', billing_address: kAddress } },
  'an e-mail address': { additional_data: { cardholder_name: 'Ada', email: 'ada@example.com' } },
  'no additional data': { additional_data: undefined },
  'empty additional data': { additional_data: {} },
  'a name at the top too': { cardholder_name: 'Somebody Else' },
  'unknown members': { of_tomorrow: { deep: [1, { a: null }] }, '': 0, '💳': true, __proto__x: 1 },
  'unknown additional data': { additional_data: { cardholder_name: 'Ada', of_tomorrow: [[[]]] } },
  'texts for numbers': { expiry_month: '07', expiry_year: '2031' },
  'a year of two digits': { expiry_month: 7, expiry_year: 31 },
  'spaces in the number': { account_number: '4242 4242 4242 4242' },
};

function vectors() {
  const cards = [];
  for (const [network, numbers] of Object.entries(kNumbers)) {
    const security_code = network === 'AMERICAN_EXPRESS' ? '1234' : '123';
    for (const account_number of numbers) {
      const card = payload({ account_number, security_code });
      cards.push({ what: `${network} of ${account_number.length} digits`, network, card });
    }
  }
  for (const [what, cardholder_name] of Object.entries(kNames)) {
    cards.push({
      what: `a name ${what}`,
      card: payload(undefined, { additional_data: { cardholder_name } }),
    });
  }
  for (const [what, changes] of Object.entries(kChanges)) {
    cards.push({ what, card: payload(undefined, changes) });
  }
  for (const [network, number] of [
    ['CARTES_BANCAIRES', '4000002500001001'],
    ['BANCONTACT', '6703444444444449'],
    ['DANKORT', '4571000000000001'],
  ]) {
    const card_network = network.toLowerCase().replace('_', '');
    const card = payload(
      { account_number: number, security_code: '123' },
      { additional_data: { cardholder_name: 'Ada', card_network } },
    );
    cards.push({ what: `${network} chosen`, network, card });
  }
  return cards;
}

async function encrypted(jwk, card, { alg, names_key }) {
  const key = await importJWK(jwk, alg);
  const header = { alg, enc: 'A256GCM', ...(names_key ? { kid: jwk.kid } : {}) };
  const bytes = new TextEncoder().encode(JSON.stringify(card));
  return new CompactEncrypt(bytes).setProtectedHeader(header).encrypt(key);
}

// What CardSessionCreated must say of that plaintext.
function expected({ network = 'VISA', card }) {
  const number = card.account_number.replaceAll(' ', '');
  return {
    card_holder: card.additional_data?.cardholder_name ?? null,
    card_network: network,
    expiration_month: Number(card.expiry_month),
    expiration_year: (Number(card.expiry_year) % 100) + 2000,
    first_six: number.slice(0, 6),
    last_four: number.slice(-4),
  };
}

describe('a card by npm jose', () => {
  let obolus;
  let right = 0;
  let all = 0;
  before(async () => {
    obolus = await Obolus.start();
  });
  after(() => obolus.stop());

  for (const sender of kSenders) {
    const by = `${sender.alg}${sender.names_key ? '' : ' without kid'}`;
    for (const vector of vectors()) {
      all++;
      test(`${by}: ${vector.what}`, async () => {
        const { session_key, terminal_id } = await obolus.openPayment();
        const { data } = await obolus.state(session_key);
        const token = await encrypted(data.jwk, vector.card, sender);
        const answer = await obolus.complete(session_key, token);
        assert.equal(answer.status, 200, answer.text);
        const delivery = await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
        assertEvent(delivery);
        const { card_session } = delivery.event.data;
        assert.deepEqual(card_session.data, expected(vector));
        assert.deepEqual(
          [answer.json.status, answer.json.data.token_id],
          ['success', card_session.id],
        );
        right++;
      });
    }
  }

  test('is taken, every one of them', (t) => {
    t.diagnostic(`${right} of ${all} vectors (${((100 * right) / all).toFixed(1)} %)`);
    assert.equal(right, all);
  });
});

describe('a name that no card has', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start();
  });
  after(() => obolus.stop());

  for (const [what, cardholder_name] of Object.entries({
    'of 129 bytes': 'A'.repeat(129),
    'with a line feed': 'Ada\nLovelace',
    'that is a card number': '4242 4242 4242 4242',
  })) {
    test(`${what} is refused and may be mended`, async () => {
      const { session_key } = await obolus.openPayment();
      const { data } = await obolus.state(session_key);
      const send = async (additional_data) => {
        const card = payload(undefined, { additional_data });
        return obolus.complete(session_key, await encrypted(data.jwk, card, kSenders[0]));
      };
      const refused = await send({ cardholder_name });
      assert.equal(refused.status, 422, refused.text);
      const pointers = refused.json.errors.map(({ pointer }) => pointer);
      assert.deepEqual(pointers, ['/result/enc_payload/additional_data/cardholder_name']);
      assert.equal((await send({ cardholder_name: 'Ada' })).status, 200);
    });
  }
});
