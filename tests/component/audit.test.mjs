// The audit log of a running obolus, from outside: what is recorded, that it verifies, what an edit
// and a full disk do, and that a flood of strangers does not fill it.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../support/client.mjs';
import { Obolus } from '../support/obolus.mjs';

const folderOf = ({ configuration }) => path.join(configuration.data_dir, 'audit');
const recordsOf = (obolus) =>
  readFileSync(path.join(folderOf(obolus), 'audit.jsonl'), 'latin1')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
const ofKind = (obolus, kind) => recordsOf(obolus).filter((record) => record.kind === kind);
const recorded = (obolus, kind, holds = () => true) =>
  until(`a record ${kind}`, () => ofKind(obolus, kind).find(holds));

describe('the audit log', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start({ sessions: { sweep_interval_ms: 100 } });
  });
  after(() => obolus.stop());

  test('says how the process began: its keys, its store, its configuration', async () => {
    await recorded(obolus, 'process_started', ({ details }) => details.version);
    const isHmac = ({ details }) => /^[0-9a-f]{64}$/.test(details.hmac);
    await recorded(obolus, 'configuration_loaded', isHmac);
    await recorded(obolus, 'store_migrated', ({ details }) => Number(details.schema_version) > 0);
    for (const object of ['key:audit', 'key_ring']) {
      await recorded(obolus, 'key_created', (record) => record.object === object);
    }
    const [first] = recordsOf(obolus);
    assert.equal(first.kind, 'audit_started');
    assert.equal(first.sequence, 1);
    assert.equal(statSync(path.join(folderOf(obolus), 'audit.jsonl')).mode & 0o777, 0o600);
  });

  test('has a card that was stored, by its id and never by its number', async () => {
    const { session_key } = await obolus.openPayment();
    assert.equal((await obolus.pay(session_key)).status, 200);
    const stored = await recorded(obolus, 'card_stored');
    assert.match(stored.object, /^card_session:[0-9a-f-]{36}$/);
    assert.equal(stored.actor, 'shopper');
    const text = readFileSync(path.join(folderOf(obolus), 'audit.jsonl'), 'latin1');
    assert.ok(!text.includes('4242424242424242') && !text.includes(session_key));
  });

  test('has a card that Commerce made useless, and that was deleted', async () => {
    const { session_key, terminal_id } = await obolus.openPayment();
    assert.equal((await obolus.pay(session_key)).status, 200);
    assert.equal((await obolus.event('SessionVoided', { terminal_id })).status, 204);
    const deleted = await recorded(obolus, 'card_deleted');
    assert.match(deleted.object, /^card_session:[0-9a-f-]{36}$/);
    assert.ok(ofKind(obolus, 'card_stored').some(({ object }) => object === deleted.object));
  });

  test('has what operators look at and do, also when it fails', async () => {
    const { session_key, terminal_id } = await obolus.openPayment();
    await obolus.operator('GET', `/sessions/${terminal_id}`);
    await obolus.operator('GET', `/sessions/${randomUUID()}`);
    await obolus.operator('POST', `/sessions/${terminal_id}/cancel`);
    assert.ok(session_key);
    const session = `session:${terminal_id}`;
    await recorded(obolus, 'session_inspected', ({ object }) => object === session);
    await recorded(obolus, 'session_inspected', ({ success }) => !success);
    await recorded(obolus, 'session_cancelled', ({ success }) => success);
    const { events } = (await obolus.operator('GET', '/events')).json;
    await obolus.operator('GET', `/events/${events[0].id}`);
    await obolus.operator('POST', `/events/${events[0].id}/replay`);
    const object = `event:${events[0].id}`;
    await recorded(obolus, 'event_shown', (record) => record.object === object);
    const replayed = await recorded(obolus, 'event_replayed', (record) => record.object === object);
    assert.equal(replayed.actor, 'operator');
    assert.equal(replayed.origin, '127.0.0.1');
  });

  test('has whom the guards refused, bounded, and a summary when it ends', async () => {
    for (let i = 0; i < 30; ++i) {
      const answer = await obolus.commerce('POST', '/sessions', { key: `guess-${i}` });
      assert.equal(answer.status, 401);
    }
    const refused = await recorded(obolus, 'caller_refused');
    assert.match(refused.actor, /^key:[0-9a-f]{16}$/);
    assert.equal(refused.success, false);
    const elsewhere = { headers: { host: 'evil.example' }, documented: false };
    assert.equal((await obolus.operator('GET', '/metrics', elsewhere)).status, 403);
    await recorded(obolus, 'operator_refused');
    assert.equal(ofKind(obolus, 'caller_refused').length, 5);
  });

  test('has a page that may have been changed', async () => {
    await obolus.shopper('POST', '/csp-reports', {
      headers: { 'content-type': 'application/csp-report' },
      body: JSON.stringify({ 'csp-report': { 'effective-directive': 'script-src' } }),
    });
    await recorded(obolus, 'tamper_suspected', ({ details }) => details.directive === 'script-src');
  });

  test('has a backup, and that somebody read it, by way of the running server', async () => {
    assert.equal((await obolus.operator('GET', '/audit')).status, 200);
    const wrong = await obolus.operator('POST', '/audit/records?kind=card_forwarded');
    assert.equal(wrong.status, 422);
    const copy = path.join(obolus.folder, 'copy.db');
    assert.equal(obolus.cli('backup', copy).status, 0);
    await recorded(obolus, 'backup_made', ({ details }) => details.what === copy);
    const { status, stdout } = obolus.cli('audit', 'verify');
    assert.equal(status, 0, stdout);
    assert.match(stdout, /the log is whole/);
    await recorded(obolus, 'audit_read', ({ details }) => details.what === 'verify: whole');
  });

  test('is exported by kind, as JSON lines, CSV and CEF', () => {
    const lines = (format) =>
      obolus.cli('audit', 'export', '--kind', 'card_stored', '--format', format).stdout.trim();
    for (const line of lines('jsonl').split('\n')) {
      assert.equal(JSON.parse(line).kind, 'card_stored');
    }
    assert.match(lines('csv'), /^sequence,time,kind,.*\r\n\d+,.*,card_stored,success,"shopper"/s);
    assert.match(lines('cef'), /^CEF:0\|Obolus\|Obolus\|1\|card_stored\|/);
    assert.match(obolus.cli('audit', 'tail', '-n', '3').stdout, /audit_read/);
    assert.equal(obolus.cli('audit', 'export', '--kind', 'card_eaten').status, 64);
  });

  test('goes on over a restart, and over kill -9', async () => {
    const before = recordsOf(obolus).length;
    await obolus.restart();
    await recorded(obolus, 'process_stopped', ({ success }) => success);
    assert.equal(ofKind(obolus, 'audit_stopped').length, 1);
    const summary = ofKind(obolus, 'caller_refused').find(({ object }) => object === 'summary');
    assert.equal(summary.details.not_recorded_one_by_one, '25');
    await obolus.process.kill();
    await obolus.launch();
    assert.ok(recordsOf(obolus).length > before);
    const { status, stdout } = obolus.cli('audit', 'verify', '--json');
    assert.equal(status, 0, stdout);
    assert.equal(JSON.parse(stdout).all_faults, 0);
  });

  test('is written by one process only', async () => {
    const { status, stderr } = obolus.cli('serve', '--set', 'store.kind=memory');
    assert.notEqual(status, 0);
    assert.match(stderr, /another process writes the audit log/);
  });

  test('lets edits be found, by file and line, on a copy and without a server', async () => {
    await obolus.process.stop();
    const file = path.join(folderOf(obolus), 'audit.jsonl');
    const whole = readFileSync(file);
    const lastLine = whole.lastIndexOf('\n', whole.length - 2);
    const edits = {
      'a byte': [whole.indexOf('shopper'), (bytes, at) => ((bytes[at] ^= 1), bytes)],
      'a line': [whole.indexOf('\n'), (bytes, at) => bytes.subarray(at + 1)],
      'the end': [lastLine, (bytes, at) => bytes.subarray(0, at + 1)],
    };
    for (const [name, [at, edit]] of Object.entries(edits)) {
      writeFileSync(file, edit(Buffer.from(whole), at));
      const key = path.join(obolus.configuration.data_dir, 'audit.key');
      const copy = obolus.bareCli('audit', 'verify', folderOf(obolus), '--key-file', key);
      assert.equal(copy.status, 1, `${name}: ${copy.stdout}`);
      if (name === 'a byte') assert.match(copy.stdout, /audit\.jsonl:\d+: the HMAC does not match/);
      writeFileSync(file, whole);
    }
    const nothing = obolus.bareCli('audit', 'verify', '/nowhere', '--without-key');
    assert.equal(nothing.status, 2);
    const offline = obolus.cli('audit', 'verify');
    assert.equal(offline.status, 0, offline.stdout + offline.stderr);
    assert.ok(ofKind(obolus, 'audit_read').some(({ details }) => details.what === 'verify: whole'));
    await obolus.launch();
  });

  test('says at the start that it was shortened, and goes on', async () => {
    await obolus.process.stop();
    const folder = folderOf(obolus);
    rmSync(path.join(folder, 'audit.jsonl'));
    rmSync(path.join(folder, 'audit.head'));
    await obolus.launch();
    const what = ({ details }) => /the store knows/.test(details.what);
    await recorded(obolus, 'tamper_suspected', what);
    assert.ok(obolus.process.text.includes('"audit_log_tampered"'));
    assert.equal((await obolus.operator('GET', '/readyz')).status, 200);
  });
});
