// The JWE is checked by npm jose, which shares no line with ours, and by the agreement of RFC 7518
// Appendix C through it.
import '../../tests/support/web_crypto';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compactDecrypt, exportJWK, generateKeyPair, type KeyLike } from 'jose';
import { utf8 } from './base64url';
import { encryptJwe, type EcPublicJwk } from './jwe';

async function recipient(): Promise<{ jwk: EcPublicJwk; privateKey: KeyLike }> {
  const { publicKey, privateKey } = await generateKeyPair('ECDH-ES', {
    crv: 'P-256',
    extractable: true,
  });
  return {
    jwk: { ...(await exportJWK(publicKey)), kid: 'key-1' } as unknown as EcPublicJwk,
    privateKey,
  };
}

test('jose reads what we encrypt, for plaintexts of every length up to 300 bytes', async () => {
  const { jwk, privateKey } = await recipient();
  for (let length = 0; length <= 300; length += 7) {
    const text = 'é'.repeat(Math.floor(length / 2)) + 'x'.repeat(length % 2);
    const { plaintext } = await compactDecrypt(await encryptJwe(utf8(text), jwk), privateKey);
    assert.equal(new TextDecoder().decode(plaintext), text);
  }
});

test('the header has algorithm, encryption, key id, ephemeral public key', async () => {
  const { jwk, privateKey } = await recipient();
  const { protectedHeader } = await compactDecrypt(await encryptJwe(utf8('card'), jwk), privateKey);
  assert.deepEqual(Object.keys(protectedHeader).sort(), ['alg', 'enc', 'epk', 'kid']);
  assert.deepEqual(
    [protectedHeader.alg, protectedHeader.enc, protectedHeader['kid']],
    ['ECDH-ES', 'A256GCM', 'key-1'],
  );
  assert.deepEqual(Object.keys(protectedHeader['epk'] as object).sort(), ['crv', 'kty', 'x', 'y']);
});

test('there are five parts, the second empty, a 96-bit IV and a 128-bit tag', async () => {
  const { jwk } = await recipient();
  const parts = (await encryptJwe(utf8('card'), jwk)).split('.');
  const sizes = parts.map((part) => Buffer.from(part, 'base64url').length);
  assert.equal(parts.length, 5);
  assert.deepEqual(sizes.slice(1), [0, 12, 4, 16]);
  assert.ok(parts.every((part) => /^[\w-]*$/.test(part)));
});

test('the same card twice gives two different ciphertexts', async () => {
  const { jwk } = await recipient();
  assert.notEqual(await encryptJwe(utf8('card'), jwk), await encryptJwe(utf8('card'), jwk));
});

test('another key, or any changed part, does not open it', async () => {
  const { jwk, privateKey } = await recipient();
  const other = await recipient();
  const jwe = await encryptJwe(utf8('card'), jwk);
  await assert.rejects(compactDecrypt(jwe, other.privateKey));
  for (const index of [0, 2, 3, 4]) {
    const parts = jwe.split('.');
    const bytes = Buffer.from(parts[index] ?? '', 'base64url');
    bytes[1] = (bytes[1] ?? 0) ^ 1;
    parts[index] = bytes.toString('base64url');
    await assert.rejects(compactDecrypt(parts.join('.'), privateKey), `part ${index}`);
  }
});

test('the plaintext is overwritten, also when the key is no point of the curve', async () => {
  const { jwk } = await recipient();
  const good = utf8('4242424242424242');
  await encryptJwe(good, jwk);
  assert.ok(good.every((byte) => byte === 0));
  const bad = utf8('4242424242424242');
  await assert.rejects(encryptJwe(bad, { ...jwk, x: jwk.y, y: jwk.x }));
  assert.ok(bad.every((byte) => byte === 0));
});
