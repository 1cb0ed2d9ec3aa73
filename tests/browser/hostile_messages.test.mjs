// The short form of `make hostile-messages`, and that it would find what it looks for.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fuzz } from './hostile_messages.mjs';

describe('hostile messages', () => {
  test('have no effect', async () => {
    const seed = Math.floor(Math.random() * 1e6);
    const { sent, effects } = await fuzz({ messages: 5000, seed });
    assert.deepEqual(effects, [], `seed ${seed}`);
    assert.equal(
      Object.values(sent).reduce((sum, count) => sum + count),
      5000,
    );
  });

  for (const only of ['shop to frame, by port', 'frame to shop, by port']) {
    test(`are found out when nobody checks them: ${only}`, async () => {
      const { effects } = await fuzz({ messages: 2000, withoutGuard: true, only });
      assert.equal(effects.length, 1);
    });
  }
});
