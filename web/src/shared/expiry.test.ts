import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editExpiry, readExpiry } from './expiry';

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
  assert.equal(type('122030'), '12 / 30');
  assert.equal(type('12/2030'), '12 / 30');
  assert.equal(type('0/'), '0');
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
    '09 2030',
    '2030/9',
    'Exp: 09/30',
    '٠٩/٣٠',
    '2030-09 ',
  ]) {
    assert.equal(editExpiry(text, text.length, true).text, '09 / 30', text);
  }
});

test('erasing works its way back without the separator returning', () => {
  assert.deepEqual(editExpiry('12 /', 4, false), { text: '12', caret: 2 });
  assert.deepEqual(editExpiry('12 / 3', 6, false), { text: '12 / 3', caret: 6 });
  assert.deepEqual(editExpiry('1', 1, false), { text: '1', caret: 1 });
  assert.deepEqual(editExpiry('', 0, false), { text: '', caret: 0 });
});

test('editing in the middle leaves the other part alone, and the caret where it was', () => {
  const cases: [before: string, inserted: boolean, after: string][] = [
    ['13| / 30', false, '13| / 30'],
    ['1| / 30', false, '1| / 30'],
    ['|2 / 30', false, '|2 / 30'],
    ['| / 30', false, '| / 30'],
    ['12 / |0', false, '12 / |0'],
    ['0| / 30', true, '0| / 30'],
    ['09| / 30', true, '09 / |30'],
    ['9| / 30', true, '09 / |30'],
    ['01|2 / 30', true, '01 / |30'],
    ['10|2 / 30', true, '10 / |30'],
    ['0|12 / 30', true, '0|1 / 30'],
    ['123| / 30', true, '12 / 3|3'],
    ['12 / 9|30', true, '12 / 9|3'],
    ['12 / 20|0', true, '12 / 20|'],
    ['1 / 31|0', true, '01 / 31|'],
    ['12|30', false, '12| / 30'],
  ];
  for (const [before, inserted, after] of cases) {
    const { text, caret } = editExpiry(before.replace('|', ''), before.indexOf('|'), inserted);
    assert.equal(`${text.slice(0, caret)}|${text.slice(caret)}`, after, before);
  }
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
