// The headers of every HTML page (quality S4): a table of what each must be, and csp_evaluator, the
// field's own judge of policies, on every route that answers with a page.
import evaluator from 'csp_evaluator/dist/evaluator.js';
import finding from 'csp_evaluator/dist/finding.js';
import parser from 'csp_evaluator/dist/parser.js';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { operations } from '../support/contracts.mjs';
import { kShopOrigin, Obolus } from '../support/obolus.mjs';

const { Severity } = finding;

// Findings of a policy that are medium or worse, those that csp_evaluator only suspects to be high
// among them.
function findingsOf(policy) {
  const { csp } = new parser.CspParser(policy);
  return new evaluator.CspEvaluator(csp)
    .evaluate()
    .filter(({ severity }) => severity <= Severity.HIGH_MAYBE)
    .map(({ directive, value, description }) => `${directive} ${value ?? ''}: ${description}`);
}

const kAll = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'reporting-endpoints': 'csp="/csp-reports"',
};
const kDirectives = [
  "default-src 'none'",
  "object-src 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
  'report-uri /csp-reports',
  'report-to csp',
];
const kNone = "form-action 'none'";
const kScript = "script-src 'nonce-…'";
const kStyle = "style-src 'nonce-…'";
const kTalk = "connect-src 'self'";
const kShop = `frame-ancestors 'self' ${kShopOrigin}`;

// Page: its answer, who may load it, and its directives beside those of all.
const kPages = {
  card: [200, 'cross-origin', [kScript, kStyle, kTalk, kNone, kShop]],
  checkout: [
    200,
    'same-origin',
    [kScript, kStyle, kTalk, kNone, "frame-src 'self'", "frame-ancestors 'none'"],
  ],
  start: [200, 'cross-origin', [kScript, kStyle, kShop, 'form-action https://acs.example']],
  'wide start': [200, 'cross-origin', [kScript, kStyle, kShop, 'form-action https:']],
  challenge: [
    200,
    'cross-origin',
    [kScript, kStyle, kNone, kShop, 'frame-src https: http:', "object-src 'self'"],
  ],
  wait: [200, 'cross-origin', [kScript, kStyle, kTalk, kNone, kShop]],
  returned: [200, 'cross-origin', [kScript, kStyle, kTalk, kNone, kShop]],
  'no card': [404, 'cross-origin', ["script-src 'none'", kStyle, kNone, kShop]],
  'no checkout': [404, 'cross-origin', ["script-src 'none'", kStyle, kNone, kShop]],
  'no challenge': [404, 'cross-origin', ["script-src 'none'", kStyle, kNone, kShop]],
  'no return': [404, 'cross-origin', ["script-src 'none'", kStyle, kNone, kShop]],
};

// The page around the bank's: those know nothing of isolation, and one may ask for a passkey.
const kOwnHeaders = { challenge: { 'cross-origin-embedder-policy': 'unsafe-none' } };

describe('the headers of pages', () => {
  let obolus;
  let targets;
  before(async () => {
    obolus = await Obolus.start();
    const { session_key } = await obolus.openPayment();
    const start = await obolus.openChallenge();
    const returned = await obolus.openChallenge();
    const opened = await obolus.commerce('POST', '/sessions', { body: { type: '3ds' } });
    await obolus.shopper('GET', `${returned.path}/return`);
    targets = {
      card: `/frame/v1/${session_key}`,
      checkout: `/checkout/${session_key}`,
      start: start.path,
      'wide start': `${start.path}?policy=wide`,
      challenge: `${start.path}/frame`,
      wait: new URL(opened.json.redirect_url).pathname,
      returned: returned.path,
      'no card': '/frame/v1/pay_x',
      'no checkout': '/checkout/pay_x',
      'no challenge': '/3ds/tds_x',
      'no return': '/3ds/return/ret_x',
    };
  });
  after(() => obolus.stop());

  for (const [name, [status, resource, more]] of Object.entries(kPages)) {
    test(`${name}: as in the table, and csp_evaluator has nothing to say`, async () => {
      const answer = await obolus.shopper('GET', targets[name]);
      assert.equal(answer.status, status);
      for (const [header, value] of Object.entries({ ...kAll, ...kOwnHeaders[name] })) {
        assert.equal(answer.headers[header], value, header);
      }
      assert.equal(answer.headers['cross-origin-resource-policy'], resource);
      const features = name in kOwnHeaders ? /camera=\(\).*usb=\(\)/ : /camera=\(\).*payment=\(\)/;
      assert.match(answer.headers['permissions-policy'], features);
      for (const gone of ['set-cookie', 'server', 'x-powered-by', 'access-control-allow-origin']) {
        assert.equal(answer.headers[gone], undefined, gone);
      }
      const policy = answer.headers['content-security-policy'];
      assert.deepEqual(findingsOf(policy), []);
      const directives = policy.replace(/'nonce-[A-Za-z0-9+/=]{24}'/g, "'nonce-…'").split('; ');
      const own = more.map((directive) => directive.split(' ')[0]);
      const usual = kDirectives.filter((directive) => !own.includes(directive.split(' ')[0]));
      assert.deepEqual(directives.sort(), [...usual, ...more].sort());
    });
  }

  // Every route that can answer with a page is among those above.
  test('no route answers with a page that is not in the table', async () => {
    const asked = Object.values(targets);
    for (const { listener, method, path, operation } of operations()) {
      if (listener !== 'shopper' || method !== 'get') continue;
      const responses = Object.values(operation.responses).map(({ $ref }) => $ref ?? '');
      if (!responses.some((reference) => reference.endsWith('/Page'))) continue;
      const pattern = new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`);
      const isAsked = asked.some((target) => pattern.test(target));
      assert.ok(isAsked || path.endsWith('/{challenge_key}/return'), path);
    }
  });

  test('the return from a bank answers with the same headers', async () => {
    const { path } = await obolus.openChallenge();
    const answer = await obolus.shopper('POST', `${path}/return`, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'cres=x',
    });
    assert.ok([200, 303].includes(answer.status), answer.text);
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.headers['referrer-policy'], 'no-referrer');
  });

  test('every other answer loads nothing, is not sniffed and not framed', async () => {
    const { session_key } = await obolus.openPayment();
    const answers = [
      await obolus.shopper('GET', `/sessions/${session_key}`),
      await obolus.shopper('GET', '/sessions/pay_x'),
      await obolus.shopper('OPTIONS', `/sessions/${session_key}`, {
        headers: { origin: kShopOrigin, 'access-control-request-method': 'POST' },
      }),
      await obolus.shopper('GET', '/client/v1/obolus.js'),
      await obolus.shopper('GET', '/nowhere'),
      await obolus.shopper('DELETE', '/csp-reports'),
      await obolus.shopper('GET', `/${'x'.repeat(20_000)}`, { documented: false }),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 404, 204, 200, 404, 405, 431],
    );
    for (const { headers } of answers) {
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(
        headers['content-security-policy'],
        "default-src 'none'; frame-ancestors 'none'",
      );
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.equal(headers['strict-transport-security'], undefined, 'for localhost');
    }
  });

  test('under a public name, browsers are told to stay with https', async () => {
    const other = await Obolus.start({ public_url: 'https://pay.example' });
    try {
      for (const target of ['/sessions/pay_x', '/checkout/pay_x', '/nowhere']) {
        const { headers } = await other.shopper('GET', target);
        assert.equal(
          headers['strict-transport-security'],
          'max-age=63072000; includeSubDomains',
          target,
        );
      }
    } finally {
      await other.stop();
    }
  });

  test('csp_evaluator would find a weaker policy', () => {
    for (const policy of [
      "script-src 'self' 'unsafe-inline'; object-src 'none'",
      "default-src 'self'; script-src *",
      "script-src 'nonce-abcdefgh'; base-uri 'none'; object-src *",
      "script-src 'nonce-abcdefgh'; object-src 'none'",
      "scriptsrc 'none'",
    ]) {
      assert.notDeepEqual(findingsOf(policy), [], policy);
    }
  });
});
