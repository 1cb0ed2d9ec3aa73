// Events from Commerce (contract §3.2): the three modes, made by npm cloudevents; duplicates,
// events that come before their session, and what is malformed.
import { CloudEvent, HTTP } from 'cloudevents';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { Obolus } from '../support/obolus.mjs';
import { assertRefused, storesNothing } from '../support/stored.mjs';

describe('an event from Commerce', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start();
  });
  after(() => obolus.stop());

  const made = (type, data, attributes = {}) =>
    new CloudEvent({ type, source: 'https://commerce.example', data, ...attributes });
  const send = ({ headers, body }) => obolus.commerce('POST', '/events', { headers, body });
  const structured = (type) => ({ headers: { 'content-type': type } });
  const kStructured = structured('application/cloudevents+json').headers;
  const kBatch = structured('application/cloudevents-batch+json').headers;

  test('is applied in binary and in structured mode', async () => {
    for (const encode of [HTTP.binary, HTTP.structured]) {
      const { session_key, terminal_id } = await obolus.openPayment();
      const answer = await send(encode(made('SessionVoided', { terminal_id })));
      assert.equal(answer.status, 204, answer.text);
      assert.equal((await obolus.state(session_key)).data.reason_code, 'VOIDED');
    }
  });

  test('is applied in a batch, each for itself', async () => {
    const sessions = await Promise.all([1, 2, 3].map(() => obolus.openPayment()));
    const events = sessions.map(({ terminal_id }) =>
      made('SessionVoided', { terminal_id }).toJSON(),
    );
    const answer = await send({ headers: kBatch, body: JSON.stringify(events) });
    assert.ok([202, 204].includes(answer.status), answer.text);
    for (const { session_key } of sessions) {
      assert.equal((await obolus.state(session_key)).status, 'failure');
    }
    assert.ok([202, 204].includes((await send({ headers: kBatch, body: '[]' })).status));
  });

  for (const [what, name] of [
    ['terminal_id', (opened) => [{ terminal_id: opened.terminal_id }]],
    ['session_key', (opened) => [{ session_key: opened.session_key }]],
    ['session_id', (opened) => [{ session_id: opened.terminal_id }]],
    ['payment_id', (opened) => [{ payment_id: opened.payment_id }]],
    ['its subject', (opened) => [{}, { subject: opened.terminal_id }]],
  ]) {
    test(`finds its session by ${what}`, async () => {
      const payment_id = randomUUID();
      const opened = await obolus.openPayment({ payment: { id: payment_id } });
      const [data, attributes] = name({ ...opened, payment_id });
      const answer = await send(HTTP.binary(made('SessionVoided', data, attributes)));
      assert.equal(answer.status, 204, answer.text);
      assert.equal((await obolus.state(opened.session_key)).data.reason_code, 'VOIDED');
    });
  }

  test('StateChanged is shown to the client and never reopens', async () => {
    const { session_key, terminal_id } = await obolus.openPayment();
    await obolus.pay(session_key);
    for (const state of ['accepted', 'authorized', 'completed']) {
      const answer = await send(
        HTTP.binary(made('StateChanged', { state }, { subject: terminal_id })),
      );
      assert.equal(answer.status, 204, answer.text);
      assert.equal((await obolus.state(session_key)).commerce_state, state);
    }
    await send(HTTP.binary(made('StateChanged', { state: 'accepted' }, { subject: terminal_id })));
    const state = await obolus.state(session_key);
    assert.deepEqual([state.commerce_state, state.status], ['completed', 'success']);
  });

  test('that is a duplicate has no second effect', async () => {
    const { session_key, terminal_id } = await obolus.openPayment();
    const event = made('SessionVoided', { terminal_id });
    assert.equal((await send(HTTP.binary(event))).status, 204);
    for (const encode of [HTTP.binary, HTTP.structured]) {
      const again = await storesNothing(obolus, () => send(encode(event)));
      assert.equal(again.status, 204, again.text);
    }
    assert.equal((await obolus.state(session_key)).data.reason_code, 'VOIDED');
  });

  test('with the same id of another source is another event', async () => {
    const [one, two] = [await obolus.openPayment(), await obolus.openPayment()];
    const id = randomUUID();
    for (const [opened, source] of [
      [one, 'urn:a'],
      [two, 'urn:b'],
    ]) {
      const event = made('SessionVoided', { terminal_id: opened.terminal_id }, { id, source });
      assert.equal((await send(HTTP.binary(event))).status, 204);
      assert.equal((await obolus.state(opened.session_key)).status, 'failure');
    }
  });

  test('for a session that comes later is kept until then', async () => {
    const terminal_id = randomUUID();
    const early = await send(HTTP.binary(made('SessionVoided', { terminal_id })));
    assert.equal(early.status, 202, early.text);
    const { session_key } = await obolus.openPayment({ terminal_id });
    const state = await obolus.state(session_key);
    assert.deepEqual([state.status, state.data.reason_code], ['failure', 'VOIDED']);
    await obolus.settled();
    assert.equal(obolus.bridge.about(terminal_id).length, 0);
  });

  test('CompleteTDSSession for an unknown challenge is kept and applied', async () => {
    const tds_terminal_id = randomUUID();
    const data = { result: 'SUCCESS', tds_terminal_id };
    assert.equal((await obolus.event('CompleteTDSSession', data)).status, 202);
    const continuation = { success: 'https://shop.example/ok' };
    const opened = await obolus.openChallenge({ tds_terminal_id, continuation });
    const page = await obolus.shopper('GET', opened.path);
    assert.equal(page.headers.location, continuation.success);
  });

  test('CompleteTDSSession that says the contrary of the first is 202 and an alarm', async () => {
    const { tds_terminal_id, path } = await obolus.openChallenge({
      continuation: { success: 'https://shop.example/ok', error: 'https://shop.example/no' },
    });
    const say = (result) => obolus.event('CompleteTDSSession', { result, tds_terminal_id });
    assert.equal((await say('SUCCESS')).status, 204);
    assert.equal((await say('FAILED')).status, 202);
    const alarm = await obolus.process.event('event_conflict');
    assert.deepEqual(
      [alarm.level, alarm.terminal_id, alarm.state, alarm.outcome],
      ['error', tds_terminal_id, 'succeeded', 'FAILED'],
    );
    assert.match(alarm.session_id, /^[0-9a-f-]{36}$/);
    assert.equal((await obolus.shopper('GET', path)).headers.location, 'https://shop.example/ok');
  });

  test('of an unknown type is 202, recorded, and changes nothing', async () => {
    const { session_key, terminal_id } = await obolus.openPayment();
    const before = await obolus.state(session_key);
    const event = made('PaymentTeleported', { terminal_id }, { subject: terminal_id });
    assert.equal((await send(HTTP.binary(event))).status, 202);
    const after = await obolus.state(session_key);
    assert.deepEqual([after.next_action, after.status], [before.next_action, before.status]);
  });

  const kWhole = {
    'ce-specversion': '1.0',
    'ce-id': 'e-1',
    'ce-source': 'urn:x',
    'ce-type': 'SessionVoided',
    'content-type': 'application/json',
  };
  const without = (name) =>
    Object.fromEntries(Object.entries(kWhole).filter(([key]) => key !== name));

  for (const [what, headers, body, status] of [
    ['no ce-id', without('ce-id'), '{}', 400],
    ['an empty ce-id', { ...kWhole, 'ce-id': '' }, '{}', 400],
    ['no ce-source', without('ce-source'), '{}', 400],
    ['no ce-type', without('ce-type'), '{}', 400],
    ['no ce-specversion', without('ce-specversion'), '{}', 400],
    ['specversion 0.3', { ...kWhole, 'ce-specversion': '0.3' }, '{}', 400],
    ['data that is not JSON', kWhole, '{"terminal_id":', 400],
    [
      'a structured event without id',
      kStructured,
      '{"specversion":"1.0","type":"SessionVoided","source":"urn:x"}',
      400,
    ],
    ['a structured event that is not JSON', kStructured, 'hello', 400],
    ['a structured event that is a list', kStructured, '[]', 400],
    ['a batch that is no list', kBatch, '{}', 400],
    ['a batch with one bad event', kBatch, '[{"specversion":"1.0"}]', 400],
    ['another content type', { ...kWhole, 'content-type': 'text/plain' }, 'x', 415],
  ]) {
    test(`with ${what} is ${status}, and nothing is stored`, async () => {
      const answer = await storesNothing(obolus, () => send({ headers, body }));
      assertRefused(answer, status, status === 415 ? 'UNSUPPORTED_MEDIA_TYPE' : 'MALFORMED');
    });
  }

  for (const [type, data, pointer] of [
    ['CompleteTDSSession', { result: 'SUCCESS' }, '/tds_terminal_id'],
    ['CompleteTDSSession', { result: 'MAYBE', tds_terminal_id: randomUUID() }, '/result'],
    ['CompleteTDSSession', { result: 'SUCCESS', tds_terminal_id: 'x' }, '/tds_terminal_id'],
    ['StateChanged', { state: 'teleported', terminal_id: randomUUID() }, '/state'],
    ['StateChanged', { terminal_id: randomUUID() }, '/state'],
  ]) {
    test(`${type} ${JSON.stringify(data)} names ${pointer}`, async () => {
      const answer = await storesNothing(obolus, () => send(HTTP.binary(made(type, data))));
      assert.ok([400, 422].includes(answer.status), answer.text);
      const pointers = answer.json.errors.map((error) => error.pointer);
      assert.ok(
        pointers.some((found) => found.endsWith(pointer)),
        answer.text,
      );
    });
  }

  // npm cloudevents puts attributes into headers as they are; this is what the HTTP binding asks of
  // a sender (§3.1.3.2).
  const encoded = ({ headers, body }) => ({
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        name.startsWith('ce-')
          ? String(value).replaceAll(/[^!-~]|["%]/gu, encodeURIComponent)
          : value,
      ]),
    ),
    body,
  });

  test('is one event in binary, structured and batched mode, whatever is in it', async () => {
    const { terminal_id, session_key } = await obolus.openPayment();
    const words = [
      'plain',
      'Zürich 100%',
      '€ 5 "quoted"',
      '日本',
      '😀',
      'a b',
      '%41',
      'x'.repeat(200),
    ];
    const times = [
      '2026-11-25T14:00:00Z',
      '2026-11-25T14:00:00.123456+05:30',
      '1990-12-31T23:59:59-11:00',
      undefined,
    ];
    const kEvents = 340;
    const duplicates = () =>
      obolus.metric('obolus_events_received_total', { outcome: 'duplicate' });
    const before = await duplicates();
    const sendInEachMode = async (i) => {
      const word = words[i % words.length];
      const time = times[i % times.length];
      const data = { terminal_id, state: 'accepted', note: word, nested: [{ i }, null, 1e30] };
      const event = made('StateChanged', data, {
        id: `${i} ${word}`,
        source: `urn:generated:${encodeURIComponent(word)}`,
        ...(time && { time }),
        comexample: word,
        n: i,
      });
      const json = event.toJSON();
      const base64 = { ...json, data_base64: Buffer.from(JSON.stringify(data)).toString('base64') };
      delete base64.data;
      const modes = [
        encoded(HTTP.binary(event)),
        HTTP.structured(event),
        { headers: kBatch, body: JSON.stringify([i % 2 ? json : base64]) },
      ];
      for (let mode = 0; mode < modes.length; ++mode) {
        const answer = await send(modes[(i + mode) % modes.length]);
        assert.equal(answer.status, 204, `${i} ${word}: ${answer.text}`);
      }
    };
    for (let i = 0; i < kEvents; i += 34) {
      await Promise.all(Array.from({ length: 34 }, (_, at) => sendInEachMode(i + at)));
    }
    assert.equal((await duplicates()) - before, 2 * kEvents);
    assert.equal((await obolus.state(session_key)).commerce_state, 'accepted');
  });

  test('of 64 KiB is taken, one over 256 KiB is 413', async () => {
    const { terminal_id } = await obolus.openPayment();
    const data = (size) => ({ terminal_id, padding: 'x'.repeat(size) });
    assert.equal((await obolus.event('SessionVoided', data(65_000))).status, 204);
    const answer = await storesNothing(obolus, () =>
      obolus.event('SessionVoided', data(256 * 1024)),
    );
    assertRefused(answer, 413, 'TOO_LARGE');
  });

  test('may be asked for leave first, by the webhook handshake', async () => {
    const headers = { 'webhook-request-origin': 'commerce.example' };
    const answer = await obolus.commerce('OPTIONS', '/events', { headers });
    assert.ok([200, 204].includes(answer.status), answer.text);
    assert.ok(['commerce.example', '*'].includes(answer.headers['webhook-allowed-origin']));
  });
});
