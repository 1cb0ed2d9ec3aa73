// What Commerce may get wrong when it opens a session: each is refused with a problem that names
// the member, nothing is stored, and obolus lives on.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Obolus } from '../support/obolus.mjs';
import { assertRefused, storesNothing } from '../support/stored.mjs';

const kWrongMembers = [
  ['a wrong kind', { type: 'refund' }, ['/type']],
  ['a terminal that is no UUID', { terminal_id: 'terminal-1' }, ['/terminal_id']],
  ['a terminal that is a number', { terminal_id: 7 }, ['/terminal_id']],
  ['a payment that is a string', { payment: 'EUR 5' }, ['/payment']],
  ['an amount that is a string', { payment: { amount: '5' } }, ['/payment/amount']],
  ['an amount with a fraction', { payment: { amount: 5.5 } }, ['/payment/amount']],
  ['a negative amount', { payment: { amount: -1 } }, ['/payment/amount']],
  ['a currency that is none', { payment: { currency_code: 'EURO' } }, ['/payment/currency_code']],
  ['a relative URL', { continuation: { success: '/thanks' } }, ['/continuation/success']],
  ['no URL at all', { continuation: { success: 'thanks' } }, ['/continuation/success']],
  [
    'a javascript: URL',
    { continuation: { error: 'javascript:alert(1)' } },
    ['/continuation/error'],
  ],
  ['a data: URL', { continuation: { error: 'data:text/html,x' } }, ['/continuation/error']],
  ['plain http', { continuation: { success: 'http://shop.example/' } }, ['/continuation/success']],
  [
    'a URL with a password',
    { continuation: { success: 'https://a:b@shop.example/' } },
    ['/continuation/success'],
  ],
  ['a URL that is a number', { continuation: { success: 1 } }, ['/continuation/success']],
  [
    'an origin with a path',
    { merchant: { origins: ['https://a.example', 'https://b.example/x'] } },
    ['/merchant/origins/1'],
  ],
  ['an unknown network', { allowed_networks: ['VISA', 'SHELLS'] }, ['/allowed_networks/1']],
  ['a lifetime below a minute', { expires_in: 59 }, ['/expires_in']],
  ['a lifetime over a day', { expires_in: 86401 }, ['/expires_in']],
  ['a lifetime that is a string', { expires_in: '900' }, ['/expires_in']],
  [
    'two members at once',
    { terminal_id: 'x', payment: { amount: 'y' } },
    ['/terminal_id', '/payment/amount'],
  ],
];

const kWrongChallenges = [
  ['a javascript: challenge', { url: 'javascript:alert(1)' }, ['/challenge/url']],
  ['an ACS without https', { acs_url: 'http://acs.example/', creq: 'e30' }, ['/challenge/acs_url']],
  ['a CReq that is a number', { acs_url: 'https://acs.example/', creq: 5 }, ['/challenge/creq']],
  ['a challenge that is a string', 'https://acs.example/', ['/challenge']],
];

describe('a bad request to open a session', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start();
    await obolus.openPayment();
  });
  after(() => obolus.stop());

  const refused = (options, target = '/sessions') =>
    storesNothing(obolus, () => obolus.commerce('POST', target, options));
  const json = { 'content-type': 'application/json' };

  const notUtf8 = Buffer.from([...Buffer.from('{"a":"'), 0xff, 0xfe, ...Buffer.from('"}')]);
  for (const body of ['{', '[1,', 'hello', '{"a":1}}', '{"a":01}', '{"a":"\u0001"}', notUtf8]) {
    test(`${JSON.stringify(String(body))} is not JSON: 400`, async () => {
      assertRefused(await refused({ body, headers: json }), 400, 'MALFORMED');
    });
  }

  test('JSON that is not an object is refused', async () => {
    for (const body of ['[]', '1', '"a"', 'true']) {
      const answer = await refused({ body, headers: json });
      assert.ok([400, 422].includes(answer.status), `${body}: ${answer.status} ${answer.text}`);
    }
  });

  for (const [what, body, pointers] of kWrongMembers) {
    test(`${what} is 422 and names the member`, async () => {
      assertRefused(await refused({ body }), 422, 'VALIDATION_ERROR', pointers);
    });
  }

  for (const [what, challenge, pointers] of kWrongChallenges) {
    test(`${what} is 422 and names the member`, async () => {
      const answer = await refused({ body: { type: '3ds', challenge } });
      assertRefused(answer, 422, 'VALIDATION_ERROR', pointers);
    });
  }

  test('a 3DS session lives 99 minutes at most', async () => {
    const answer = await refused({ body: { type: '3ds', expires_in: 5941 } });
    assertRefused(answer, 422, 'VALIDATION_ERROR', ['/expires_in']);
  });

  test('nesting without end is refused', async () => {
    const answer = await refused({ body: '['.repeat(5_000) + ']'.repeat(5_000), headers: json });
    assert.ok([400, 422].includes(answer.status), answer.text);
  });

  test('64 KiB are read, one byte more is 413', async () => {
    const body = (size) => {
      const empty = JSON.stringify({ padding: '' });
      return JSON.stringify({ padding: 'x'.repeat(size - empty.length) });
    };
    assert.equal(
      (await obolus.commerce('POST', '/sessions', { body: body(65_536), headers: json })).status,
      201,
    );
    const answer = await refused({ body: body(65_537), headers: json });
    assertRefused(answer, 413, 'TOO_LARGE');
  });

  test('another content type is 415', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
      const answer = await refused({ body: '{}', headers: { 'content-type': type } });
      assertRefused(answer, 415, 'UNSUPPORTED_MEDIA_TYPE');
    }
    const charset = { 'content-type': 'application/json; charset=utf-8' };
    assert.equal(
      (await obolus.commerce('POST', '/sessions', { body: '{}', headers: charset })).status,
      201,
    );
  });

  test('another method is 405 with Allow, another path 404', async () => {
    const method = await storesNothing(obolus, () => obolus.commerce('DELETE', '/sessions'));
    assertRefused(method, 405, 'METHOD_NOT_ALLOWED');
    assert.match(method.headers.allow, /POST/);
    assertRefused(await refused({}, '/payments'), 404, 'NOT_FOUND');
    assertRefused(await refused({}, '/sessions/../sessions/x%00y'), 404, 'NOT_FOUND');
  });

  test('a header line of 100 KB is refused without harm', async () => {
    const answer = await refused({
      headers: { 'x-large': 'x'.repeat(100_000) },
      documented: false,
    });
    assert.equal(answer.status, 431);
  });

  test('a challenge for a payment session is refused', async () => {
    const { terminal_id } = await obolus.openPayment();
    const body = { challenge: { url: 'https://processor.example/c' } };
    assertRefused(
      await refused({ body }, `/tds/session/${terminal_id}/challenge`),
      404,
      'NOT_FOUND',
    );
    assertRefused(await refused({ body }, '/tds/session/x/challenge'), 404, 'NOT_FOUND');
  });
});
