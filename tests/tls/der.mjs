// Certificates and revocation lists of X.509, byte by byte (RFC 5280): a library would refuse to
// make most of what the tests here need. Signatures are node's. Pure values in, DER out.
import { sign } from 'node:crypto';

const kOids = {
  cn: '2.5.4.3',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  nameConstraints: '2.5.29.30',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  anyUsage: '2.5.29.37.0',
};

export function der(tag, ...parts) {
  const body = Buffer.concat(parts);
  if (body.length < 128) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const size = Buffer.from(
    body.length.toString(16).padStart(body.length > 255 ? 4 : 2, '0'),
    'hex',
  );
  return Buffer.concat([Buffer.from([tag, 0x80 | size.length]), size, body]);
}

export const sequence = (...parts) => der(0x30, ...parts);
export const integer = (bytes) => der(0x02, bytes);
export const octets = (bytes) => der(0x04, bytes);
export const bits = (bytes, unused = 0) => der(0x03, Buffer.from([unused]), bytes);
export const text = (value, tag = 0x0c) => der(tag, Buffer.from(value));

export function oid(dotted) {
  const [first, second, ...rest] = (kOids[dotted] ?? dotted).split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return der(0x06, Buffer.from(bytes));
}

// UTCTime until 2049, which is all that is needed here.
export function time(date) {
  return text(
    date
      .toISOString()
      .replace(/[-:T]|\.\d+/g, '')
      .slice(2),
    0x17,
  );
}

// `entries`: [oid, DER of the value] each.
export const name = (...entries) =>
  sequence(...entries.map(([type, value]) => der(0x31, sequence(oid(type), value))));
export const commonName = (value, tag) => name(['cn', text(value, tag)]);

export const extension = (type, value, critical = false) =>
  sequence(oid(type), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), octets(value));

export const extensions = {
  authority: (pathLength) =>
    extension(
      'basicConstraints',
      sequence(
        der(0x01, Buffer.from([0xff])),
        ...(pathLength === undefined ? [] : [integer(Buffer.from([pathLength]))]),
      ),
      true,
    ),
  leaf: () => extension('basicConstraints', sequence(), true),
  // Bits of KeyUsage from the left: 0x80 digitalSignature, 0x20 keyEncipherment, 0x04
  // keyCertSign, 0x02 cRLSign.
  keyUsage: (bitmap) => extension('keyUsage', bits(Buffer.from([bitmap]), 1), true),
  usages: (...types) => extension('extendedKeyUsage', sequence(...types.map(oid))),
  dnsNames: (...names) =>
    extension('subjectAltName', sequence(...names.map((value) => text(value, 0x82)))),
  emails: (...names) =>
    extension('subjectAltName', sequence(...names.map((value) => text(value, 0x81)))),
  keyId: (id) => extension('subjectKeyId', octets(id)),
  issuerKeyId: (id) => extension('authorityKeyId', sequence(der(0x80, id))),
  // `which`: 0xa0 permitted, 0xa1 excluded.
  nameConstraint: (which, domain) =>
    extension('nameConstraints', sequence(der(which, sequence(text(domain, 0x82)))), true),
};

const kSignatures = {
  ec: { md5: null, sha1: '1.2.840.10045.4.1', sha256: '1.2.840.10045.4.3.2' },
  rsa: {
    md5: '1.2.840.113549.1.1.4',
    sha1: '1.2.840.113549.1.1.5',
    sha256: '1.2.840.113549.1.1.11',
  },
  ed25519: { sha256: '1.3.101.112' },
};

function signed(key, digest, body) {
  const kind = key.asymmetricKeyType;
  const algorithm = sequence(
    oid(kSignatures[kind][digest]),
    ...(kind === 'rsa' ? [der(0x05)] : []),
  );
  const tbs = body(algorithm);
  return sequence(tbs, algorithm, bits(sign(kind === 'ed25519' ? null : digest, tbs, key)));
}

// `version`: 2 is version 3; null leaves it out, which is version 1.
export function certificate({ key, digest, ...fields }) {
  const { version, serial, issuer, subject, from, to, spki, extra } = fields;
  return signed(key, digest, (algorithm) =>
    sequence(
      ...(version === null ? [] : [der(0xa0, integer(Buffer.from([version])))]),
      integer(serial),
      algorithm,
      issuer,
      sequence(time(from), time(to)),
      subject,
      spki,
      ...(extra.length > 0 ? [der(0xa3, sequence(...extra))] : []),
    ),
  );
}

// `revoked`: serial numbers.
export function revocationList({ issuer, key, keyId, from, to, revoked }) {
  return signed(key, 'sha256', (algorithm) =>
    sequence(
      integer(Buffer.from([1])),
      algorithm,
      issuer,
      time(from),
      time(to),
      ...(revoked.length > 0
        ? [sequence(...revoked.map((serial) => sequence(integer(serial), time(from))))]
        : []),
      der(
        0xa0,
        sequence(
          extensions.issuerKeyId(keyId),
          extension('crlNumber', integer(Buffer.from([1]))),
        ),
      ),
    ),
  );
}

export const pem = (label, bytes) =>
  `-----BEGIN ${label}-----\n${bytes
    .toString('base64')
    .replace(/.{64}/g, '$&\n')
    .trimEnd()}\n-----END ${label}-----\n`;
