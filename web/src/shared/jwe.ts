// Encrypts a card to the session's public key: a compact JWE with ECDH-ES on P-256 in Direct Key
// Agreement mode and A256GCM (RFC 7516, RFC 7518 §4.6 and §5.3), by WebCrypto. The plaintext, the
// shared secret and the key bytes are overwritten before the function returns.

import { encodeBase64url, utf8 } from './base64url';

export interface EcPublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
}

const kEncryption = 'A256GCM';
const kCurve = { name: 'ECDH', namedCurve: 'P-256' } as const;

/**
 * `plaintext` as a compact JWE that only the holder of the private key can read; `plaintext` is
 * zeroed. Rejects with WebCrypto's error when the key is not a point of the curve.
 */
export async function encryptJwe(
  plaintext: Uint8Array<ArrayBuffer>,
  recipient: EcPublicJwk,
): Promise<string> {
  try {
    const { kty, crv, x, y, kid } = recipient;
    const theirs = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, kCurve, false, []);
    const ours = await crypto.subtle.generateKey(kCurve, false, ['deriveBits']);
    const epk = await crypto.subtle.exportKey('jwk', ours.publicKey);
    const header = encodeBase64url(
      utf8(
        JSON.stringify({
          alg: 'ECDH-ES',
          enc: kEncryption,
          kid,
          epk: { kty: epk.kty, crv: epk.crv, x: epk.x, y: epk.y },
        }),
      ),
    );
    const secret = new Uint8Array(
      await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, ours.privateKey, 256),
    );
    const key = await contentKey(secret);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const sealed = new Uint8Array(
      await crypto.subtle.encrypt(
        { name: 'AES-GCM', iv, additionalData: utf8(header), tagLength: 128 },
        key,
        plaintext,
      ),
    );
    const tag_at = sealed.length - 16;
    // The second part, the encrypted key, is empty: the key was agreed upon, not sent.
    return [
      header,
      '',
      encodeBase64url(iv),
      encodeBase64url(sealed.subarray(0, tag_at)),
      encodeBase64url(sealed.subarray(tag_at)),
    ].join('.');
  } finally {
    plaintext.fill(0);
  }
}

/**
 * The Concat KDF of NIST SP 800-56A §5.8.1 as RFC 7518 §4.6.2 fills it in; one round gives 256
 * bits.
 */
async function contentKey(secret: Uint8Array): Promise<CryptoKey> {
  const algorithm = utf8(kEncryption);
  // round (4) ‖ Z ‖ AlgorithmID (4 + n) ‖ PartyUInfo (4, empty) ‖ PartyVInfo (4, empty) ‖ bits (4)
  const input = new Uint8Array(4 + secret.length + 4 + algorithm.length + 12);
  const view = new DataView(input.buffer);
  view.setUint32(0, 1);
  input.set(secret, 4);
  view.setUint32(4 + secret.length, algorithm.length);
  input.set(algorithm, 8 + secret.length);
  view.setUint32(input.length - 4, 256);
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', input));
  secret.fill(0);
  input.fill(0);
  const key = await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt']);
  bytes.fill(0);
  return key;
}
