// A stored card on its way to whoever charges it, over real TLS: an HTTPS processor of the test's
// own, which keeps what it got and repeats what it should not.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { kCards, payload } from '../support/card.mjs';
import { until } from '../support/client.mjs';
import { kRoot } from '../support/processes.mjs';
import { Obolus } from '../support/obolus.mjs';
import { makeCertificates } from '../support/stack.mjs';
import { assertRefused, storedText } from '../support/stored.mjs';
import { Bridge } from '../support/bridge.mjs';
import { newApiKey } from '../support/configuration.mjs';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';

const kCard = kCards.visa;
const kYear = new Date().getUTCFullYear() + 3;
const kTemplate = {
  number: '{{ account_number }}',
  month: '{{ expiry_month | unwrap }}',
  year: '{{ expiry_year }}',
  cvc: '{{ security_code }}',
  name: '{{ cardholder_name }}',
};

// Answers as `script` says, and keeps the requests.
class Processor {
  static async start(certs) {
    const processor = new Processor();
    const read = (file) => readFileSync(path.join(certs, file));
    processor.got = [];
    processor.server = https.createServer(
      {
        cert: read('obolus-server.pem'),
        key: read('obolus-server.key'),
        ca: read('ca.pem'),
        requestCert: true,
        rejectUnauthorized: false,
      },
      (request, response) => processor.#serve(request, response),
    );
    await new Promise((resolve) => processor.server.listen(0, '127.0.0.1', resolve));
    processor.origin = `https://localhost:${processor.server.address().port}`;
    return processor;
  }

  async #serve(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const seen = {
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
      client: request.socket.getPeerCertificate()?.subject?.CN,
    };
    this.got.push(seen);
    await this.script(seen, response);
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const approve = (_, response) => {
  response.writeHead(201, { 'content-type': 'application/json', 'x-request-id': 'r-1' });
  response.end('{"status":"approved"}');
};

describe('the forward call', () => {
  let folder;
  let shared;
  let processor;
  let obolus;
  let terminal;
  let card;

  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-forward-'));
    const certs = makeCertificates(path.join(folder, 'certs'));
    shared = { certs, apiKey: newApiKey(), bridge: await Bridge.start(certs) };
    processor = await Processor.start(certs);
    const file = (name) => path.join(certs, name);
    const trust = { ca: file('ca.pem') };
    obolus = await Obolus.start(
      {
        commerce: { require: 'either' },
        forward: {
          per_card_per_h: 20,
          destinations: [
            {
              origin: processor.origin,
              path_prefix: '/v1/',
              internal: true,
              certificate: file('obolus-client.pem'),
              key: file('obolus-client.key'),
              ...trust,
            },
            { origin: 'https://localhost.localdomain.example', ...trust },
          ],
        },
      },
      {},
      shared,
    );
  });
  after(async () => {
    await obolus?.stop();
    await processor?.stop();
    await shared?.bridge.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    processor.script = approve;
    processor.got = [];
    const { session_key, terminal_id } = await obolus.openPayment();
    const paid = await obolus.pay(session_key, payload(kCard));
    assert.equal(paid.status, 200, paid.text);
    terminal = terminal_id;
    card = (await obolus.bridge.waitFor(terminal, 'CardSessionCreated')).event.data.card_session.id;
  });

  const forward = (body, options = {}, id = card) =>
    obolus.commerce('POST', `/card-sessions/${id}/forward`, {
      documented: false,
      body: { url: `${processor.origin}/v1/charges`, ...body },
      ...options,
    });
  const audited = async () =>
    readFileSync(path.join(obolus.configuration.data_dir, 'audit', 'audit.jsonl'), 'utf8');

  test('fills the card in, and hands the answer on', async () => {
    const answer = await forward({
      headers: { authorization: 'Bearer processor-key' },
      body: { amount: 4450, card: kTemplate },
    });
    assert.equal(answer.status, 201, answer.text);
    assert.deepEqual(answer.json, { status: 'approved' });
    assert.equal(answer.headers['obolus-forward'], 'answered');
    assert.equal(answer.headers['x-request-id'] !== undefined, true);
    const [seen] = processor.got;
    assert.equal(seen.url, '/v1/charges');
    assert.equal(seen.client, 'obolus', 'our client certificate of that destination');
    assert.equal(seen.headers.authorization, 'Bearer processor-key');
    assert.deepEqual(JSON.parse(seen.body), {
      amount: 4450,
      card: {
        number: kCard.account_number,
        month: 12,
        year: String(kYear),
        cvc: kCard.security_code,
        name: 'Ada Lovelace',
      },
    });
  });

  test('fills a form and XML in, escaped', async () => {
    for (const [type, template, filled] of [
      [
        'application/x-www-form-urlencoded',
        'n={{ account_number }}&name={{ cardholder_name }}',
        `n=${kCard.account_number}&name=Ada+Lovelace`,
      ],
      [
        'text/xml',
        '<n>{{ account_number }}</n><e>{{ expiry_month }}</e>',
        `<n>${kCard.account_number}</n><e>12</e>`,
      ],
    ]) {
      const answer = await forward({ headers: { 'content-type': type }, body: template });
      assert.equal(answer.status, 201, answer.text);
      assert.equal(processor.got.at(-1).body, filled);
    }
  });

  test('masks what the processor repeats, however it cuts its answer', async () => {
    processor.script = async ({ body }, response) => {
      const headers = { 'content-type': 'application/json', 'x-request-id': body.slice(0, 60) };
      response.writeHead(400, headers);
      const answer = JSON.stringify({ error: 'declined', you_sent: JSON.parse(body) });
      for (let at = 0; at < answer.length; at += 7) {
        response.write(answer.slice(at, at + 7));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end(Buffer.from(body).toString('base64'));
    };
    const answer = await forward({ body: kTemplate });
    assert.equal(answer.status, 400);
    const everything = answer.text + JSON.stringify(answer.headers);
    assert.ok(answer.text.includes('"number":"************4242"'), answer.text);
    assert.ok(answer.text.includes('"cvc":"***"'), answer.text);
    assert.ok(!everything.includes(kCard.account_number));
    const packed = Buffer.from(kCard.account_number).toString('base64').slice(2, 18);
    assert.ok(!answer.text.includes(packed));
  });

  test('sends a security code once', async () => {
    assert.equal((await forward({ body: kTemplate })).status, 201);
    const again = await forward({ body: kTemplate });
    assertRefused(again, 409, 'CONFLICT');
    assert.equal(again.headers['obolus-security-code'], 'used');
    assert.equal(again.headers['obolus-forward'], 'refused');
    assert.equal((await forward({ body: { n: '{{ account_number }}' } })).status, 201);
    assert.equal(processor.got.length, 2);
  });

  test('has no security code after a restart, and says so', async () => {
    await obolus.restart();
    const answer = await forward({ body: kTemplate });
    assertRefused(answer, 409, 'CONFLICT');
    assert.equal(answer.headers['obolus-security-code'], 'not-here');
    assert.equal(processor.got.length, 0);
    assert.equal((await forward({ body: { n: '{{ account_number }}' } })).status, 201);
  });

  test('wants a client certificate, whatever the listener wants', async () => {
    assertRefused(await forward({ body: kTemplate }, { as: null }), 403, 'FORBIDDEN');
    assert.equal((await forward({ body: kTemplate }, { key: null })).status, 201);
  });

  test('is over when the payment is', async () => {
    for (const [type, data] of [
      ['StateChanged', { state: 'authorized' }],
      ['SessionVoided', {}],
    ]) {
      const { session_key, terminal_id } = await obolus.openPayment();
      await obolus.pay(session_key);
      const created = await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
      const { id } = created.event.data.card_session;
      const held = await obolus.metric('obolus_security_codes_held');
      assert.equal((await obolus.event(type, { terminal_id, ...data })).status, 204);
      await until(
        'the security code to go',
        async () => (await obolus.metric('obolus_security_codes_held')) === held - 1,
      );
      assertRefused(await forward({ body: kTemplate }, {}, id), 404, 'NOT_FOUND');
    }
  });

  test('refuses what it cannot do, and names the place', async () => {
    const elsewhere = { url: 'https://elsewhere.example/v1/x', body: kTemplate };
    assertRefused(await forward(elsewhere), 403, 'FORBIDDEN');
    for (const [changes, pointer] of [
      [{ body: { n: '{{ pan }}' } }, '/body'],
      [{ body: { n: '{{ cardholder_name | unwrap }}' } }, '/body'],
      [{ body: { '{{ account_number }}': 1 } }, '/body'],
      [{ body: 'n={{ account_number }}' }, '/headers/content-type'],
      [{ body: kTemplate, headers: { 'x-card': '{{ account_number }}' } }, '/headers/x-card'],
      [{ body: kTemplate, headers: { host: 'elsewhere' } }, '/headers/host'],
      [{ body: kTemplate, url: `${processor.origin}/v1/../x` }, '/url'],
      [{ body: kTemplate, url: `${processor.origin}/v1/{{ account_number }}` }, '/url'],
      [{ body: kTemplate, url: undefined }, '/url'],
      [{ body: undefined }, '/body'],
      [{ body: kTemplate, method: 'GET' }, '/method'],
    ]) {
      assertRefused(await forward(changes), 422, 'VALIDATION_ERROR', [pointer]);
    }
    const kept = { headers: { 'idempotency-key': 'k' } };
    assertRefused(await forward({ body: kTemplate }, kept), 422, 'VALIDATION_ERROR');
    const unknown = '018f9e1c-7a3b-4c55-9d1e-2f6a8b0c4d7e';
    assertRefused(await forward({ body: kTemplate }, {}, unknown), 404, 'NOT_FOUND');
    assert.equal(processor.got.length, 0);
    assert.equal((await forward({ body: kTemplate })).status, 201, 'and the code is still there');
  });

  test('says when it is not known what the processor did', async () => {
    processor.script = (_, response) => response.socket.destroy();
    const answer = await forward({ body: kTemplate });
    assertRefused(answer, 502, 'BAD_GATEWAY');
    assert.equal(answer.headers['obolus-forward'], 'unknown');
    assert.equal(processor.got.length, 1, 'it was not sent again');
  });

  test('does not follow a redirect', async () => {
    processor.script = (_, response) => {
      response.writeHead(307, { location: `${processor.origin}/v1/other` });
      response.end();
    };
    const answer = await forward({ body: kTemplate });
    assert.equal(answer.status, 307);
    assert.equal(answer.headers.location, undefined);
    assert.equal(processor.got.length, 1);
  });

  test('is limited for each card', async () => {
    const body = { n: '{{ account_number }}' };
    for (let i = 0; i < 20; i++) assert.equal((await forward({ body })).status, 201);
    const limited = await forward({ body });
    assertRefused(limited, 429, 'RATE_LIMITED');
    assert.ok(Number(limited.headers['retry-after']) > 0);
  });

  test('is in the audit log before and after, and leaves no card anywhere', async () => {
    await forward({ body: kTemplate, headers: { authorization: 'Bearer processor-key' } });
    await forward({ url: 'https://elsewhere.example/', body: kTemplate });
    const wanted = [
      ['card_forwarded', 'begun'],
      ['card_forwarded', 'answered'],
    ];
    await until('the records', async () => {
      const records = (await audited()).split('\n').filter((line) => line.includes(card));
      return wanted.every((words) =>
        records.some((line) => words.every((word) => line.includes(word))),
      );
    });
    // Of many refusals only some have a record of their own (audit.refusals_per_minute).
    assert.ok((await audited()).includes('forward_refused'));
    for (const [where, text] of [
      ['store', storedText(obolus)],
      ['log', obolus.process.text],
      ['audit log', await audited()],
      ['timeline', (await obolus.operator('GET', `/sessions/${terminal}`)).text],
    ]) {
      assert.ok(!text.includes(kCard.account_number), where);
      assert.ok(!text.includes('processor-key'), where);
    }
  });

  test('of the documentation works as it is written there', async () => {
    const page = readFileSync(path.join(kRoot, 'docs/forwarding.md'), 'utf8');
    const call = JSON.parse(/```http\nPOST [^{]+\n\n([\s\S]*?)```/.exec(page)[1]);
    assert.equal(call.url, 'https://api.processor.example/v1/charges');
    const answer = await forward({ ...call, url: `${processor.origin}/v1/charges` });
    assert.equal(answer.status, 201, answer.text);
    const { card: sent } = JSON.parse(processor.got[0].body);
    assert.deepEqual(sent, {
      number: kCard.account_number,
      exp_month: 12,
      exp_year: kYear,
      cvc: kCard.security_code,
      name: 'Ada Lovelace',
    });
  });
});
