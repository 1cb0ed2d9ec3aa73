// Each way that is known to make an HTTP/2 server work for nothing, frame by frame against the real
// program: it must end with GOAWAY or a closed connection after a bounded number of frames, cost a
// bounded amount of memory, and leave everybody else served.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { kAttacks } from './attacks.mjs';
import { Honest } from './honest.mjs';
import { Obolus } from '../support/obolus.mjs';

const kMostGrowth = 64 * 1024; // KiB of the whole program, for any attack

function residentKib({ pid }) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}

describe('an HTTP/2 client that floods', { concurrency: 4 }, () => {
  let obolus;
  let honest;
  let ca;
  before(async () => {
    obolus = await Obolus.start({ tls: true });
    ca = readFileSync(path.join(obolus.certs, 'ca.pem'));
    const { session_key } = await obolus.openPayment();
    honest = await Honest.start(obolus.ports.shopper, ca, `/sessions/${session_key}`);
  });
  after(async () => {
    const { served, failed } = await honest.stop();
    assert.deepEqual(failed, [], 'honest requests that failed');
    assert.ok(served > 20, `${served} honest requests were served`);
    assert.ok((await obolus.metric('obolus_connections_refused_total', { why: 'flood' })) > 0);
    assert.deepEqual(await obolus.stop(), { code: 0, signal: null });
  });

  for (const { name, codes, run } of kAttacks) {
    test(name, { timeout: 120_000 }, async () => {
      const resident = residentKib(obolus.process);
      const raw = await run({ port: obolus.ports.shopper, ca });
      assert.ok(await raw.isClosed(), 'the connection is closed');
      assert.ok(raw.goaway === undefined || codes.includes(raw.goaway.code), `${raw.goaway?.code}`);
      const grown = residentKib(obolus.process) - resident;
      assert.ok(grown < kMostGrowth, `${grown} KiB more`);
      raw.destroy();
    });
  }
});
