import '../../tests/support/web_crypto';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { solveWork } from './proof_of_work';

const now = async () => undefined;

/** As src/domain/proof_of_work.cpp checks it. */
function zeroBits(seed: string, part: number, counter: number): number {
  const message = Buffer.alloc(37);
  createHash('sha256').update(seed).digest().copy(message);
  message[32] = part;
  message.writeUInt32BE(counter, 33);
  return Math.clz32(createHash('sha256').update(message).digest().readUInt32BE(0));
}

// The same numbers as in src/domain/proof_of_work_test.cpp.
test('the server and the frame mean the same', async () => {
  const counters = await solveWork({ seed: 'obolus', bits: 8, parts: 4 }, now);
  assert.deepEqual(counters, [229, 30, 379, 117]);
});

test('every part is solved, with the least counter', async () => {
  for (const seed of ['a', 'b', 'c'.repeat(100)]) {
    const counters = await solveWork({ seed, bits: 10, parts: 8 }, now);
    assert.equal(counters.length, 8);
    counters.forEach((counter, part) => {
      assert.ok(zeroBits(seed, part, counter) >= 10);
      for (let less = 0; less < counter; less++) assert.ok(zeroBits(seed, part, less) < 10);
    });
  }
});

test('long work lets the page breathe', async () => {
  let pauses = 0;
  await solveWork({ seed: 'long', bits: 15, parts: 8 }, async () => void pauses++);
  assert.ok(pauses > 0);
});
