import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionClient } from './session_client';

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

/** A server of scripted answers: a Response, or null for a connection that breaks. */
function serverOf(...answers: (Response | null)[]) {
  const sent: Sent[] = [];
  const slept: number[] = [];
  const client = new SessionClient('pay_key', 'https://pay.example.com', {
    fetch: async (url, init) => {
      sent.push({ url, init });
      const answer = answers.shift();
      if (!answer) throw new TypeError('Failed to fetch');
      return answer;
    },
    sleep: async (milliseconds) => void slept.push(milliseconds),
  });
  return { client, sent, slept };
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers });
}

const kWait = { next_action: 'wait', data: {} };

test('a state is read, without credentials, cache or referrer', async () => {
  const { client, sent } = serverOf(json(200, kWait));
  const answer = await client.show();
  assert.equal(answer.kind === 'state' && answer.state.nextAction, 'wait');
  assert.equal(sent[0]?.url, 'https://pay.example.com/sessions/pay_key');
  const { cache, credentials, redirect, referrerPolicy } = sent[0]?.init ?? {};
  assert.deepEqual(
    [cache, credentials, redirect, referrerPolicy],
    ['no-store', 'omit', 'error', 'no-referrer'],
  );
});

test('a broken connection is tried three times with the same bytes, then given up', async () => {
  const { client, sent, slept } = serverOf(null, null, null);
  assert.deepEqual(await client.complete('jwe'), { kind: 'unreachable' });
  assert.deepEqual(slept, [500, 1500]);
  assert.equal(new Set(sent.map((request) => request.init.body)).size, 1);
  assert.equal(sent.length, 3);
  assert.deepEqual(JSON.parse(String(sent[0]?.init.body)), {
    action: 'tokenize_card',
    result: { enc_payload: 'jwe' },
  });
});

test('5xx and 429 are tried again after Retry-After, 5 s at most', async () => {
  const { client, slept } = serverOf(
    json(503, {}, { 'retry-after': '2' }),
    json(429, {}, { 'retry-after': '600' }),
    json(200, kWait),
  );
  assert.equal((await client.show()).kind, 'state');
  assert.deepEqual(slept, [2000, 5000]);
});

test('a 4xx is an answer: it is not tried again, and says classifier and members', async () => {
  const { client, sent } = serverOf(
    json(422, {
      classifier: 'VALIDATION_ERROR',
      errors: [{ pointer: '/result/enc_payload/account_number', detail: 'no' }],
    }),
  );
  assert.deepEqual(await client.complete('jwe'), {
    kind: 'refused',
    status: 422,
    classifier: 'VALIDATION_ERROR',
    pointers: ['/result/enc_payload/account_number'],
    attemptsLeft: null,
    retryAfter: null,
  });
  assert.equal(sent.length, 1);
});

test('an answer that is not JSON, or no state, is a failure of the server', async () => {
  const { client } = serverOf(
    new Response('<html>', { status: 200 }),
    new Response('x', { status: 404 }),
  );
  const nothing = { classifier: '', pointers: [], attemptsLeft: null, retryAfter: null };
  assert.deepEqual(await client.show(), { kind: 'refused', status: 502, ...nothing });
  assert.deepEqual(await client.show(), { kind: 'refused', status: 404, ...nothing });
});

test('a refused card says what is allowed next; a 429 to a card is not tried again', async () => {
  const { client, slept } = serverOf(
    json(429, { classifier: 'RATE_LIMITED', attempts_left: 2, retry_after: 30 }),
    json(422, { classifier: 'VALIDATION_ERROR' }, { 'retry-after': '7' }),
    json(422, { attempts_left: -1, retry_after: 'soon' }),
  );
  const first = await client.complete('jwe');
  assert.ok(first.kind === 'refused');
  assert.deepEqual([first.status, first.attemptsLeft, first.retryAfter], [429, 2, 30]);
  const second = await client.complete('jwe');
  assert.ok(second.kind === 'refused');
  assert.deepEqual([second.attemptsLeft, second.retryAfter], [null, 7]);
  const third = await client.complete('jwe');
  assert.ok(third.kind === 'refused');
  assert.deepEqual([third.attemptsLeft, third.retryAfter], [null, null]);
  assert.deepEqual(slept, []);
});

test('networks are asked for once by leading digits; no answer is no networks', async () => {
  const { client, sent, slept } = serverOf(
    json(200, { networks: ['cartesbancaires', 'visa'] }),
    json(404, { classifier: 'NOT_FOUND' }),
    json(200, { networks: 'visa' }),
    null,
  );
  assert.deepEqual(await client.networks('40000025'), ['cartesbancaires', 'visa']);
  assert.equal(sent[0]?.url, 'https://pay.example.com/sessions/pay_key/networks');
  assert.deepEqual(JSON.parse(String(sent[0]?.init.body)), { iin: '40000025' });
  for (let i = 0; i < 3; i++) assert.deepEqual(await client.networks('40000025'), []);
  assert.equal(sent.length, 4);
  assert.deepEqual(slept, []);
});
