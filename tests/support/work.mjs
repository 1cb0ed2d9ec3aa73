// Proofs of work as a client solves them (api/openapi.yaml, data.proof_of_work), and card numbers
// with their check digit, for tests of the limits.
import { createHash } from 'node:crypto';

const sha256 = (data) => createHash('sha256').update(data).digest();

/** result.proof_of_work for data.proof_of_work. */
export function solve({ seed, bits, parts }) {
  const message = Buffer.alloc(37);
  sha256(seed).copy(message);
  const counters = [];
  for (let part = 0; part < parts; part++) {
    message[32] = part;
    let counter = 0;
    do message.writeUInt32BE(counter++, 33);
    while (Math.clz32(sha256(message).readUInt32BE(0)) < bits);
    counters.push(counter - 1);
  }
  return { seed, counters };
}

/** 16 digits: those of the range, then the number, then what makes the check digit right. */
export function panOf(range, number) {
  const digits = range + String(number).padStart(15 - range.length, '0');
  let sum = 0;
  [...digits].reverse().forEach((digit, i) => {
    const value = Number(digit) * (i % 2 === 0 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  });
  return digits + ((10 - (sum % 10)) % 10);
}
