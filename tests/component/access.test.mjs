// Who may call what: the matrix of API key and client certificate on the commerce listener, for
// each setting of commerce.require; and that a route exists on one listener only.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { operations } from '../support/contracts.mjs';
import { Obolus } from '../support/obolus.mjs';
import { assertRefused, storesNothing } from '../support/stored.mjs';

// [certificate, key] -> status, or the TLS handshake fails.
const kMatrix = {
  both: [
    ['commerce-client', 'right', 201],
    ['commerce-client', 'wrong', 401],
    ['commerce-client', null, 401],
    ['obolus-client', 'right', 403],
    ['stranger-client', 'right', 'handshake'],
    [null, 'right', 'handshake'],
  ],
  either: [
    ['commerce-client', 'right', 201],
    ['commerce-client', null, 201],
    [null, 'right', 201],
    [null, 'wrong', 401],
    [null, null, 401],
    ['stranger-client', 'right', 'handshake'],
  ],
  certificate: [
    ['commerce-client', null, 201],
    ['obolus-client', null, 403],
    ['stranger-client', null, 'handshake'],
    [null, 'right', 'handshake'],
  ],
  api_key: [
    [null, 'right', 201],
    [null, 'wrong', 401],
    [null, null, 401],
  ],
};

for (const [requirement, rows] of Object.entries(kMatrix)) {
  describe(`commerce.require = "${requirement}"`, () => {
    let obolus;
    before(async () => {
      const tls = requirement === 'api_key' ? { tls: { mode: 'server' } } : {};
      obolus = await Obolus.start({ commerce: { require: requirement, ...tls } });
    });
    after(() => obolus.stop());

    for (const [as, key, expected] of rows) {
      test(`certificate ${as}, key ${key}: ${expected}`, async () => {
        const options = { as, key: key === 'right' ? obolus.apiKey : key, body: {} };
        const call = () => obolus.commerce('POST', '/sessions', options);
        if (expected === 201) {
          assert.equal((await call()).status, 201);
        } else if (expected === 'handshake') {
          await storesNothing(obolus, () =>
            assert.rejects(call(), /ssl|tls|socket|ECONNRESET|alert/i),
          );
        } else {
          const classifier = { 401: 'UNAUTHORIZED', 403: 'FORBIDDEN' }[expected];
          assertRefused(await storesNothing(obolus, call), expected, classifier);
        }
      });
    }
  });
}

describe('listeners', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start();
  });
  after(() => obolus.stop());

  test('events need the same credentials as sessions', async () => {
    const data = { state: 'accepted', terminal_id: randomUUID() };
    const noKey = await storesNothing(obolus, () =>
      obolus.event('StateChanged', data, { key: null }),
    );
    assertRefused(noKey, 401, 'UNAUTHORIZED');
    await assert.rejects(obolus.event('StateChanged', data, { as: 'stranger-client' }));
    await assert.rejects(obolus.event('StateChanged', data, { as: null }));
  });

  test('a plain HTTP request to the TLS port is refused', async () => {
    const url = `http://127.0.0.1:${obolus.ports.commerce}/sessions`;
    await assert.rejects(fetch(url, { method: 'POST' }));
    assert.equal((await obolus.operator('GET', '/healthz')).status, 200);
  });

  test('a route is served by its own listener only', async () => {
    const known = operations();
    const fill = (route) => route.replace(/\{[^}]+\}/g, 'x');
    const has = (listener, route) =>
      known.some((other) => other.listener === listener && fill(other.path) === fill(route));
    for (const { listener, method, path } of known) {
      for (const other of ['commerce', 'shopper', 'operator']) {
        if (other === listener || has(other, path)) continue;
        const answer = await obolus[other](method.toUpperCase(), fill(path), { documented: false });
        assert.equal(answer.status, 404, `${method} ${path} on ${other}`);
      }
    }
  });
});
