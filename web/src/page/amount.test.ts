import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAmount } from './amount';

const plain = (text: string) => text.replace(/\s/g, ' ');

test('an amount is written as the reader writes it', () => {
  assert.equal(plain(formatAmount('49.90 EUR', 'en')), '€49.90');
  assert.equal(plain(formatAmount('1234.50 EUR', 'de')), '1.234,50 €');
  assert.match(formatAmount('12.00 EUR', 'ja'), /12\.00/);
});

test('the decimals are those of ISO 4217, not those of local custom', () => {
  assert.match(formatAmount('49.90 RSD', 'en'), /49\.90/);
  assert.match(formatAmount('500 JPY', 'en'), /500$/);
  assert.match(formatAmount('1.234 KWD', 'en'), /1\.234/);
});

test('what is no amount stays as it is', () => {
  for (const text of ['', '49.90', '49,90 EUR', 'x EUR', '49.90 EURO']) {
    assert.equal(formatAmount(text, 'en'), text);
  }
  assert.equal(formatAmount('1.00 EUR', 'no such language'), '1.00 EUR');
});
