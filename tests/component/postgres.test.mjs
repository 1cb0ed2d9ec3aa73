// Obolus on PostgreSQL: a payment, a restart, a second process beside it, the database gone for a
// while, and a password that nobody gets to see.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../support/client.mjs';
import { Obolus } from '../support/obolus.mjs';
import { Postgres } from '../support/postgres.mjs';

const kPassword = 'do-not-show-this';

describe('obolus on PostgreSQL', () => {
  let postgres;
  let obolus;
  before(async () => {
    postgres = await Postgres.start();
    const dsn = `${postgres.dsn} password=${kPassword}`;
    obolus = await Obolus.start({ store: { kind: 'postgres', dsn }, log: { level: 'debug' } });
  });
  after(async () => {
    await obolus?.stop();
    await postgres?.stop();
  });

  test('takes a payment, delivers its event, and knows it after a restart', async () => {
    const { session_key, terminal_id } = await obolus.openPayment();
    assert.equal((await obolus.pay(session_key)).status, 200);
    await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated', 30_000);
    await obolus.settled();
    await obolus.restart();
    assert.equal((await obolus.state(session_key)).status, 'success');
    assert.equal(postgres.sql("SELECT count(*) FROM events WHERE status = 'delivered'"), '1');
  });

  test('loses nothing when it is killed', async () => {
    const { session_key } = await obolus.openPayment();
    await obolus.process.kill();
    await obolus.launch();
    assert.equal((await obolus.pay(session_key)).status, 200);
  });

  test('checks the database, and says what is wrong with it', () => {
    const good = obolus.cli('check');
    assert.equal(good.status, 0, good.stdout + good.stderr);
    assert.match(good.stdout, /PostgreSQL answers/);
    const bad = obolus.cli('check', '--set', `store.dsn=${postgres.dsn} dbname=nowhere`);
    assert.notEqual(bad.status, 0);
    assert.match(bad.stdout + bad.stderr, /nowhere/);
    const lossy = obolus.cli(
      ...['check', '--set', `store.dsn=${postgres.dsn} options='-c synchronous_commit=off'`],
    );
    assert.notEqual(lossy.status, 0);
    assert.match(lossy.stdout + lossy.stderr, /synchronous_commit/);
  });

  test('leaves backups to the database', () => {
    const backup = obolus.cli('backup', `${obolus.folder}/copy.db`);
    assert.equal(backup.status, 64);
    assert.match(backup.stderr, /PostgreSQL/);
  });

  test('is not ready without the database, and comes back with it', async () => {
    await postgres.halt();
    const refused = await obolus.commerce('POST', '/sessions', { body: { type: 'payment' } });
    assert.equal(refused.status, 503, refused.text);
    assert.ok(refused.headers['retry-after']);
    assert.ok(!refused.text.includes(`${postgres.port}`), 'where the database is');
    assert.equal((await obolus.operator('GET', '/readyz')).status, 503);
    assert.equal((await obolus.operator('GET', '/healthz')).status, 200);
    await postgres.launch();
    const ready = async () => (await obolus.operator('GET', '/readyz')).status === 200;
    await until('readiness', ready, { timeoutMs: 30_000 });
    await obolus.openPayment();
  });

  test('never shows the password', async () => {
    assert.ok(!obolus.process.text.includes(kPassword));
    assert.ok(!(await obolus.operator('GET', '/metrics')).text.includes(kPassword));
  });
});
