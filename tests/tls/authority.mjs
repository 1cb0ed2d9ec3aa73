// Certificate authorities of a test's own and what they issue, right by default and wrong in
// whatever a test asks for. Keys are made when asked for and die with the process.
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import {
  certificate,
  commonName,
  der,
  extensions,
  integer,
  octets,
  oid,
  pem,
  revocationList,
  sequence,
} from './der.mjs';

const kDay = 86_400_000;
export const inDays = (days) => new Date(Date.now() + days * kDay);

export function makeKey(type = 'ec', options = { namedCurve: 'P-256' }) {
  return generateKeyPairSync(type, options);
}

const spkiOf = ({ publicKey }) => publicKey.export({ type: 'spki', format: 'der' });
const idOf = (keys) => createHash('sha1').update(spkiOf(keys)).digest();

// A positive number of 16 bytes.
function newSerial() {
  const serial = randomBytes(16);
  serial[0] = (serial[0] & 0x7f) | 0x40;
  return serial;
}

// One certificate and its key. `chain`: what its owner sends, itself first, without the root.
export class Issued {
  constructor(fields) {
    Object.assign(this, fields);
  }

  get chain() {
    return [this, ...this.above].map((one) => pem('CERTIFICATE', one.bytes)).join('');
  }

  get keyPem() {
    return this.keys.privateKey.export({ type: 'pkcs8', format: 'pem' });
  }

  with(changes) {
    return new Issued({ ...this, ...changes });
  }
}

export class Authority {
  // `parent` absent: a root.
  constructor(title, { parent, keys = makeKey(), pathLength, extra = [], ...changes } = {}) {
    Object.assign(this, { title, parent });
    this.keys = keys;
    this.subject = changes.subject ?? commonName(title);
    this.keyId = changes.keyId ?? idOf(keys);
    this.revoked = [];
    const issue = {
      keys,
      subject: this.subject,
      days: [-30, 365],
      extra: [
        extensions.authority(pathLength),
        extensions.keyUsage(changes.usage ?? 0x06),
        extensions.keyId(this.keyId),
        ...extra,
      ],
      ...changes.issue,
    };
    this.certificate = (parent ?? this).issue(issue);
    // A root is not sent: whoever believes it has it.
    this.above = parent ? [this.certificate, ...parent.above] : [];
  }

  get pem() {
    return pem('CERTIFICATE', this.certificate.bytes);
  }

  // As a client's certificate wants to be, but for `changes`.
  leaf(changes = {}) {
    const { names = ['commerce'], subject = commonName('commerce'), ...rest } = changes;
    return this.issue({
      subject,
      extra: [
        extensions.leaf(),
        extensions.keyUsage(0x80),
        extensions.usages('clientAuth'),
        ...(names.length > 0 ? [extensions.dnsNames(...names)] : []),
      ],
      ...rest,
    });
  }

  issue({ keys = makeKey(), subject, days = [-1, 30], extra, also = [], ...changes }) {
    const serial = changes.serial ?? newSerial();
    const bytes = certificate({
      version: changes.version === undefined ? 2 : changes.version,
      serial,
      issuer: this.subject,
      subject,
      from: inDays(days[0]),
      to: inDays(days[1]),
      spki: spkiOf(keys),
      extra:
        changes.version === null
          ? []
          : [...extra, extensions.issuerKeyId(this.keyId), ...also],
      key: changes.signer ?? this.keys.privateKey,
      digest: changes.digest ?? 'sha256',
    });
    return new Issued({ bytes, keys, serial, above: this.above ?? [] });
  }

  revoke(issued) {
    this.revoked.push(issued.serial);
    return issued;
  }

  list(days = [-1, 7]) {
    const bytes = revocationList({
      issuer: this.subject,
      key: this.keys.privateKey,
      keyId: this.keyId,
      from: inDays(days[0]),
      to: inDays(days[1]),
      revoked: this.revoked,
    });
    return pem('X509 CRL', bytes);
  }
}

// The private key of `thief` that claims to belong to the public key of `owner`: libraries compare
// the public halves only, so it signs wrongly and its certificate looks right.
export function stolenIdentity(owner, thief = makeKey()) {
  const { d } = thief.privateKey.export({ format: 'jwk' });
  const { x, y } = owner.keys.publicKey.export({ format: 'jwk' });
  const point = Buffer.concat([
    Buffer.from([0x04]),
    Buffer.from(x, 'base64url'),
    Buffer.from(y, 'base64url'),
  ]);
  const key = sequence(
    integer(Buffer.from([1])),
    octets(Buffer.from(d, 'base64url')),
    der(0xa0, oid('1.2.840.10045.3.1.7')),
    der(0xa1, der(0x03, Buffer.from([0]), point)),
  );
  return pem('EC PRIVATE KEY', key);
}

