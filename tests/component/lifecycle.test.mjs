// Starting, stopping, dying and coming back; what the operator sees; and what must never be seen.
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { kCards, payload } from '../support/card.mjs';
import { until } from '../support/client.mjs';
import { sha256Hex } from '../support/configuration.mjs';
import { Obolus } from '../support/obolus.mjs';
import { databaseFile } from '../support/stored.mjs';

describe('a running obolus', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start({ log: { level: 'debug' } });
  });
  after(() => obolus.stop());

  test('is alive and ready, and counts what it does', async () => {
    assert.equal((await obolus.operator('GET', '/healthz')).status, 200);
    assert.equal((await obolus.operator('GET', '/readyz')).status, 200);
    const { text, headers } = await obolus.operator('GET', '/metrics');
    assert.match(headers['content-type'], /^text\/plain/);
    assert.match(text, /^# TYPE obolus_/m);
  });

  test('shows a session to its operator, without its key', async () => {
    const { session_key, terminal_id } = await obolus.openPayment({ payment: { order_id: 'A-1' } });
    const { status, json, text } = await obolus.operator('GET', `/sessions/${terminal_id}`);
    assert.equal(status, 200, text);
    assert.deepEqual([json.kind, json.state, json.order_id], ['payment', 'open', 'A-1']);
    assert.ok(!text.includes(session_key));
    const shown = obolus.cli('sessions', 'show', terminal_id);
    assert.equal(shown.status, 0, shown.stderr);
    assert.match(shown.stdout, /A-1/);
  });

  test('is backed up while it runs, and comes back from the copy', async () => {
    const copy = path.join(obolus.folder, 'copy.db');
    const { session_key, terminal_id } = await obolus.openPayment();
    const backup = obolus.cli('backup', copy, '--json');
    assert.equal(backup.status, 0, backup.stderr);
    const report = JSON.parse(backup.stdout);
    assert.ok(report.sessions >= 1 && report.bytes === statSync(copy).size, backup.stdout);
    assert.equal(obolus.cli('backup', copy).status, 1, 'it replaces no file');
    const cancel = await obolus.shopper('POST', `/sessions/${session_key}/cancel`);
    assert.equal(cancel.status, 200, cancel.text);
    await obolus.bridge.waitFor(terminal_id, 'CardSessionFailed', 20_000);
    await obolus.process.stop();
    const file = databaseFile(obolus);
    for (const tail of ['', '-wal', '-shm']) rmSync(file + tail, { force: true });
    copyFileSync(copy, file);
    await obolus.launch();
    const { json } = await obolus.operator('GET', `/sessions/${terminal_id}`);
    assert.equal(json.state, 'open', 'as it was when the copy was made');
  });

  test('loses nothing when it is killed', async () => {
    const open = await obolus.openPayment();
    const paid = await obolus.openPayment();
    obolus.bridge.answer = () => ({ status: 503 });
    assert.equal((await obolus.pay(paid.session_key)).status, 200);
    await obolus.process.kill();
    obolus.bridge.answer = () => ({ status: 204 });
    await obolus.launch();
    assert.equal((await obolus.state(open.session_key)).next_action, 'tokenize_card');
    assert.equal((await obolus.state(paid.session_key)).status, 'success');
    await obolus.bridge.waitFor(paid.terminal_id, 'CardSessionCreated', 20_000);
    assert.equal((await obolus.pay(open.session_key)).status, 200);
  });

  test('goes on serving for a while after SIGTERM, and says that it is leaving', async () => {
    await obolus.process.stop();
    await obolus.launch({ OBOLUS_STOP_DELAY_MS: '60000' });
    const { session_key } = await obolus.openPayment();
    obolus.process.child.kill('SIGTERM');
    await until('the end of readiness', async () => {
      return (await obolus.operator('GET', '/readyz')).status === 503;
    });
    const answer = await obolus.shopper('GET', `/sessions/${session_key}`);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers.connection, 'close');
    await obolus.openPayment();
    const exit = await obolus.process.stop(); // the second signal
    assert.equal(exit.code, 0);
    await obolus.launch();
  });

  test('answers what it has begun, delivers what it can, and ends with 0', async () => {
    const { session_key, terminal_id } = await obolus.openPayment();
    obolus.bridge.answer = () => ({ afterMs: 300, status: 204 });
    const paying = obolus.pay(session_key);
    await until('the event on its way', () =>
      obolus.bridge.deliveries.some(({ event }) => event.subject === terminal_id),
    );
    const exit = await obolus.process.stop();
    obolus.bridge.answer = () => ({ status: 204 });
    assert.deepEqual(exit, { code: 0, signal: null });
    assert.equal((await paying).status, 200);
    await obolus.launch();
    await obolus.settled();
    assert.equal(obolus.bridge.about(terminal_id).length, 1);
    assert.equal((await obolus.state(session_key)).status, 'success');
  });

  test('writes JSON lines, and no line and no file holds a card or a session key', async () => {
    const { session_key } = await obolus.openPayment();
    const bad = payload(kCards.visa, { account_number: '4242424242424241' });
    await obolus.pay(session_key, bad);
    await obolus.pay(session_key, payload(kCards.visa, { security_code: '987' }));
    await obolus.shopper('GET', `/checkout/${session_key}`);
    await obolus.settled();
    await obolus.process.stop();
    const lines = obolus.process.text.trim().split('\n');
    for (const line of lines) assert.doesNotThrow(() => JSON.parse(line), line);
    const folder = obolus.configuration.data_dir;
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
    const seen = [obolus.process.text, ...files.map((file) => readFileSync(file, 'latin1'))];
    for (const text of seen) {
      assert.ok(!text.includes('4242424242424242'), 'a card number');
      assert.ok(!text.includes('4242424242424241'), 'a refused card number');
      assert.ok(!text.includes(session_key), 'a session key');
    }
    await obolus.launch();
    assert.ok((await obolus.operator('GET', '/metrics')).text.includes('4242424242') === false);
  });

  test('keeps its keys to itself', () => {
    const folder = obolus.configuration.data_dir;
    for (const name of readdirSync(folder)) {
      const { mode } = statSync(path.join(folder, name));
      assert.equal(mode & 0o077, 0, `${name} has mode ${(mode & 0o777).toString(8)}`);
    }
    assert.ok(statSync(databaseFile(obolus)).size > 0);
  });

  test('is the only one on its data', async () => {
    const { status, stderr, stdout } = obolus.cli('serve');
    assert.notEqual(status, 0, stdout);
    assert.ok(stderr.length > 0);
    assert.equal((await obolus.operator('GET', '/healthz')).status, 200);
  });
});

describe('the command line', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start();
  });
  after(() => obolus.stop());

  test('check says that a good configuration is good, and which key of a bad one is not', () => {
    const good = obolus.cli('check');
    assert.equal(good.status, 0, good.stderr + good.stdout);
    for (const [set, key] of [
      ['commerce.port=99999', 'commerce.port'],
      ['commerce.require=maybe', 'commerce.require'],
      ['bridge.url=ftp://x', 'bridge.url'],
      ['shopper.tls.mode=both', 'shopper.tls.mode'],
      ['no_such.key=1', 'no_such'],
      ['sessions.no_such_key=1', 'no_such_key'],
      ['shopper.address=0.0.0.0', 'shopper'],
      ['commerce.tls.key=/nowhere.key', 'nowhere'],
    ]) {
      const { status, stderr, stdout } = obolus.cli('check', '--set', set);
      assert.notEqual(status, 0, `${set} was accepted`);
      assert.ok((stderr + stdout).includes(key), `${set}: ${stderr}${stdout}`);
    }
  });

  test('a key can come from the environment', async () => {
    await obolus.process.stop();
    await obolus.launch({ OBOLUS_SESSIONS__MAX_ATTEMPTS: '2' });
    const { session_key } = await obolus.openPayment();
    assert.equal((await obolus.state(session_key)).attempts_left, 2);
  });

  test('says its version, and makes API keys with their digest', () => {
    assert.match(obolus.bareCli('version').stdout, /\d+\.\d+\.\d+/);
    const { status, stdout } = obolus.bareCli('apikey', 'create', '--json');
    assert.equal(status, 0);
    const { key, sha256 } = JSON.parse(stdout);
    assert.equal(sha256Hex(key), sha256);
    assert.ok(key.length >= 32);
    assert.notEqual(JSON.parse(obolus.bareCli('apikey', 'create', '--json').stdout).key, key);
  });

  test('does not understand nonsense, and says so', () => {
    const { status, stderr, stdout } = obolus.cli('frobnicate');
    assert.notEqual(status, 0);
    assert.ok((stderr + stdout).length > 0);
  });
});
