// Cards that exist nowhere else: random numbers that pass the Luhn check, a security code and a
// holder whose name is one made-up word. What is found of them was left by us.
import { randomBytes, randomInt } from 'node:crypto';

function luhnDigit(digits) {
  let sum = 0;
  for (let i = digits.length - 1, double = true; i >= 0; i--, double = !double) {
    const digit = Number(digits[i]) * (double ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return String((10 - (sum % 10)) % 10);
}

const digits = (count) => Array.from({ length: count }, () => randomInt(10)).join('');

// A number with such a beginning and end, as long as a network wants it. No zero after the mask's
// six, so that no seven digits of it look like a round number.
function numberLike({ first = '4', last = '', length = 16 }) {
  for (;;) {
    const fill = digits(length - first.length - Math.max(last.length, 1));
    const number = last ? first + fill + last : first + fill + luhnDigit(first + fill);
    if (luhnDigit(number.slice(0, -1)) === number.at(-1) && !/(\d)\1\1/.test(number.slice(6, 12)))
      return number;
  }
}

const kShapes = {
  visa: { first: '4539' },
  mastercard: { first: '5412' },
  amex: { first: '3712', length: 15 },
  // The sandbox knows what a card does by what Commerce may see of it.
  challenged: { first: '400000', last: '3220' },
  declined: { first: '400000', last: '0002' },
  misread: { first: '4539' },
};

// {number, code, name, kind}. `misread`: a number that the Luhn check refuses.
export function newCard(kind = 'visa') {
  let number = numberLike(kShapes[kind]);
  if (kind === 'misread') number = number.slice(0, -1) + ((Number(number.at(-1)) + 1) % 10);
  const letters = [...randomBytes(10)].map((byte) => String.fromCharCode(97 + (byte % 26)));
  const code = String(randomInt(...(kind === 'amex' ? [1000, 10_000] : [100, 1000])));
  return { kind, number, code, name: `Zq${letters.join('')}` };
}

// As the frame and the SDKs put it into an envelope.
export function plaintextOf({ number, code, name }, changes = {}) {
  return {
    account_number: number,
    security_code: code,
    expiry_month: 12,
    expiry_year: new Date().getUTCFullYear() + 3,
    additional_data: { cardholder_name: name },
    ...changes,
  };
}
