// `obolus keys` from outside: with a running server and without one, and what each exit code says.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { encrypt, kCards, payload } from '../support/card.mjs';
import { until } from '../support/client.mjs';
import { Obolus } from '../support/obolus.mjs';

describe('keys', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start({ vault: { key_spread_s: 0 } });
  });
  after(() => obolus.stop());

  const keyFile = () => path.join(obolus.configuration.data_dir, 'obolus.keys');

  function cli(...args) {
    const { status, stdout, stderr } = obolus.cli('keys', ...args);
    assert.equal(status, 0, stderr);
    return stdout;
  }
  const list = () => JSON.parse(cli('list', '--json')).keys;
  const find = (kind, state) => list().filter((key) => key.kind === kind && key.state === state);

  test('are listed with what needs them', async () => {
    assert.equal((await obolus.pay((await obolus.openPayment()).session_key)).status, 200);
    const [kek] = find('key_encryption', 'active');
    assert.equal(kek.needed_by, 1);
    assert.match(cli('list'), /^KIND +ID +ALGORITHM +STATE/);
    const bytes = JSON.parse(readFileSync(keyFile(), 'utf8')).key_encryption_keys[0].key;
    assert.ok(!cli('list', '--json').includes(bytes));
  });

  test('that were replaced open what was begun with them, until they are retired', async () => {
    const { session_key } = await obolus.openPayment();
    const { data } = await obolus.state(session_key);
    const forms = [{}, { alg: 'RSA-OAEP-256' }, { alg: 'RSA-OAEP', header: { kid: undefined } }];
    const [form, ...others] = await Promise.all(
      forms.map((each) => encrypt(data, payload(kCards.visa), each)),
    );
    const [session] = find('session', 'active');
    cli('rotate');
    await until('a new key of each kind', () => list().length === 8);
    assert.notEqual(find('session', 'active')[0].id, session.id);
    const fresh = (await obolus.state(session_key)).data;
    assert.notEqual(fresh.jwk_ec.kid, data.jwk_ec.kid);

    const refused = obolus.cli('keys', 'retire', session.id);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /is needed by \d+ sessions/);

    assert.equal((await obolus.complete(session_key, form)).status, 200);
    for (const other of others) {
      const next = (await obolus.openPayment()).session_key;
      assert.equal((await obolus.complete(next, other)).status, 200);
    }
  });

  test('let their cards go to the new one by themselves', async () => {
    const [old] = find('key_encryption', 'accepting');
    await until('no card to need it', () => {
      const key = list().find(({ id }) => id === old.id);
      return key.needed_by === 0;
    });
    assert.match(cli('retire', old.id), /is retired/);
    assert.equal(obolus.cli('keys', 'retire', old.id).status, 1);
    assert.equal(find('key_encryption', 'active')[0].needed_by, 4);
    assert.ok((await obolus.metric('obolus_cards_rewrapped_total')) >= 1);
    assert.ok(!readFileSync(keyFile(), 'utf8').includes(`"key":"${old.id}`));
    assert.equal(statSync(keyFile()).mode & 0o777, 0o600);
  });

  test('can be seen, rotated and retired without a server', async () => {
    const before = list().length;
    await obolus.process.stop();
    cli('rotate', '--kind', 'key_encryption');
    assert.equal(list().length, before + 1);
    const [old] = find('key_encryption', 'accepting');
    const refused = obolus.cli('keys', 'retire', old.id);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /is needed by 4 sealed cards/);
    assert.match(cli('rewrap'), /cards under older keys: 0, wrapped anew so far: 4/);
    assert.match(cli('retire', old.id), /is retired/);
    await obolus.launch();
    assert.equal(find('key_encryption', 'active')[0].needed_by, 4);
  });

  test('are refused by name and by kind', () => {
    assert.equal(obolus.cli('keys', 'retire', '../x').status, 1);
    assert.equal(obolus.cli('keys', 'retire', 'kek-none').status, 1);
    assert.equal(obolus.cli('keys', 'rotate', '--kind', 'all_of_them').status, 64);
    assert.equal(obolus.cli('keys').status, 64);
  });
});
