// The documents in api/ against the program: every documented route exists on its listener, and the
// schemas accept what obolus sends and refuse what it must not.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { assertEvent, assertMatches, documents, operations } from '../support/contracts.mjs';
import { Obolus } from '../support/obolus.mjs';
import { kRoot, programPath, run } from '../support/processes.mjs';

describe('the documents', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start();
  });
  after(() => obolus.stop());

  for (const { document, listener, method, path, operation } of operations()) {
    test(`${operation.operationId}: ${method.toUpperCase()} ${path} exists`, async () => {
      const { session_key } = await obolus.openPayment();
      const challenge = await obolus.openChallenge();
      const target = path
        .replace('{session_key}', session_key)
        .replace('{challenge_key}', challenge.path.split('/').pop())
        .replace('{tds_terminal_id}', challenge.tds_terminal_id)
        .replace('{return_token}', 'ret_x')
        .replace('{language}', 'de-AT.json')
        .replace('{id}', randomUUID());
      if (path.endsWith('/{hash}/{file}')) return fileExists(obolus, path.split('{')[0]);
      if (operation.operationId === 'streamSession') return streamExists(obolus, target);
      const answer = await obolus[listener](method.toUpperCase(), target, { body: undefined });
      const mayBeMissing = /\{(id|return_token)\}/.test(path);
      assert.ok(
        answer.status !== 405 && (answer.status !== 404 || mayBeMissing),
        `${document}: ${answer.status}`,
      );
    });
  }

// Some file of this folder, by the hash that this version has.
async function fileExists(obolus, folder) {
  const { files } = (await obolus.shopper('GET', '/client/v1/manifest.json')).json;
  const { pages } = (await obolus.shopper('GET', '/script-inventory.json')).json;
  const urls = [...files, ...pages.flatMap(({ scripts }) => scripts)].map(({ url }) => url);
  const url = urls.find((candidate) => candidate.startsWith(folder));
  assert.equal((await obolus.shopper('GET', url)).status, 200);
}

  async function streamExists(running, target) {
    const stop = new AbortController();
    const url = `http://127.0.0.1:${running.ports.shopper}${target}`;
    const { status } = await fetch(url, { signal: stop.signal });
    stop.abort();
    assert.equal(status, 200);
  }

  // Each route has a counter from the start, so /metrics lists them all.
  test('have every route of the program, and no other', async () => {
    const { text } = await obolus.operator('GET', '/metrics');
    const served = new Set();
    for (const [line] of text.matchAll(/^obolus_http_requests_total\{.*\}/gm)) {
      const label = (name) => new RegExp(`\\b${name}="([^"]*)"`).exec(line)[1];
      const route = label('route');
      if (!route.startsWith('*')) served.add(`${label('listener')} ${route}`);
    }
    const documented = operations().map(
      ({ listener, method, path }) => `${listener} ${method.toUpperCase()} ${path}`,
    );
    assert.deepEqual([...served].sort(), documented.sort());
  });

  test('are part of the program', () => {
    const file = (name) => readFileSync(`${kRoot}/api/${name}.yaml`, 'utf8');
    for (const name of ['openapi', 'asyncapi']) {
      assert.equal(run(programPath('obolus'), [name]).stdout, file(name));
    }
  });

  test('every reference in them leads somewhere', () => {
    const references = JSON.stringify(documents).match(/"\$ref":"([^"]+)"/g);
    assert.ok(references.length > 50);
    for (const [name, document] of Object.entries(documents)) {
      for (const [, reference] of JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)) {
        const [file, pointer] = reference.split('#');
        if (!pointer) continue;
        const steps = pointer.slice(1).split('/');
        const found = steps.reduce((value, step) => value?.[step], documents[file || name]);
        assert.ok(found, `${name}: ${reference}`);
      }
    }
  });

  test('the schemas refuse what is wrong', () => {
    assert.throws(() => assertMatches({ session_key: 'x' }, 'PaymentSessionOpened'));
    const event = { type: 'CardSessionFailed', data: { reason: { code: 'BORED', message: 'x' } } };
    assert.throws(() => assertEvent({ event, headers: {} }));
  });

  test('asyncapi.yaml has every event type that is sent or understood', () => {
    const { toCommerce, fromCommerce } = documents['asyncapi.yaml'].channels;
    assert.deepEqual(Object.keys(toCommerce.messages).sort(), [
      'CardSessionCreated',
      'CardSessionFailed',
      'TDSResult',
    ]);
    assert.deepEqual(Object.keys(fromCommerce.messages).sort(), [
      'CompleteTDSSession',
      'SessionVoided',
      'StateChanged',
    ]);
  });
});
