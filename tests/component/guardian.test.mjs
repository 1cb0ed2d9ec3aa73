// Cards in Guardian, Hellgate's vault, over real TLS: the sandbox's stand-in answers as a script
// says. What the shopper sees, what Commerce hears, that a lost answer makes no second token, and
// that no card number stays with us.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Bridge } from '../support/bridge.mjs';
import { encrypt, kCards, payload } from '../support/card.mjs';
import { request, until } from '../support/client.mjs';
import { newApiKey } from '../support/configuration.mjs';
import { Obolus } from '../support/obolus.mjs';
import { freePorts, programPath, start } from '../support/processes.mjs';
import { makeCertificates } from '../support/stack.mjs';
import { assertRefused, storedText } from '../support/stored.mjs';

const kGuardianKey = 'guardian-key-1';

describe('a card for Guardian', () => {
  let folder;
  let shared;
  let sandbox;
  let control;
  let obolus;

  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-guardian-'));
    const certs = makeCertificates(path.join(folder, 'certs'));
    shared = { certs, apiKey: newApiKey(), bridge: await Bridge.start(certs) };
    const [web, bridge, guardian] = await freePorts(3);
    const ports = ['--port', web, '--bridge-port', bridge, '--guardian-port', guardian];
    const keys = ['--api-key', shared.apiKey, '--guardian-key', kGuardianKey];
    const args = ['serve', ...ports, ...keys, '--certs', certs].map(String);
    sandbox = start('obolus-sandbox', programPath('obolus-sandbox'), args);
    const { url, guardian_url } = await sandbox.event('ready');
    control = `${url}control/`;
    const environment = { OBOLUS_VAULT__GUARDIAN__API_KEY: kGuardianKey };
    obolus = await Obolus.start(
      {
        sessions: { max_attempts: 2, retry_cool_down_s: [], sweep_interval_ms: 100 },
        vault: {
          provider: 'guardian',
          lease_ms: 3000,
          guardian: {
            url: guardian_url,
            ca: path.join(certs, 'ca.pem'),
            timeout_ms: 1500,
            breaker_failures: 4,
            breaker_open_ms: 500,
          },
        },
      },
      environment,
      shared,
    );
    obolus.restarted = async () => {
      await obolus.process.kill();
      await obolus.launch(environment);
    };
  });
  after(async () => {
    await obolus?.stop();
    await sandbox?.stop();
    await shared?.bridge.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await play({ answer: 'accept' });
  });

  async function play(script) {
    const answer = await request(`${control}guardian`, { method: 'POST', body: script });
    assert.equal(answer.status, 204, answer.text);
  }
  const report = async () => (await request(`${control}guardian`)).json;
  // How the report's numbers changed since `before`.
  async function since(before) {
    const now = await report();
    return Object.fromEntries(
      ['asked', 'refused', 'repeated', 'created', 'deleted'].map((name) => [
        name,
        now[name] - before[name],
      ]),
    );
  }
  const inspect = async (terminal) => (await obolus.operator('GET', `/sessions/${terminal}`)).json;
  async function sealed(key, card = kCards.visa) {
    return encrypt((await obolus.state(key)).data, payload(card));
  }
  const asked = (before) =>
    until('Guardian to be asked', async () => (await since(before)).asked > 0);

  test('becomes a token there, and Commerce hears its id', async () => {
    const begin = await report();
    const { session_key, terminal_id } = await obolus.openPayment();
    const paid = await obolus.pay(session_key);
    assert.equal(paid.status, 200, paid.text);
    const { event } = await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
    const { id, provider, data } = event.data.card_session;
    const token = (await report()).tokens.find((each) => each.id === id);
    assert.equal(provider, 'guardian');
    assert.equal(token.card.masked_account_number, '424242******4242');
    assert.equal(token.metadata.session_id, terminal_id, 'a minted terminal is the session id');
    assert.deepEqual([data.first_six, data.last_four], ['424242', '4242']);
    assert.equal((await since(begin)).asked, 1);
  });

  test('that it refuses is an attempt, and the last one ends the session', async () => {
    await play({ answer: 'refuse' });
    const { session_key, terminal_id } = await obolus.openPayment();
    const first = await obolus.pay(session_key);
    assertRefused(first, 422, 'VALIDATION_ERROR', ['/result/enc_payload/account_number']);
    assert.equal(first.json.attempts_left, 1);
    assert.equal((await inspect(terminal_id)).state, 'open');
    assertRefused(await obolus.pay(session_key), 422, 'VALIDATION_ERROR');
    assert.equal((await inspect(terminal_id)).state, 'failed');
    await obolus.bridge.waitFor(terminal_id, 'CardSessionFailed');
  });

  for (const [what, script] of [
    ['a Guardian that is down', { answer: 'unavailable' }],
    ['a wrong key', { answer: 'unauthorized' }],
    ['an answer that is none', { answer: 'odd', status: 200, body: '<html>login</html>' }],
    ['a token without an id', { answer: 'odd', status: 201, body: '{"card":{}}' }],
  ]) {
    test(`and ${what} costs the shopper no attempt`, async () => {
      await play(script);
      const { session_key, terminal_id } = await obolus.openPayment();
      assertRefused(await obolus.pay(session_key), 503, 'UNAVAILABLE');
      const seen = await inspect(terminal_id);
      assert.deepEqual([seen.state, seen.attempts], ['open', 0]);
      await play({ answer: 'accept' });
      await until(
        'the breaker to close',
        async () => (await obolus.pay(session_key)).status === 200,
      );
    });
  }

  test('whose answer comes late is waited for', async () => {
    await play({ answer: 'slow', delay_ms: 700 });
    const { session_key } = await obolus.openPayment();
    assert.equal((await obolus.pay(session_key)).status, 200);
  });

  test('whose answer is lost, submitted again, is one token', async () => {
    await play({ answer: 'silent', apply: true });
    const begin = await report();
    const { session_key, terminal_id } = await obolus.openPayment();
    const token = await sealed(session_key);
    assertRefused(await obolus.complete(session_key, token), 503, 'UNAVAILABLE');
    assert.equal((await inspect(terminal_id)).state, 'open');
    await play({ answer: 'accept' });
    assert.equal((await obolus.complete(session_key, token)).status, 200);
    const { created, repeated } = await since(begin);
    assert.deepEqual([created, repeated], [1, 1]);
  });

  test('outlives kill -9 while it is submitted, and is one token', async () => {
    await play({ answer: 'silent', apply: true });
    const begin = await report();
    const { session_key, terminal_id } = await obolus.openPayment();
    const token = await sealed(session_key);
    const lost = obolus.complete(session_key, token).catch(() => 'cut');
    await asked(begin);
    assert.equal((await inspect(terminal_id)).state, 'submitted');
    await obolus.restarted();
    assert.equal(await lost, 'cut');
    assert.equal((await obolus.state(session_key)).next_action, 'wait');
    await play({ answer: 'accept' });
    await until(
      'the lease to end',
      async () => (await obolus.state(session_key)).next_action === 'tokenize_card',
    );
    assert.equal((await obolus.complete(session_key, token)).status, 200);
    const { event } = await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
    const { created, repeated } = await since(begin);
    assert.deepEqual([created, repeated], [1, 1]);
    assert.ok((await report()).tokens.some(({ id }) => id === event.data.card_session.id));
    await obolus.settled();
    assert.equal(obolus.bridge.about(terminal_id).length, 1);
  });

  for (const [what, type, data] of [
    ['authorised', 'StateChanged', { state: 'authorized' }],
    ['void', 'SessionVoided', {}],
  ]) {
    test(`is deleted there when its payment is ${what}`, async () => {
      const { session_key, terminal_id } = await obolus.openPayment();
      await obolus.pay(session_key);
      const { event } = await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
      const { id } = event.data.card_session;
      assert.ok((await report()).tokens.some((token) => token.id === id));
      assert.equal((await obolus.event(type, { terminal_id, ...data })).status, 204);
      await until('the token to go', async () =>
        (await report()).tokens.every((token) => token.id !== id),
      );
      await until(
        'the deletion is done with',
        () => !storedText(obolus, 'card_deletions').includes(id),
      );
    });
  }

  test('is deleted there although Guardian was down, and obolus was killed meanwhile', async () => {
    const { session_key, terminal_id } = await obolus.openPayment();
    await obolus.pay(session_key);
    const { event } = await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
    const { id } = event.data.card_session;
    await play({ answer: 'unavailable' });
    assert.equal((await obolus.event('SessionVoided', { terminal_id })).status, 204);
    await until('a try', async () => /card_deletion_failed/.test(obolus.process.text));
    assert.ok(storedText(obolus, 'card_deletions').includes(id));
    await obolus.restarted();
    await play({ answer: 'accept' });
    await until(
      'the token to go',
      async () => (await report()).tokens.every((token) => token.id !== id),
      { timeoutMs: 30_000 },
    );
    await until('the row to go', () => !storedText(obolus, 'card_deletions').includes(id));
  });

  test('leaves no number in the store, the log or the sandbox journal', async () => {
    const { session_key } = await obolus.openPayment();
    await obolus.pay(session_key);
    const journal = (await request(`${control}log?limit=5000`)).text;
    assert.ok(journal.includes('/api/pci/tokens'));
    for (const [where, text] of [
      ['store', storedText(obolus)],
      ['log', obolus.process.text],
      ['journal', journal],
    ]) {
      assert.ok(!text.includes(kCards.visa.account_number), where);
      assert.ok(!text.includes(kGuardianKey), where);
    }
  });

  test('is not sent by obolus check, which tells a wrong key', async () => {
    const begin = await report();
    const key = (value) => ['--set', `vault.guardian.api_key=${value}`];
    const good = obolus.cli('check', ...key(kGuardianKey));
    assert.match(good.stdout, /ok {4}guardian .* takes our key/);
    assert.equal(good.status, 0, good.stdout);
    const bad = obolus.cli('check', ...key('wrong'));
    assert.match(bad.stdout, /FAIL {2}guardian .* refuses our key/);
    assert.equal(bad.status, 1);
    assert.equal((await since(begin)).asked, 0);
  });
});
