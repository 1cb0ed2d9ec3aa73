// API keys in their own file: made, listed and taken away by the command line while obolus runs,
// each with scopes that routes hold it to; and the operator's own credential.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Obolus } from '../support/obolus.mjs';
import { programPath, run } from '../support/processes.mjs';

describe('API keys in a file', () => {
  let obolus;
  let folder;
  let operatorKey;
  const file = () => path.join(folder, 'keys.json');
  const apikey = (...args) => run(programPath('obolus'), ['apikey', ...args, '--file', file()]);
  const create = (...args) => {
    const { status, stdout, stderr } = apikey('create', '--json', ...args);
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout).key;
  };
  const operator = (...args) =>
    run(programPath('obolus'), [...args, '--config', obolus.configFile], {
      env: { ...process.env, OBOLUS_OPERATOR_KEY: operatorKey },
    });
  const open = (key) => obolus.commerce('POST', '/sessions', { key, body: { type: 'payment' } });

  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-keys-'));
    operatorKey = create('--name', 'ops', '--scopes', 'operator');
    obolus = await Obolus.start({
      commerce: { api_keys_file: file() },
      operator: { require: 'api_key' },
    });
  });
  after(async () => {
    await obolus.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('the file is for its owner and holds no key', () => {
    assert.equal(statSync(file()).mode & 0o777, 0o600);
    assert.ok(!readFileSync(file(), 'utf8').includes(operatorKey));
  });

  test('a new key works after a reload, and not after it was taken away', async () => {
    const key = create('--name', 'commerce');
    assert.equal((await open(key)).status, 401);
    assert.equal(operator('reload').status, 0);
    assert.equal((await open(key)).status, 201);
    assert.match(apikey('list').stdout, /commerce +active/);
    assert.equal(apikey('revoke', 'commerce').status, 0);
    assert.equal(operator('reload').status, 0);
    assert.equal((await open(key)).status, 401);
    assert.equal((await open(obolus.apiKey)).status, 201, 'those of commerce.api_keys go on');
  });

  test('a key without the scope is refused with its name', async () => {
    const key = create('--name', 'events-only', '--scopes', 'events');
    operator('reload');
    const answer = await open(key);
    assert.equal(answer.status, 403);
    assert.match(answer.text, /scope sessions/);
    assert.notEqual((await obolus.event('StateChanged', {}, { key })).status, 403);
  });

  test('a third active key of a name is not made', () => {
    create('--name', 'pair');
    create('--name', 'pair');
    const { status, stderr } = apikey('create', '--name', 'pair');
    assert.equal(status, 1);
    assert.match(stderr, /two active keys/);
  });

  test('operating needs a key with that scope, being healthy does not', async () => {
    const ask = (target, key) =>
      obolus.operator('GET', target, {
        documented: false,
        headers: key ? { 'x-api-key': key } : {},
      });
    assert.equal((await ask('/healthz')).status, 200);
    assert.equal((await ask('/readyz')).status, 200);
    assert.equal((await ask('/metrics')).status, 401);
    assert.equal((await ask('/events')).status, 401);
    assert.equal((await ask('/events', obolus.apiKey)).status, 403);
    assert.equal((await ask('/events', operatorKey)).status, 200);
    const bearer = await obolus.operator('GET', '/metrics', {
      headers: { authorization: `Bearer ${operatorKey}` },
    });
    const used = /^obolus_api_key_last_used_timestamp_seconds\{[^}]*name="ops"\} [1-9]/m;
    assert.match(bearer.text, used);
    assert.equal(obolus.cli('events', 'list').status, 1);
    assert.equal(operator('events', 'list').status, 0);
  });
});
