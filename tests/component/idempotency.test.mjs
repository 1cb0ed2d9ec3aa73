// Idempotency keys on POST /sessions (contract §1.4): a repetition is answered with the same
// bytes, also after a restart; another body under the same key is refused.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Obolus } from '../support/obolus.mjs';
import { assertRefused, storesNothing } from '../support/stored.mjs';

describe('idempotency', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start();
  });
  after(() => obolus.stop());

  const post = (key, body, { name = 'Idempotency-Key', route = '/sessions' } = {}) =>
    obolus.commerce('POST', route, { body, headers: { [name]: key } });

  test('the same key and body give the same status and the same bytes', async () => {
    const body = { payment: { amount: 100, currency_code: 'EUR' } };
    const first = await post('k-1', body);
    assert.equal(first.status, 201, first.text);
    const again = await storesNothing(obolus, () => post('k-1', body));
    assert.equal(again.status, 201);
    assert.deepEqual(again.bytes, first.bytes);
  });

  test('a 3DS session is repeated too', async () => {
    const body = { type: '3ds', challenge: { url: 'https://processor.example/c' } };
    const first = await post('k-2', body);
    assert.deepEqual((await post('k-2', body)).bytes, first.bytes);
  });

  test('both names of the header, quoted or bare, are the same key', async () => {
    const first = await post('k-3', {});
    assert.deepEqual((await post('"k-3"', {}, { name: 'X-Idempotency-Key' })).bytes, first.bytes);
    assert.deepEqual((await post('k-3', {}, { name: 'X-Idempotency-Key' })).bytes, first.bytes);
  });

  test('another body under the same key is 422 and opens nothing', async () => {
    await post('k-4', { payment: { amount: 1 } });
    const other = await storesNothing(obolus, () => post('k-4', { payment: { amount: 2 } }));
    assertRefused(other, 422, 'VALIDATION_ERROR');
  });

  test('the same key on another route is another key', async () => {
    const first = await post('k-5', {});
    const other = await post('k-5', {}, { route: '/session' });
    assert.equal(other.status, 200, other.text);
    assert.notDeepEqual(other.bytes, first.bytes);
  });

  test('an answer is replayed after a restart', async () => {
    const first = await post('k-6', { payment: { amount: 6 } });
    await obolus.restart();
    assert.deepEqual((await post('k-6', { payment: { amount: 6 } })).bytes, first.bytes);
  });

  test('a key that is empty or over 255 characters is refused', async () => {
    for (const key of ['', '""', 'k'.repeat(256)]) {
      const answer = await storesNothing(obolus, () => post(key, {}));
      assert.ok(
        [400, 422].includes(answer.status),
        `${key.length}: ${answer.status} ${answer.text}`,
      );
    }
    assert.equal((await post('k'.repeat(255), {})).status, 201);
  });

  test('fifty callers with one key at once get one session', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => post('k-7', { payment: {} })),
    );
    const opened = answers.filter(({ status }) => status === 201);
    assert.ok(opened.length > 0);
    for (const answer of answers) assert.ok([201, 409].includes(answer.status), answer.text);
    assert.equal(new Set(opened.map(({ text }) => text)).size, 1);
  });
});
