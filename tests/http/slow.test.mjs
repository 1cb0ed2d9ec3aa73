// The short form of `make slow-http`: a few hundred clients of our own that are slow on purpose.
// The server ends every one of them by itself, and health and honest shoppers do not notice.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { quantile } from '../support/account.mjs';
import { slowClient, startSlow, Watch } from './slow.mjs';

const kEach = 60;
const kPatienceMs = 60_000;
const kKinds = [
  {
    name: 'headers that trickle',
    first: 'GET /x HTTP/1.1\r\nHost: localhost\r\n',
    drip: 'X-A: b\r\n',
  },
  {
    name: 'a body that trickles',
    first: 'POST /sessions/x/cancel HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8000\r\n\r\n',
    drip: 'a',
  },
  {
    name: 'chunks that trickle',
    first: 'POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n',
    drip: '1\r\na\r\n',
  },
  { name: 'half a request line', first: 'GE', drip: undefined },
];

for (const secure of [false, true]) {
  describe(`slow clients, ${secure ? 'TLS' : 'plain'}`, () => {
    test('are all ended by the server, while others are served', async () => {
      const obolus = await startSlow(secure);
      const { session_key } = await obolus.openPayment();
      const watch = Watch.start(obolus, session_key);
      const lasted = await Promise.all(
        kKinds.flatMap((kind) => Array.from({ length: kEach }, () => slowClient(obolus, kind))),
      );
      await watch.stop();
      assert.equal(lasted.length, kEach * kKinds.length);
      assert.ok(Math.max(...lasted) < kPatienceMs, `${Math.max(...lasted)} ms`);
      assert.deepEqual(watch.failed, { healthz: [], readyz: [], honest: [] });
      for (const [name, times] of Object.entries(watch.times)) {
        assert.ok(times.length > 20, `${name}: ${times.length} answers`);
        assert.ok(quantile(times, 0.5) < 2_000, `${name}: ${quantile(times, 0.5)} ms`);
      }
      assert.ok((await obolus.metric('obolus_requests_refused_total')) >= lasted.length);
      assert.deepEqual(await obolus.stop(), { code: 0, signal: null });
    });
  });
}
