import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  caretBehindDigit,
  digitsOf,
  editCvc,
  editNumber,
  eraseAcrossGap,
  groupDigits,
  wholeIn,
} from './card_text';

/** Text with the caret drawn as "|", so that a case reads as what the shopper sees. */
function at(drawn: string): [text: string, caret: number] {
  return [drawn.replace('|', ''), drawn.indexOf('|')];
}

function draw({ text, caret }: { text: string; caret: number }): string {
  return `${text.slice(0, caret)}|${text.slice(caret)}`;
}

test('digits are taken out of any text, full-width and Arabic ones included', () => {
  assert.equal(digitsOf(' 4242-4242.4242 4242x'), '4242424242424242');
  assert.equal(digitsOf('４２４２ ٤٢ ۴۲'), '42424242');
  assert.equal(digitsOf('card'), '');
});

test('digits are grouped as on the card of their network', () => {
  assert.equal(groupDigits('4242424242424242', 'visa'), '4242 4242 4242 4242');
  assert.equal(groupDigits('4242424242424242424', 'visa'), '4242 4242 4242 4242 424');
  assert.equal(groupDigits('378282246310005', 'americanexpress'), '3782 822463 10005');
  assert.equal(groupDigits('42424', null), '4242 4');
  assert.equal(groupDigits('', null), '');
});

test('the caret goes behind the n-th digit', () => {
  assert.equal(caretBehindDigit('4242 4242', 0), 0);
  assert.equal(caretBehindDigit('4242 4242', 4), 4);
  assert.equal(caretBehindDigit('4242 4242', 5), 6);
  assert.equal(caretBehindDigit('4242', 9), 4);
});

test('typing keeps the caret behind the digit just typed, hopping over the gap', () => {
  const cases: [string, string][] = [
    ['4|', '4|'],
    ['4242|', '4242|'],
    ['42424|', '4242 4|'],
    ['4242 42429|', '4242 4242 9|'],
    ['429|42 4242', '429|4 2424 2'],
    ['4249|2 4242', '4249 |2424 2'],
    ['4242 4242 4242 42421|', '4242 4242 4242 4242 1|'],
    ['37828224631|', '3782 822463 1|'],
    ['4242 4242 4242 4242 4242 4242|', '4242 4242 4242 4242 424|'],
    ['5555 5555 5555 44449|', '5555 5555 5555 4444|'],
    ['4242-4242|', '4242 4242|'],
    ['abc|', '|'],
  ];
  for (const [before, after] of cases) assert.equal(draw(editNumber(...at(before), true)), after);
});

test('erasing in the middle closes up and keeps the caret in its place', () => {
  const cases: [string, string][] = [
    ['42|2 4242', '42|24 242'],
    ['4242 |242', '4242| 242'],
    ['|242 4242', '|2424 242'],
    ['|', '|'],
  ];
  for (const [before, after] of cases) assert.equal(draw(editNumber(...at(before), false)), after);
});

test('Backspace and Delete beside a gap take the digit beyond it', () => {
  const back = eraseAcrossGap(...at('4242 |4242'), -1);
  assert.equal(back && draw(back), '424| 4242');
  const forward = eraseAcrossGap(...at('4242| 4242'), 1);
  assert.equal(forward && draw(forward), '4242 |242');
  const expiry = eraseAcrossGap(...at('12 / |'), -1);
  assert.equal(expiry && draw(expiry), '1| / ');
  assert.equal(eraseAcrossGap(...at('4242 4|242'), -1), null);
  assert.equal(eraseAcrossGap(...at('|4242'), -1), null);
  assert.equal(eraseAcrossGap(...at('4242|'), 1), null);
});

test('formatting what is formatted changes nothing, at any caret', () => {
  for (const text of ['4242 4242 4242 4242', '3782 822463 10005', '6011 1111 1111 1117 12', '42']) {
    for (let caret = 0; caret <= text.length; caret++) {
      const edited = editNumber(text, caret, false);
      assert.equal(edited.text, text);
      assert.ok(Math.abs(edited.caret - caret) <= 1);
    }
  }
});

test('a security code keeps as many digits as its network has', () => {
  assert.equal(draw(editCvc(...at('12345|'), null)), '1234|');
  assert.equal(draw(editCvc(...at('1234|'), 'visa')), '123|');
  assert.equal(draw(editCvc(...at('12345|'), 'americanexpress')), '1234|');
  assert.equal(draw(editCvc(...at('1a|2'), 'visa')), '1|2');
});

test('a pasted number is found among other text, and a piece of one is left to the caret', () => {
  const number = '4242 4242 4242 4242';
  for (const text of [number, `Card 1: ${number}, 12/30`, ` ${number}\n`, `a${number}b`]) {
    assert.equal(wholeIn('number', text), number, text);
  }
  assert.equal(wholeIn('number', '4242-4242-4242-4242'), '4242-4242-4242-4242');
  assert.equal(wholeIn('number', '4242.4242.4242.4242'), '4242.4242.4242.4242');
  assert.equal(wholeIn('number', '4242\u00a04242  4242'), '4242\u00a04242  4242');
  for (const piece of ['', '4242', '4242 4242 424', 'abc']) {
    assert.equal(wholeIn('number', piece), null, piece);
  }
  assert.equal(wholeIn('expiry', '12/2030'), '12/2030');
  assert.equal(wholeIn('expiry', '12'), null);
  assert.equal(wholeIn('cvc', ' ١٢٣'), ' 123');
});
