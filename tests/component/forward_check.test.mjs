// Nothing makes Obolus send a card where it must not go; make forward-check prints the table.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tryAll } from '../forward/attempts.mjs';

test('no way to send a card elsewhere works', async () => {
  const rows = await tryAll();
  assert.ok(rows.length > 60, `${rows.length} ways`);
  assert.deepEqual(
    rows.filter(({ refused }) => !refused),
    [],
  );
});
