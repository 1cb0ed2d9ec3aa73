// Cards and their encryption by npm jose, an implementation of JWE that shares nothing with ours.
import { CompactEncrypt, importJWK } from 'jose';

export const kCards = {
  visa: { account_number: '4242424242424242', security_code: '123' },
  challenged: { account_number: '4000000000003220', security_code: '123' },
  declined: { account_number: '4000000000000002', security_code: '123' },
  mastercard: { account_number: '5555555555554444', security_code: '123' },
  amex: { account_number: '378282246310005', security_code: '1234' },
  discover: { account_number: '6011111111111117', security_code: '123' },
  diners: { account_number: '30569309025904', security_code: '123' },
  jcb: { account_number: '3530111333300000', security_code: '123' },
  unionpay: { account_number: '6200000000000005', security_code: '123' },
};

// The plaintext of a card that is valid for years; `changes` overrides members.
export function payload(card = kCards.visa, changes = {}) {
  const expiry_year = new Date().getUTCFullYear() + 3;
  return {
    ...card,
    expiry_month: 12,
    expiry_year,
    additional_data: { cardholder_name: 'Ada Lovelace' },
    ...changes,
  };
}

// Compact JWE of `plaintext` under one of the session state's keys.
export async function encrypt(data, plaintext, { alg = 'ECDH-ES', header = {} } = {}) {
  const jwk = alg === 'ECDH-ES' ? data.jwk_ec : data.jwk;
  const key = await importJWK({ ...jwk, alg }, alg);
  const bytes = Buffer.from(typeof plaintext === 'string' ? plaintext : JSON.stringify(plaintext));
  return new CompactEncrypt(bytes)
    .setProtectedHeader({ alg, enc: 'A256GCM', kid: jwk.kid, ...header })
    .encrypt(key);
}
