// Everything secret in the reference service: session keys derived by HMAC, cards sealed with
// AES-256-GCM under a wrapped key of their own, and the JWE keys that browsers encrypt to.
import { createCipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { compactDecrypt, exportJWK, generateKeyPair } from 'jose';

const kMacBytes = 20;

export function toUuid(id) {
  const hex = id.toString('hex');
  return [8, 12, 16, 20, 32]
    .map((end, index, ends) => hex.slice(index ? ends[index - 1] : 0, end))
    .join('-');
}

// 48 bits of milliseconds, a counter of 12, then chance: rows that come together lie together.
let lastTime = 0;
let counter = 0;
let pool = randomBytes(8192);
let used = 0;
export function newOrderedId() {
  const now = Math.max(Date.now(), lastTime);
  counter = now === lastTime ? counter + 1 : 0;
  lastTime = counter > 4095 ? now + 1 : now;
  if (counter > 4095) counter = 0;
  if (used === pool.length) {
    pool = randomBytes(8192);
    used = 0;
  }
  const id = Buffer.allocUnsafe(16);
  id.writeUIntBE(lastTime, 0, 6);
  id.writeUInt16BE(0x4000 | counter, 6);
  pool.copy(id, 8, used, used + 8);
  used += 8;
  id[8] = 0x80 | (id[8] & 0x3f);
  return id;
}

function gcm(key, plaintext, binding) {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(binding);
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

export class Keys {
  static async make() {
    const keys = new Keys();
    keys.hmac = randomBytes(32);
    keys.keyEncryption = randomBytes(32);
    for (const [name, alg] of [
      ['jwk_ec', 'ECDH-ES'],
      ['jwk', 'RSA-OAEP-256'],
    ]) {
      const pair = await generateKeyPair(alg, { crv: 'P-256', modulusLength: 2048 });
      const kid = `${alg}-1`;
      keys[name] = { ...(await exportJWK(pair.publicKey)), kid, alg, use: 'enc' };
      keys.byKid.set(kid, pair.privateKey);
    }
    return keys;
  }

  byKid = new Map();

  #mac(id) {
    return createHmac('sha256', this.hmac).update(id).digest().subarray(0, kMacBytes);
  }

  sessionKey(id) {
    return `pay_${Buffer.concat([id, this.#mac(id)]).toString('base64url')}`;
  }

  // The session's id, or null.
  open(key) {
    if (!key.startsWith('pay_')) return null;
    const bytes = Buffer.from(key.slice(4), 'base64url');
    if (bytes.length !== 16 + kMacBytes) return null;
    const id = bytes.subarray(0, 16);
    return timingSafeEqual(bytes.subarray(16), this.#mac(id)) ? id : null;
  }

  async decrypt(compact) {
    const { plaintext } = await compactDecrypt(
      compact,
      ({ kid }) => {
        const key = this.byKid.get(kid);
        if (!key) throw new Error('unknown kid');
        return key;
      },
      { keyManagementAlgorithms: ['ECDH-ES', 'RSA-OAEP-256'] },
    );
    return JSON.parse(Buffer.from(plaintext).toString('utf8'));
  }

  seal(card, id, sessionId) {
    const key = randomBytes(32);
    const binding = Buffer.concat([id, sessionId]);
    return {
      wrapped: gcm(this.keyEncryption, key, binding),
      ciphertext: gcm(key, JSON.stringify(card), binding),
    };
  }
}
