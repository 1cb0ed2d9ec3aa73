// What `obolus crypto-inventory` says is what the source does: each algorithm that the code asks
// OpenSSL for, and each TLS suite, has its line; each line names a file that is there.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Obolus } from '../support/obolus.mjs';
import { kRoot } from '../support/processes.mjs';

// Names as OpenSSL and JOSE spell them, and as the inventory may.
const kSpellings = {
  SHA1: 'SHA-1',
  SHA256: 'SHA-256',
  SHA384: 'SHA-384',
  EC: 'P-256',
};
const kHashes = ['SHA-?\\d+', 'SHA\\d-\\d+', 'MD5'];
const kCiphers = ['AES-\\d+-[A-Z]+', 'A\\d+(?:GCM|KW)', 'CHACHA20[A-Z0-9-]*'];
const kKeys = ['EC', 'RSA', 'RSA-OAEP(?:-256)?', 'ECDH-ES', 'P-\\d+', 'X25519', 'ED25519'];
const kCurves = ['prime256v1', 'secp\\w+'];
const kNames = new RegExp(`"(${[...kHashes, ...kCiphers, ...kKeys, ...kCurves].join('|')})"`, 'g');

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(file);
    else if (/\.(cpp|h)$/.test(entry.name) && !/_test\.cpp$/.test(entry.name)) yield file;
  }
}

describe('the inventory of cryptography', () => {
  let obolus;
  let inventory;
  before(async () => {
    obolus = await Obolus.start();
    const { status, stdout, stderr } = obolus.cli('crypto-inventory', '--json');
    assert.equal(status, 0, stderr);
    inventory = JSON.parse(stdout);
  });
  after(() => obolus.stop());

  const named = () => inventory.uses.map(({ algorithm }) => algorithm).join('\n');

  test('names every algorithm that the source asks for', () => {
    const found = new Set();
    for (const file of sources(path.join(kRoot, 'src'))) {
      if (file.endsWith('main/crypto_inventory.cpp')) continue;
      for (const [, name] of readFileSync(file, 'utf8').matchAll(kNames)) found.add(name);
    }
    assert.ok(found.size >= 8, [...found].join());
    for (const name of found) {
      assert.ok(named().includes(kSpellings[name] ?? name), `${name} is not in the inventory`);
    }
  });

  test('names every TLS suite, and no other', () => {
    const tls = readFileSync(path.join(kRoot, 'src/net/tls_context.cpp'), 'utf8');
    const suites = new Set([...tls.matchAll(/(ECDHE-[A-Z0-9-]+)/g)].map(([suite]) => suite));
    assert.ok(suites.size > 0);
    const ours = new Set([...named().matchAll(/(ECDHE-[A-Z0-9-]+)/g)].map(([suite]) => suite));
    assert.deepEqual(ours, suites);
  });

  test('names files that are there, the library, and the age of each key in use', () => {
    for (const { source } of inventory.uses) {
      assert.ok(existsSync(path.join(kRoot, source)), source);
    }
    assert.match(inventory.library, /^OpenSSL 3\./);
    const kinds = inventory.keys.map(({ kind, state, age_days }) => `${kind} ${state} ${age_days}`);
    assert.deepEqual([...new Set(kinds)].sort(), [
      'envelope active 0',
      'key_encryption active 0',
      'session active 0',
    ]);
  });

  test('is readable for people, and holds no key', () => {
    const { status, stdout } = obolus.cli('crypto-inventory');
    assert.equal(status, 0);
    assert.match(stdout, /sealing a card\n {2}algorithm {2}AES-256-GCM\n {2}key bits {3}256\n/);
    const file = path.join(obolus.configuration.data_dir, 'obolus.keys');
    for (const [, key] of readFileSync(file, 'utf8').matchAll(/"key": ?"([^"]{43})"/g)) {
      assert.ok(!stdout.includes(key));
    }
  });
});
