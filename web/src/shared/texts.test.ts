import assert from 'node:assert/strict';
import { test } from 'node:test';
import english from '../languages/en.json';
import { setTexts, text } from './texts';

test('a text has its values filled in, numbers in the digits of the language', () => {
  setTexts({ language: 'en', words: english });
  assert.equal(text('checkout.pay_amount', { amount: '€49.90' }), 'Pay €49.90');
  setTexts({ language: 'ar-EG', words: { 'frame.cvc.help': 'ال {n}' } });
  assert.equal(text('frame.cvc.help', { n: 3 }), 'ال ٣');
});

test('the plural form is the one that the language uses', () => {
  setTexts({ language: 'en', words: english });
  assert.equal(text('frame.attempts_left', { n: 1 }), '1 attempt left.');
  assert.equal(text('frame.attempts_left', { n: 2 }), '2 attempts left.');
  const words = { 'frame.attempts_left': { one: '{n} a', few: '{n} b', other: '{n} c' } };
  setTexts({ language: 'pl', words });
  assert.deepEqual(
    [1, 3, 5].map((n) => text('frame.attempts_left', { n })),
    ['1 a', '3 b', '5 c'],
  );
});

test('values are text, never patterns', () => {
  setTexts({ language: 'en', words: english });
  assert.equal(text('checkout.pay_amount', { amount: '{amount}$&' }), 'Pay {amount}$&');
});
