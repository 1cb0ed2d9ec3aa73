import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editExpiry, expiryDigits, readExpiry } from './expiry';

const kNow = new Date('2026-11-22T12:00:00Z');

/** Types a text key by key at the end, as a shopper does. */
function type(keys: string): string {
  let text = '';
  for (const key of keys) text = editExpiry(text + key, text.length + 1, true).text;
  return text;
}

test('typing digits makes MM / YY', () => {
  assert.equal(type('1'), '1');
  assert.equal(type('12'), '12 / ');
  assert.equal(type('1230'), '12 / 30');
  assert.equal(type('930'), '09 / 30');
  assert.equal(type('0930'), '09 / 30');
  assert.equal(type('1/30'), '01 / 30');
  assert.equal(type('1330'), '01 / 33');
  assert.equal(type('12/30'), '12 / 30');
  assert.equal(type('12 / 305'), '12 / 30');
});

test('pastes and autofill of any usual form are understood', () => {
  for (const text of [
    '09/30',
    '9/30',
    '09 / 2030',
    '09/2030',
    '2030-09',
    '0930',
    '092030',
    '09-30',
    '9.30',
  ]) {
    assert.equal(expiryDigits(text), '0930', text);
  }
});

test('erasing works its way back without the separator returning', () => {
  assert.deepEqual(editExpiry('12 /', 4, false), { text: '12', caret: 2 });
  assert.deepEqual(editExpiry('12 / 3', 6, false), { text: '12 / 3', caret: 6 });
  assert.deepEqual(editExpiry('1', 1, false), { text: '1', caret: 1 });
  assert.deepEqual(editExpiry('', 0, false), { text: '', caret: 0 });
});

test('a caret in the middle stays behind its digit', () => {
  assert.deepEqual(editExpiry('13 / 30', 1, false), { text: '13 / 30', caret: 1 });
  assert.deepEqual(editExpiry('12 / 930', 6, true), { text: '12 / 93', caret: 6 });
});

test('a date is read, this month included', () => {
  assert.deepEqual(readExpiry('12 / 30', kNow), { month: 12, year: 2030 });
  assert.deepEqual(readExpiry('11 / 26', kNow), { month: 11, year: 2026 });
});

test('a card expires when its month has ended everywhere', () => {
  assert.deepEqual(readExpiry('10 / 26', new Date('2026-11-01T11:59:59Z')), {
    month: 10,
    year: 2026,
  });
  assert.equal(readExpiry('10 / 26', new Date('2026-11-01T12:00:00Z')), 'past');
  assert.deepEqual(readExpiry('12 / 26', new Date('2027-01-01T11:59:59Z')), {
    month: 12,
    year: 2026,
  });
});

test('what is no date says why', () => {
  assert.equal(readExpiry('', kNow), 'incomplete');
  assert.equal(readExpiry('12 / 3', kNow), 'incomplete');
  assert.equal(readExpiry('00 / 30', kNow), 'invalid');
  assert.equal(readExpiry('13 / 30', kNow), 'invalid');
  assert.equal(readExpiry('10 / 26', kNow), 'past');
  assert.equal(readExpiry('12 / 25', kNow), 'past');
  assert.equal(readExpiry('01 / 47', kNow), 'invalid');
  assert.deepEqual(readExpiry('12 / 46', kNow), { month: 12, year: 2046 });
});
