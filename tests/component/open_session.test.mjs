// Opening sessions as Commerce does (contract §1): both kinds, the published variant, the
// challenge that comes later, and the terminal as natural idempotency key.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { kShopOrigin, Obolus } from '../support/obolus.mjs';
import { until } from '../support/client.mjs';

describe('opening a session', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start();
  });
  after(() => obolus.stop());

  test('an absent body opens a payment session with everything minted', async () => {
    const answer = await obolus.commerce('POST', '/sessions');
    assert.equal(answer.status, 201, answer.text);
    const { session_key, terminal_id, expires_at, expires_in } = answer.json;
    assert.match(session_key, /^pay_[A-Za-z0-9_-]{50}$/);
    assert.match(
      terminal_id,
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    assert.ok(expires_in >= 895 && expires_in <= 900, String(expires_in));
    assert.ok(Math.abs(new Date(expires_at) - Date.now() - 900_000) < 5_000, expires_at);
    assert.equal((await obolus.state(session_key)).next_action, 'tokenize_card');
  });

  test('the session shows the shopper what Commerce said about the payment', async () => {
    const terminal_id = randomUUID();
    const opened = await obolus.openPayment({
      terminal_id,
      payment: { amount: 4200, currency_code: 'EUR', order_id: 'A-17' },
      merchant: { name: 'Tea & Co', origins: ['https://tea.example'] },
      allowed_networks: ['VISA', 'AMERICAN_EXPRESS'],
      locale: 'de-CH',
      expires_in: 60,
      unheard_of: { member: [1, 2, 3] },
    });
    assert.equal(opened.terminal_id, terminal_id);
    const state = await obolus.state(opened.session_key);
    assert.equal(state.terminal_id, terminal_id);
    assert.deepEqual(state.payment, { amount: 4200, currency_code: 'EUR', order_id: 'A-17' });
    assert.equal(state.merchant.name, 'Tea & Co');
    assert.equal(state.locale, 'de-CH');
    assert.deepEqual([...state.data.allowed_schemes].sort(), ['americanexpress', 'visa']);
    assert.ok(state.expires_in <= 60 && state.expires_in >= 55);
    assert.equal(state.continue_url, null);
    assert.equal(state.attempts_left, 5);
  });

  test('only the origins of the session may read its state from another site', async () => {
    const named = await obolus.openPayment({ merchant: { origins: ['https://tea.example'] } });
    const plain = await obolus.openPayment();
    const allowed = async (key, origin) => {
      const answer = await obolus.shopper('GET', `/sessions/${key}`, { headers: { origin } });
      return answer.headers['access-control-allow-origin'];
    };
    assert.equal(await allowed(named.session_key, 'https://tea.example'), 'https://tea.example');
    assert.equal(await allowed(plain.session_key, kShopOrigin), kShopOrigin);
    assert.equal(await allowed(plain.session_key, 'https://evil.example'), undefined);
  });

  test('a request id of Commerce comes back, also in a problem', async () => {
    const headers = { 'x-request-id': 'commerce-17' };
    const opened = await obolus.commerce('POST', '/sessions', { headers });
    assert.equal(opened.headers['x-request-id'], 'commerce-17');
    const refused = await obolus.commerce('POST', '/sessions', { headers, body: { type: 'x' } });
    assert.equal(refused.json.instance, 'urn:request:commerce-17');
    const minted = await obolus.commerce('POST', '/sessions');
    assert.match(minted.headers['x-request-id'], /^[0-9a-f-]{36}$/);
  });

  test('the same open terminal is the same session', async () => {
    const terminal_id = randomUUID();
    const first = await obolus.openPayment({ terminal_id });
    const second = await obolus.openPayment({ terminal_id });
    assert.equal(second.session_key, first.session_key);
    assert.notEqual((await obolus.openPayment()).session_key, first.session_key);
  });

  for (const [shape, challenge] of Object.entries({
    'a page of the processor': { url: 'https://processor.example/challenge/1' },
    'EMV 3DS 2': {
      acs_url: 'https://acs.example/c',
      creq: 'eyJhIjoxfQ',
      three_ds_session_data: 'c2Q',
    },
    'pa_req and md': { acs_url: 'https://acs.example/p', pa_req: 'eJxVUttu', md: 'merchant-data' },
  })) {
    test(`a challenge may be ${shape}, nested or as published`, async () => {
      const bodies = [{ type: '3ds', challenge }, { '3ds_challenge': challenge }];
      if (challenge.acs_url) bodies.push(challenge);
      for (const body of bodies) {
        const answer = await obolus.commerce('POST', '/sessions', { body });
        assert.equal(answer.status, 201, answer.text);
        const page = await obolus.shopper('GET', new URL(answer.json.redirect_url).pathname);
        const target = challenge.url ?? challenge.acs_url;
        assert.ok(
          page.status === 303 ? page.headers.location === target : page.text.includes(target),
        );
      }
    });
  }

  test('a body with tds_terminal_id is a 3DS session without saying so', async () => {
    const tds_terminal_id = randomUUID();
    const answer = await obolus.commerce('POST', '/sessions', { body: { tds_terminal_id } });
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.json.tds_terminal_id, tds_terminal_id);
    assert.match(answer.json.redirect_url, /\/3ds\/tds_[A-Za-z0-9_-]{50}$/);
    assert.ok(answer.json.expires_in >= 595 && answer.json.expires_in <= 600);
  });

  test('the published variant answers 200 with a page to forward to', async () => {
    for (const [path, page] of [
      ['/session', /\/checkout\/pay_/],
      ['/tds/session', /\/3ds\/tds_/],
    ]) {
      const answer = await obolus.commerce('POST', path);
      assert.equal(answer.status, 200, answer.text);
      assert.match(answer.json.forwarding_url, page);
      assert.ok(answer.json.forwarding_url.startsWith(obolus.configuration.public_url));
      const shown = await obolus.shopper('GET', new URL(answer.json.forwarding_url).pathname);
      assert.equal(shown.status, 200);
      assert.match(shown.headers['content-type'], /^text\/html/);
      assert.equal((await obolus.commerce('POST', path, { key: null })).status, 401);
    }
  });

  test('the hosted page shows the amount in the units of its currency', async () => {
    for (const [amount, currency_code, text] of [
      [4990, 'EUR', '49.90 EUR'],
      [5, 'EUR', '0.05 EUR'],
      [4990, 'JPY', '4990 JPY'],
      [4990, 'KWD', '4.990 KWD'],
    ]) {
      const body = { payment: { amount, currency_code } };
      const { forwarding_url } = (await obolus.commerce('POST', '/session', { body })).json;
      const page = await obolus.shopper('GET', new URL(forwarding_url).pathname);
      assert.ok(page.text.includes(text), `${text} is not in ${page.text}`);
    }
  });

  test('a challenge may follow by its own route or by POST /sessions', async () => {
    const challenge = { acs_url: 'https://acs.example/later', creq: 'eyJhIjoyfQ' };
    for (const provide of [
      (id) => obolus.commerce('POST', `/tds/session/${id}/challenge`, { body: { challenge } }),
      (id) => obolus.commerce('POST', `/tds/session/${id}/challenge`, { body: challenge }),
      (id) => obolus.commerce('POST', '/sessions', { body: { tds_terminal_id: id, challenge } }),
    ]) {
      const opened = (await obolus.commerce('POST', '/tds/session')).json;
      const page = new URL(opened.forwarding_url).pathname;
      const waiting = await obolus.shopper('GET', page);
      assert.equal(waiting.status, 200);
      assert.ok(!waiting.text.includes('acs.example'));
      const provided = await provide(opened.terminal_id);
      assert.ok([200, 201].includes(provided.status), provided.text);
      await until('the challenge on the page', async () =>
        (await obolus.shopper('GET', page)).text.includes('https://acs.example/later'),
      );
    }
    const unknown = await obolus.commerce('POST', `/tds/session/${randomUUID()}/challenge`, {
      body: { challenge },
    });
    assert.equal(unknown.status, 404, unknown.text);
  });
});
