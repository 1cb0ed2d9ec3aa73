import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publicState, readState, safeUrl } from './session_state';

const kOrigin = 'https://pay.example.com';
const kKey = { kty: 'EC', crv: 'P-256', x: 'eA', y: 'eQ', kid: 'k1' };

test('a state that asks for a card has the key and the networks', () => {
  const state = readState(
    {
      next_action: 'tokenize_card',
      data: { provider: 'obolus', jwk_ec: { ...kKey, alg: 'ECDH-ES' }, allowed_schemes: ['visa'] },
      payment: { amount: 4990, currency_code: 'EUR', order_id: null },
      expires_in: 900,
    },
    kOrigin,
  );
  assert.equal(state?.tokenize?.key.kid, 'k1');
  assert.deepEqual(state?.tokenize?.schemes, ['visa']);
  assert.deepEqual(
    [state?.payment?.amount, state?.expiresInSeconds, state?.status],
    [4990, 900, null],
  );
});

test('a state that asks for a card without a usable key is none', () => {
  for (const jwk_ec of [undefined, null, {}, { ...kKey, crv: 'P-384' }, { ...kKey, x: 5 }]) {
    assert.equal(readState({ next_action: 'tokenize_card', data: { jwk_ec } }, kOrigin), null);
  }
});

test('an ended state says how, and where to go', () => {
  const state = readState(
    {
      next_action: null,
      status: 'failure',
      data: { reason: 'declined', reason_code: 'X' },
      continue_url: 'https://shop.example.com/error',
    },
    kOrigin,
  );
  assert.deepEqual(state && publicState(state), {
    nextAction: null,
    status: 'failure',
    tokenId: null,
    reason: 'declined',
    reasonCode: 'X',
    redirectUrl: null,
    continueUrl: 'https://shop.example.com/error',
  });
});

test('an ended state of an unknown status is pending; only an ended one has a status', () => {
  assert.equal(
    readState({ next_action: null, status: 'odd', data: {} }, kOrigin)?.status,
    'pending',
  );
  assert.equal(
    readState({ next_action: 'wait', status: 'success', data: {} }, kOrigin)?.status,
    null,
  );
});

test('a challenge has the size of its window, when it is one of the five', () => {
  const sizeOf = (window_size: unknown) =>
    readState({ next_action: '3ds_challenge', data: { window_size } }, kOrigin)?.windowSize;
  for (const size of ['01', '02', '03', '04', '05']) assert.equal(sizeOf(size), size);
  for (const size of [null, undefined, '', '1', '06', '00', 3, ['01'], '01 ']) {
    assert.equal(sizeOf(size), null);
  }
});

test('the way back is an absolute http(s) address', () => {
  const wayBack = (way_back_url: unknown) =>
    readState({ next_action: 'wait', data: {}, way_back_url }, kOrigin)?.wayBackUrl;
  assert.equal(
    wayBack('https://shop.example.com/no?status=pending'),
    'https://shop.example.com/no?status=pending',
  );
  for (const url of [null, undefined, '', '/no', 'javascript:alert(1)', 7]) {
    assert.equal(wayBack(url), null);
  }
});

test('an answer of another shape is no state', () => {
  for (const json of [
    null,
    undefined,
    'wait',
    [],
    {},
    { next_action: 'dance' },
    { next_action: 1 },
  ]) {
    assert.equal(readState(json, kOrigin), null);
  }
});

test('only http and https URLs may be gone to', () => {
  assert.equal(safeUrl('/3ds/abc', kOrigin), 'https://pay.example.com/3ds/abc');
  assert.equal(safeUrl('https://acs.example.com/x?y=1'), 'https://acs.example.com/x?y=1');
  for (const url of [
    'javascript:alert(1)',
    ' JaVaScRiPt:0',
    'data:text/html,x',
    'blob:https://a/b',
    'x',
    7,
    null,
  ]) {
    assert.equal(safeUrl(url), null);
  }
});

test('a challenge may say its window size, a late outcome the way back', () => {
  const url = 'https://pay.example.com/3ds/tds_x';
  const read = (window_size: unknown, way_back_url: unknown) =>
    readState(
      { next_action: '3ds_challenge', data: { redirect_url: url, window_size }, way_back_url },
      'https://pay.example.com',
    );
  const back = 'https://shop.example/failed?status=pending';
  assert.deepEqual([read('02', back)?.windowSize, read('02', back)?.wayBackUrl], ['02', back]);
  for (const wrong of [null, undefined, '06', 2, 'javascript:alert(1)', {}]) {
    assert.deepEqual([read(wrong, wrong)?.windowSize, read(wrong, null)?.wayBackUrl], [null, null]);
  }
});
