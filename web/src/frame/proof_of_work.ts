// Work that the server may want before it looks at a card, when it suspects a program: for each
// part a counter so that SHA-256(SHA-256(seed) || part || counter) begins with enough zero bits
// (src/domain/proof_of_work.h). Done in short slices, so that the form goes on answering; with a
// hash of our own, because a call of WebCrypto for each try would take ten times as long.

import { utf8 } from '../shared/base64url';
import type { Work } from '../shared/session_state';

const kSliceMs = 8;
const kTriesPerLook = 128;

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes, and of the
// square roots of the first 8 (FIPS 180-4 §4.2.2, §5.3.3).
const kRounds: number[] = [];
const kStart: number[] = [];
for (let n = 2; kRounds.length < 64; n++) {
  let prime = true;
  for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
  if (!prime) continue;
  if (kStart.length < 8) kStart.push((Math.sqrt(n) * 2 ** 32) | 0);
  kRounds.push((Math.cbrt(n) * 2 ** 32) | 0);
}

const kK = Int32Array.from(kRounds);

/** The first word of the hash of one block, which `w` begins with. */
function firstWord(w: Int32Array): number {
  let [a, b, c, d, e, f, g, h] = kStart as [
    number, number, number, number, number, number, number, number,
  ];
  for (let i = 0; i < 64; i++) {
    if (i > 15) {
      const x = w[i - 15]!;
      const y = w[i - 2]!;
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
    }
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + kK[i]! + w[i]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  return (a + kStart[0]!) | 0;
}

/** The least counter of each part. `pause` lets the page breathe. */
export async function solveWork(work: Work, pause: () => Promise<void>): Promise<number[]> {
  const seed = new DataView(await crypto.subtle.digest('SHA-256', utf8(work.seed)));
  const w = new Int32Array(64);
  for (let i = 0; i < 8; i++) w[i] = seed.getInt32(4 * i);
  const counters: number[] = [];
  let until_ms = performance.now() + kSliceMs;
  for (let counter = 0; counters.length < work.parts; counter++) {
    w[8] = (counters.length << 24) | (counter >>> 8);
    w[9] = (counter << 24) | 0x800000;
    w.fill(0, 10, 15);
    w[15] = 37 * 8;
    if (firstWord(w) >>> (32 - work.bits) === 0) {
      counters.push(counter);
      counter = -1;
    }
    if (counter % kTriesPerLook === 0 && performance.now() > until_ms) {
      await pause();
      until_ms = performance.now() + kSliceMs;
    }
  }
  return counters;
}
