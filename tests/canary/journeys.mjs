// The ways that a card can take through Obolus without a browser, good and bad: each takes cards
// of its own, notes every answer, and ends with the session looked at as an operator would. The
// browser's ways are in browser_journey.mjs.
import assert from 'node:assert/strict';
import { encrypt } from '../support/card.mjs';
import { Obolus } from '../support/obolus.mjs';
import { until } from '../support/client.mjs';
import { newCard, plaintextOf } from './cards.mjs';

const kRsa = ['RSA-OAEP-256', 'RSA-OAEP'];

// An Obolus whose every answer is evidence.
export async function startObserved(evidence, extra, environment, shared) {
  const obolus = await Obolus.start(
    { ...extra, log: { level: 'debug' } },
    environment,
    shared,
  );
  const call = obolus.call.bind(obolus);
  obolus.call = async (listener, method, target, options) => {
    const answer = await call(listener, method, target, { documented: false, ...options });
    const head = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}\n`);
    const text = `${answer.status}\n${head.join('')}\n${answer.text}`;
    evidence.keep(`answers, ${listener} listener`, text, { names: listener === 'operator' });
    return answer;
  };
  evidence.place('data folder', obolus.configuration.data_dir, { mode: 'binary', names: true });
  return obolus;
}

// What is left of it when it has ended: what it printed, and what was asked of its bridge.
export function keepOutput(evidence, obolus) {
  const { text } = obolus.process;
  assert.ok(text.length < 3_900_000, 'the log is longer than what is kept of it');
  evidence.keep('log (level debug)', text);
}

export function keepEvents(evidence, bridge) {
  for (const { headers, body } of bridge.deliveries) {
    evidence.keep('events to the bridge', JSON.stringify(headers) + body.toString(), {
      names: true,
    });
  }
}

async function look(obolus, terminal) {
  await obolus.operator('GET', `/sessions/${terminal}`);
  const { events } = (await obolus.operator('GET', '/events?limit=100')).json;
  for (const { id } of events.slice(0, 5)) await obolus.operator('GET', `/events/${id}`);
  const shown = obolus.cli('sessions', 'show', terminal);
  return shown.stdout + shown.stderr;
}

export class Journeys {
  constructor(evidence, obolus) {
    Object.assign(this, { evidence, obolus, paid: [] });
  }

  // `stray`: its number travels outside of an envelope, in clear.
  card(way, kind, stray = false) {
    return this.evidence.add({ ...newCard(kind), way, stray });
  }

  async open(body) {
    return this.obolus.openPayment({ payment: { amount: 4450, currency_code: 'EUR' }, ...body });
  }

  async seal(key, card, changes, options) {
    const { data } = await this.obolus.state(key);
    return encrypt(data, plaintextOf(card, changes), options);
  }

  // The card is taken: by the frame's key or by those of the public SDKs.
  async takes(way, { kind, changes, ...options } = {}) {
    const card = this.card(way, kind);
    const { session_key, terminal_id } = await this.open();
    const token = await this.seal(session_key, card, changes, options);
    const answer = await this.obolus.complete(session_key, token);
    assert.equal(answer.status, 200, `${way}: ${answer.text}`);
    // The same again: the answer of a repetition.
    await this.obolus.complete(session_key, token);
    await this.obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
    this.paid.push({ card, terminal_id });
    this.evidence.keep('what the CLI prints', await look(this.obolus, terminal_id), {
      names: true,
    });
  }

  async goodCards() {
    await this.takes('frame, ECDH-ES');
    for (const alg of kRsa) await this.takes(`SDK, ${alg}`, { alg });
    await this.takes('Mastercard', { kind: 'mastercard' });
    await this.takes('American Express', { kind: 'amex' });
    const written = (number) => number.replace(/(\d{4})(?=\d)/g, '$1 ');
    const card = this.card('typed with spaces');
    const { session_key } = await this.open();
    const spaced = { account_number: written(card.number) };
    const answer = await this.obolus.complete(
      session_key,
      await this.seal(session_key, card, spaced),
    );
    assert.equal(answer.status, 200, answer.text);
  }

  // Each is refused with 4xx, and the answer, the log and the store say nothing of it. `most`: so
  // many of them.
  async badCards(most = Infinity) {
    const bad = {
      'misread number': [{}, 'misread'],
      'expired': [{ expiry_year: 2020 }],
      'month 13': [{ expiry_month: 13 }],
      'no month': [{ expiry_month: 'ab' }],
      'code too long': [{ security_code: '12345' }],
      'number as a JSON number': [(card) => ({ account_number: Number(card.number) })],
      'number twice as long': [(card) => ({ account_number: card.number + card.number })],
      'number as a name': [
        (card) => ({ additional_data: { cardholder_name: `${card.name} ${card.number}` } }),
      ],
      'number in the month': [(card) => ({ expiry_month: card.number })],
      'number in the year': [(card) => ({ expiry_year: Number(card.number) })],
      'number in the code': [(card) => ({ security_code: card.number })],
      'number as a network': [
        (card) => ({ additional_data: { cardholder_name: 'x', card_network: card.number } }),
      ],
      'number as a member': [(card) => ({ account_number: '', [card.number]: card.number })],
      'number in the date': [
        (card) => ({
          expiry_month: undefined,
          expiry_year: undefined,
          expiration_date: `${card.number}/${card.number}`,
        }),
      ],
    };
    for (const [way, [changes, kind]] of Object.entries(bad).slice(0, most)) {
      const card = this.card(way, kind);
      const { session_key, terminal_id } = await this.open();
      const members = typeof changes === 'function' ? changes(card) : changes;
      const answer = await this.obolus.complete(
        session_key,
        await this.seal(session_key, card, members),
      );
      assert.ok(answer.status >= 400 && answer.status < 500, `${way}: ${answer.status}`);
      await look(this.obolus, terminal_id);
    }
  }

  // Envelopes that are none, and cards in places where none belongs.
  async badEnvelopes() {
    const tamper = (token, part, change) => {
      const parts = token.split('.');
      parts[part] = change(parts[part]);
      return parts.join('.');
    };
    const flip = (text) => (text[3] === 'A' ? 'B' : 'A') + text.slice(1);
    const good = async (card, key) => this.seal(key, card);
    const ways = {
      'no JSON inside': (card, key) =>
        this.obolus.state(key).then(({ data }) => encrypt(data, `${card.number};${card.code}`)),
      'cut JSON inside': (card, key) =>
        this.obolus
          .state(key)
          .then(({ data }) => encrypt(data, JSON.stringify(plaintextOf(card)).slice(0, -4))),
      'bytes inside': (card, key) =>
        this.obolus.state(key).then(({ data }) => encrypt(data, `\u0000\u00ff${card.number}`)),
      'tag changed': async (card, key) => tamper(await good(card, key), 4, flip),
      'text changed': async (card, key) => tamper(await good(card, key), 3, flip),
      'header changed': async (card, key) => tamper(await good(card, key), 0, flip),
      'plain number for an envelope': async (card) => card.number,
      'plain JSON for an envelope': async (card) => JSON.stringify(plaintextOf(card)),
      'base64 for an envelope': async (card) =>
        `e30.${Buffer.from(card.number).toString('base64url')}.e30.e30.e30`,
      'number as kid': async (card, key) => {
        const { data } = await this.obolus.state(key);
        return encrypt(data, plaintextOf(card), { header: { kid: card.number } });
      },
    };
    for (const [way, make] of Object.entries(ways)) {
      const card = this.card(way, 'visa', / for an envelope$|as kid$/.test(way));
      const { session_key } = await this.open();
      const answer = await this.obolus.complete(session_key, await make(card, session_key));
      assert.ok(answer.status >= 400 && answer.status < 500, `${way}: ${answer.status}`);
    }
    await this.strayCards();
  }

  // A shop, or a script in a page, that sends cards to where they do not belong.
  async strayCards() {
    const card = this.card('astray: body, path, query, report', 'visa', true);
    const { session_key } = await this.open();
    const path = `/sessions/${session_key}/complete-action`;
    const bodies = [
      plaintextOf(card),
      { action: card.number, result: plaintextOf(card) },
      { action: 'tokenize_card', result: { enc_payload: plaintextOf(card) } },
      `{"action":"tokenize_card","result":{"enc_payload":"${card.number}`,
      `account_number=${card.number}&cvc=${card.code}`,
    ];
    for (const body of bodies) await this.obolus.shopper('POST', path, { body });
    await this.obolus.shopper('POST', `/sessions/${session_key}/networks`, {
      body: { iin: card.number },
    });
    await this.obolus.shopper('GET', `/sessions/${card.number}?number=${card.number}`);
    await this.obolus.shopper('GET', `/checkout/${card.number}`);
    await this.obolus.shopper('GET', `/nowhere/${card.number}?${card.number}=${card.code}`);
    const blocked = `https://${card.number}.evil.example/${card.number}?cvc=${card.code}`;
    await this.obolus.shopper('POST', '/csp-reports', {
      headers: { 'content-type': 'application/csp-report' },
      body: JSON.stringify({
        'csp-report': {
          'document-uri': `https://pay.example/checkout/${card.number}`,
          'violated-directive': card.number,
          'blocked-uri': blocked,
          'script-sample': card.number,
        },
      }),
    });
  }

  // A session that takes no more cards: ended, cooling down, unknown, expired key.
  async lateCards() {
    const card = this.card('session has ended');
    const { session_key } = await this.open();
    const token = await this.seal(session_key, card);
    await this.obolus.shopper('POST', `/sessions/${session_key}/cancel`);
    const late = await this.obolus.complete(session_key, token);
    assert.ok(late.status >= 400, late.text);
    const cooling = this.card('cooling down, 429', 'misread');
    const opened = await this.open({ retries: { max_attempts: 5, cool_down_s: [60] } });
    for (let attempt = 0; attempt < 2; attempt++) {
      const sealed = await this.seal(opened.session_key, cooling, { ephemeral: attempt });
      const { status } = await this.obolus.complete(opened.session_key, sealed);
      assert.equal(status, attempt === 0 ? 422 : 429);
    }
    const used = this.card('attempts used up', 'misread');
    const last = await this.open({ retries: { max_attempts: 1, cool_down_s: [] } });
    for (let attempt = 0; attempt < 2; attempt++) {
      await this.obolus.complete(last.session_key, await this.sealAnyway(last.session_key, used));
    }
  }

  // Under the key of another session where this one shows none any more.
  async sealAnyway(key, card) {
    const { data } = await this.obolus.state(key);
    if (data.jwk_ec) return encrypt(data, plaintextOf(card));
    const { session_key } = await this.open();
    return this.seal(session_key, card);
  }

  // The last looks: figures, pages, lists.
  async finish() {
    await this.obolus.settled();
    const { text } = await this.obolus.operator('GET', '/metrics');
    this.evidence.keep('metrics', text);
    for (const target of ['/healthz', '/readyz', '/events?limit=100', '/events?status=parked']) {
      await this.obolus.operator('GET', target);
    }
    for (const { card, terminal_id } of this.paid) {
      const { event } = await this.obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
      const { data } = event.data.card_session;
      assert.equal(data.first_six, card.number.slice(0, 6));
      assert.equal(data.last_four, card.number.slice(-4));
    }
    for (const [method, data] of [
      ['StateChanged', { state: 'completed', terminal_id: this.paid[0]?.terminal_id }],
      ['SessionVoided', { terminal_id: this.paid[1]?.terminal_id }],
    ]) {
      await this.obolus.event(method, data);
    }
  }
}

// A submission that obolus does not survive, and what the next one makes of it. `point`: of
// base/fault.h; how often it is reached before a card comes is found by trying.
export async function crash(journeys, environment, point) {
  for (let at = 1; at <= 12; at++) {
    const card = journeys.card(`killed: ${point}`);
    if (await dies(journeys, environment, `kill:${point}:${at}`, card)) return;
  }
  throw new Error(`${point} is never reached by a card`);
}

// True: it died of the card, and not of what came before.
async function dies(journeys, environment, plan, card) {
  const { obolus } = journeys;
  await leave(journeys);
  let answer = 'early';
  let session;
  try {
    await obolus.launch({ ...environment, OBOLUS_FAULT_PLAN: plan });
    session = await journeys.open();
    const token = await journeys.seal(session.session_key, card);
    answer = 'late';
    answer = (await obolus.complete(session.session_key, token)).status;
  } catch {
    // It is gone.
  }
  const isDead = answer === 'late' || answer === 'early';
  if (!isDead) throw new Error(`${plan} did not kill it: ${answer}`);
  await obolus.process.exited;
  await leave(journeys);
  await obolus.launch(environment);
  if (answer === 'early') return false;
  await until('a state after the crash', () => obolus.state(session.session_key));
  await look(obolus, session.terminal_id);
  return true;
}

async function leave({ obolus, evidence }) {
  await obolus.process.stop();
  keepOutput(evidence, obolus);
  evidence.keepFolder('data folder after a crash', obolus.configuration.data_dir, {
    mode: 'binary',
    names: true,
  });
}

// The disk is full for a while: nobody is told 2xx, and nothing is written elsewhere instead.
export async function fullDisk(journeys, environment) {
  const { obolus } = journeys;
  await leave(journeys);
  await obolus.launch({ ...environment, OBOLUS_FAULT_PLAN: 'io:write:8:enospc:1500' });
  const card = journeys.card('disk full');
  const statuses = new Set();
  for (let tries = 0; tries < 12; tries++) {
    const opened = await obolus.commerce('POST', '/sessions', { body: { type: 'payment' } });
    statuses.add(opened.status);
    if (opened.status !== 201) continue;
    const { session_key } = opened.json;
    const token = await journeys.seal(session_key, card);
    statuses.add((await obolus.complete(session_key, token)).status);
  }
  assert.ok(statuses.has(503), `the disk was never full: ${[...statuses]}`);
  await leave(journeys);
  await obolus.launch(environment);
}
