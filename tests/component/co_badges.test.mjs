// Cards that work with two networks: the shopper chooses (Regulation (EU) 2015/751, article 8), and
// Commerce hears the choice. From the leading digits, by the built-in table and an operator's file.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { payload } from '../support/card.mjs';
import { kShopOrigin, Obolus } from '../support/obolus.mjs';
import { assertRefused, storesNothing } from '../support/stored.mjs';

const kCards = {
  'Visa with CB': ['4000002500001001', ['cartesbancaires', 'visa']],
  'Mastercard with CB': ['5555552500001001', ['cartesbancaires', 'mastercard']],
  'Maestro with Bancontact': ['6703444444444449', ['bancontact', 'maestro']],
  'Visa with Dankort': ['4571000000000001', ['dankort', 'visa']],
  'Dankort alone': ['5019555544445555', ['dankort']],
  'Visa alone': ['4242424242424242', ['visa']],
};
const kEventSpelling = { cartesbancaires: 'CARTES_BANCAIRES' };
const spelled = (network) => kEventSpelling[network] ?? network.toUpperCase();

function coBadged(account_number, card_network) {
  const additional_data = { cardholder_name: 'Ada Lovelace', card_network };
  return payload({ account_number, security_code: '123' }, { additional_data });
}

describe('a co-badged card', () => {
  let folder;
  let obolus;
  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-cards-'));
    const co_badges_file = path.join(folder, 'co_badges.csv');
    writeFileSync(co_badges_file, 'low,high,network\n42424243,42424243,cartesbancaires\n');
    obolus = await Obolus.start({ cards: { co_badges_file } });
  });
  after(async () => {
    await obolus.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const find = (key, iin, options = {}) =>
    obolus.shopper('POST', `/sessions/${key}/networks`, { body: { iin }, ...options });

  async function networksOf(key, iin) {
    const answer = await find(key, iin);
    assert.equal(answer.status, 200, answer.text);
    return answer.json.networks;
  }

  // What Commerce is told of a card paid with that choice.
  async function paid(number, choice, body) {
    const { session_key, terminal_id } = await obolus.openPayment(body);
    const answer = await obolus.pay(session_key, coBadged(number, choice));
    assert.equal(answer.status, 200, answer.text);
    const { event } = await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
    return event.data.card_session.data.card_network;
  }

  for (const [name, [number, networks]] of Object.entries(kCards)) {
    test(`${name}: each of its networks can be chosen`, async () => {
      const { session_key } = await obolus.openPayment();
      assert.deepEqual(await networksOf(session_key, number.slice(0, 8)), networks);
      for (const network of networks) {
        assert.equal(await paid(number, network), spelled(network));
      }
      assert.equal(await paid(number, undefined), spelled(networks.at(-1)), 'nothing chosen');
    });
  }

  test("is found in the operator's file", async () => {
    const { session_key } = await obolus.openPayment();
    assert.deepEqual(await networksOf(session_key, '42424243'), ['cartesbancaires', 'visa']);
    assert.deepEqual(await networksOf(session_key, '42424244'), ['visa']);
    assert.deepEqual(await networksOf(session_key, '424242'), ['visa']);
    assert.deepEqual(await networksOf(session_key, '99999999'), []);
  });

  test('offers and takes only what the session allows', async () => {
    const body = { allowed_networks: ['CARTES_BANCAIRES', 'MASTERCARD'] };
    const { session_key } = await obolus.openPayment(body);
    const { data } = await obolus.state(session_key);
    assert.deepEqual(data.allowed_schemes.sort(), ['cartesbancaires', 'mastercard']);
    assert.deepEqual(await networksOf(session_key, '40000025'), ['cartesbancaires']);
    const choice = await obolus.pay(session_key, coBadged('4000002500001001', 'visa'));
    const pointer = '/result/enc_payload/additional_data/card_network';
    assertRefused(choice, 422, 'VALIDATION_ERROR', [pointer]);
    assert.equal(await paid('4000002500001001', undefined, body), 'CARTES_BANCAIRES');
  });

  test('of which another network is chosen is refused', async () => {
    const { session_key } = await obolus.openPayment();
    for (const choice of ['mastercard', 'CARTES_BANCAIRES', 'girocard', 7]) {
      const answer = await obolus.pay(session_key, coBadged('4000002500001001', choice));
      const pointer = '/result/enc_payload/additional_data/card_network';
      assertRefused(answer, 422, 'VALIDATION_ERROR', [pointer]);
    }
  });

  test('is asked about by six to eight digits of a session that lives', async () => {
    const { session_key } = await obolus.openPayment();
    for (const iin of ['40000', '400000250', '4000 25', '40000025x', '', 40000025, null]) {
      const answer = await storesNothing(obolus, () => find(session_key, iin));
      assertRefused(answer, 422, 'VALIDATION_ERROR', ['/iin']);
    }
    assertRefused(await find(`pay_${'A'.repeat(50)}`, '40000025'), 404, 'NOT_FOUND');
    const { path: challenge } = await obolus.openChallenge();
    assertRefused(await find(challenge.split('/').pop(), '40000025'), 404, 'NOT_FOUND');
  });

  test("is asked about from the shop's origin, and never cached", async () => {
    const { session_key } = await obolus.openPayment();
    const answer = await find(session_key, '40000025', { headers: { origin: kShopOrigin } });
    assert.equal(answer.headers['access-control-allow-origin'], kShopOrigin);
    assert.equal(answer.headers['cache-control'], 'no-store');
    const stranger = { origin: 'https://stranger.example' };
    const refused = await find(session_key, '40000025', { headers: stranger });
    assert.equal(refused.headers['access-control-allow-origin'], undefined);
    const target = `/sessions/${session_key}/networks`;
    const preflight = await obolus.shopper('OPTIONS', target, { headers: { origin: kShopOrigin } });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers['access-control-allow-origin'], kShopOrigin);
  });
});

describe('obolus check', () => {
  test('names the lines of a table that is wrong', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-cards-'));
    const co_badges_file = path.join(folder, 'co_badges.csv');
    writeFileSync(co_badges_file, '400000,400001,cartesbancaires\n');
    const obolus = await Obolus.start({ cards: { co_badges_file } });
    try {
      const good = await obolus.cli('check');
      assert.match(good.stdout, /co-badged cards: 1 rows in/);
      writeFileSync(co_badges_file, '400000,400001,cartesbancaires\n400001,400000,visa\n');
      const bad = await obolus.cli('check');
      assert.equal(bad.status, 78, bad.stdout + bad.stderr);
      assert.match(bad.stdout + bad.stderr, /line 2: low is above high/);
    } finally {
      await obolus.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
