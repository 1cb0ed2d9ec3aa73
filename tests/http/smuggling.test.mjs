// The corpus of `make smuggling` in ./test: no case may go wrong, on any listener or behind nginx.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kCorpus } from './smuggling_corpus.mjs';
import { sendThroughProxy, sendToEach } from './smuggling.mjs';
import { Obolus } from '../support/obolus.mjs';

test('every request that could be read in two ways is refused, on each listener', async () => {
  assert.ok(kCorpus.filter(({ ok }) => !ok).length >= 80);
  const obolus = await Obolus.start({ tls: true });
  for (const { name, faults } of await sendToEach(obolus)) assert.deepEqual(faults, [], name);
  assert.deepEqual(await obolus.stop(), { code: 0, signal: null });
});

test('nginx and obolus agree where each request ends', async () => {
  const obolus = await Obolus.start();
  const { faults, passed } = await sendThroughProxy(obolus);
  assert.deepEqual(faults, []);
  assert.ok(passed > 0);
  assert.deepEqual(await obolus.stop(), { code: 0, signal: null });
});
