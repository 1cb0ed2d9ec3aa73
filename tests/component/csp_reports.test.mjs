// The sink for what browsers report of our pages (PCI DSS 11.6.1): anybody may post anything there,
// and neither a key, nor a card, nor a forged line gets into the log.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../support/client.mjs';
import { Obolus } from '../support/obolus.mjs';

const kType = 'application/csp-report';
const kCard = '4242424242424242';

describe('POST /csp-reports', () => {
  let obolus;
  let key;
  before(async () => {
    obolus = await Obolus.start();
    key = (await obolus.openPayment()).session_key;
  });
  after(() => obolus.stop());

  const post = (body, type = kType) =>
    obolus.shopper('POST', '/csp-reports', {
      headers: type ? { 'content-type': type } : {},
      body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    });
  const report = (members) => ({
    'csp-report': { 'document-uri': `http://localhost/frame/v1/${key}`, ...members },
  });
  const logged = () =>
    obolus.process.text
      .split('\n')
      .filter((line) => line.includes('"csp_violation"'))
      .map((line) => JSON.parse(line));

  test('logs kind of page, directive and origin, and nothing else of the report', async () => {
    const answer = await post(
      report({
        referrer: `http://localhost/checkout/${key}`,
        'effective-directive': 'img-src',
        'violated-directive': `img-src ${key}`,
        'original-policy': `report-uri ${key}`,
        'blocked-uri': `https://evil.example/${key}?card=${kCard}`,
        'source-file': `http://localhost/frame/v1/${key}`,
        'script-sample': kCard,
      }),
    );
    assert.deepEqual([answer.status, answer.text], [204, '']);
    const [line] = await until('a log line', () => logged().length > 0 && logged());
    assert.deepEqual(Object.keys(line), ['time', 'level', 'event', 'kind', 'detail', 'url']);
    assert.deepEqual(
      [line.kind, line.detail, line.url],
      ['card_frame', 'img-src', 'https://evil.example'],
    );
    assert.equal(await obolus.metric('obolus_csp_violations_total', { directive: 'img-src' }), 1);
  });

  test('takes hostile bodies without harm', async () => {
    const bodies = [
      '',
      '{',
      'null',
      '[]',
      '{}',
      '['.repeat(10_000),
      '{"a":'.repeat(3_000),
      Buffer.from([0, 255, 254, 10, 13]),
      '{"csp-report": {"blocked-uri": "\\ud800"}}',
      report({ 'effective-directive': `x\n{"event":"forged"}`, 'blocked-uri': 'https://a\r\nb/' }),
      report({ 'document-uri': { toString: 'x' }, 'blocked-uri': [kCard] }),
      report({ 'blocked-uri': `https://${kCard}.evil.example/` }),
      report({ 'blocked-uri': `https://u:${kCard}@evil.example/` }),
      report({ 'blocked-uri': kCard, 'document-uri': kCard }),
      report({ 'blocked-uri': `https://${key}.evil.example/`, 'document-uri': key }),
    ];
    for (const body of bodies) {
      for (const type of [kType, 'application/reports+json']) {
        const answer = await post(body, type);
        assert.equal(answer.status, 204, `${JSON.stringify(body).slice(0, 60)}: ${answer.text}`);
      }
    }
    assert.equal((await obolus.state(key)).next_action, 'tokenize_card');
  });

  test('refuses other types, other methods and more than 16 KiB', async () => {
    assert.equal((await post('{}', 'application/json')).status, 415);
    assert.equal((await post('{}', 'text/plain')).status, 415);
    assert.equal((await post('{}', null)).status, 415);
    assert.equal((await post(' '.repeat(16 * 1024 + 1))).status, 413);
    assert.equal((await obolus.shopper('GET', '/csp-reports')).status, 405);
    assert.equal((await obolus.shopper('OPTIONS', '/csp-reports')).status, 405);
  });

  test('a flood is answered, and neither logged nor read beyond sixty a minute', async () => {
    const one = report({ 'effective-directive': 'font-src', 'blocked-uri': 'inline' });
    const before = logged().length;
    const flood = await Promise.all(Array.from({ length: 200 }, () => post(one)));
    assert.ok(flood.every(({ status }) => status === 204));
    // A minute may end during the test, and another sixty be read.
    assert.ok(logged().length - before <= 120);
    const dropped = await obolus.metric('obolus_csp_reports_total', { outcome: 'dropped' });
    assert.ok(dropped >= 80, `${dropped} dropped`);
  });

  test('the log has no key, no card and no line that a report wrote', () => {
    const { text } = obolus.process;
    for (const secret of [key, key.toLowerCase().slice(4), kCard, 'forged']) {
      assert.ok(!text.includes(secret), `the log holds ${secret}`);
    }
  });
});
