import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cvcFault, nameFault, numberFault, passesLuhn } from './card_rules';
import { detectNetwork } from './networks';

test('Luhn accepts right numbers and finds every single wrong digit', () => {
  for (const number of ['4242424242424242', '378282246310005', '30569309025904', '0']) {
    assert.equal(passesLuhn(number), true, number);
    for (let i = 0; i < number.length; i++) {
      for (let digit = 0; digit < 10; digit++) {
        const changed = number.slice(0, i) + digit + number.slice(i + 1);
        assert.equal(passesLuhn(changed), changed === number, changed);
      }
    }
  }
  assert.equal(passesLuhn(''), false);
  assert.equal(passesLuhn('4242 4242'), false);
});

test('Luhn finds swapped neighbours, but for 09 and 90', () => {
  assert.equal(passesLuhn('2442424242424242'), false);
  assert.equal(passesLuhn('378282246130005'), false);
});

test('a card number is judged in the documented order', () => {
  const cases: [string, boolean, string | null][] = [
    ['', false, 'empty'],
    ['4', true, 'incomplete'],
    ['6', false, 'incomplete'],
    ['9', false, 'invalid'],
    ['4242', false, 'network_not_accepted'],
    ['4242424242424242', true, null],
    ['4242424242424241', true, 'invalid'],
    ['42424242424242424', true, 'incomplete'],
    ['378282246310005', true, null],
    ['378282246310006', true, 'invalid'],
    ['37828224631000', true, 'incomplete'],
    ['676774676774', false, 'network_not_accepted'],
  ];
  for (const [digits, accepted, fault] of cases) {
    assert.equal(numberFault(digits, detectNetwork(digits), accepted), fault, digits);
  }
});

test('a number that only the server knows the network of is judged by that network', () => {
  assert.equal(numberFault('9999999999999995', 'cartesbancaires', true), null);
  assert.equal(numberFault('999999999999999', 'cartesbancaires', true), 'incomplete');
});

test('a security code has the length of its network', () => {
  assert.equal(cvcFault('', 'visa'), 'empty');
  assert.equal(cvcFault('12', 'visa'), 'incomplete');
  assert.equal(cvcFault('123', 'visa'), null);
  assert.equal(cvcFault('1234', 'visa'), 'invalid');
  assert.equal(cvcFault('123', 'americanexpress'), 'incomplete');
  assert.equal(cvcFault('1234', 'americanexpress'), null);
  assert.equal(cvcFault('123', null), null);
  assert.equal(cvcFault('1234', null), null);
  assert.equal(cvcFault('12', null), 'incomplete');
});

test('a name is optional or required, and never a card number', () => {
  assert.equal(nameFault('', false), null);
  assert.equal(nameFault('  ', true), 'empty');
  assert.equal(nameFault('Ada Lovelace', true), null);
  assert.equal(nameFault('李小龍', true), null);
  assert.equal(nameFault('A\u0007da', true), 'invalid');
  assert.equal(nameFault('é'.repeat(64), true), null);
  assert.equal(nameFault('é'.repeat(65), true), 'invalid');
  assert.equal(nameFault('4242 4242 4242 4242', false), 'invalid');
});
