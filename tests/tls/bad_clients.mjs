// The clients that must not come in, and some that must: each by name, with the reason that the
// server is to give. `reason` is one of obolus_tls_handshakes_refused_total's, or the status of an
// answer. Used by bad_certificates.mjs.
import { Authority, makeKey, stolenIdentity } from './authority.mjs';
import { commonName, extension, extensions, integer, name, sequence, text } from './der.mjs';

// The authorities of one run. All of `listed` publish revocation lists.
export function makeAuthorities() {
  const root = new Authority('Matrix Root');
  const issuing = new Authority('Matrix Issuing', { parent: root, pathLength: 0 });
  const upper = new Authority('Matrix Upper', { parent: root });
  const lower = new Authority('Matrix Lower', { parent: upper });
  const withdrawn = new Authority('Matrix Withdrawn', { parent: root });
  root.revoke(withdrawn.certificate);
  const make = (title, parent, options) => new Authority(title, { parent, ...options });
  return {
    root,
    issuing,
    lower,
    withdrawn,
    unlisted: make('Matrix Unlisted', root),
    stale: make('Matrix Stale', root, { issue: { days: [-30, -1] } }),
    sha1: make('Matrix SHA-1', root, { issue: { digest: 'sha1' } }),
    beyond: make('Matrix Beyond', issuing),
    noSigning: make('Matrix No Signing', root, { usage: 0x02 }),
    elsewhere: make('Matrix Elsewhere', root, {
      extra: [extensions.nameConstraint(0xa0, 'partner.example')],
    }),
    excluded: make('Matrix Excluded', root, {
      extra: [extensions.nameConstraint(0xa1, 'commerce')],
    }),
    deep: ['A', 'B', 'C', 'D'].reduce((parent, title) => make(`Matrix ${title}`, parent), root),
    stranger: new Authority('Some Root'),
    twin: new Authority('Matrix Root'),
    forger: new Authority('Matrix Issuing', { parent: root, keyId: issuing.keyId }),
  };
}

// The lists of all that must have one.
export function listsOf(all, days) {
  const silent = [all.unlisted, all.stranger, all.twin, all.forger];
  const listed = new Set(Object.values(all).filter((authority) => !silent.includes(authority)));
  for (const authority of listed) if (authority.parent) listed.add(authority.parent);
  return [...listed].map((authority) => authority.list(days)).join('');
}

function flipped(issued, at) {
  const bytes = Buffer.from(issued.bytes);
  bytes[at < 0 ? bytes.length + at : at] ^= 0x01;
  return issued.with({ bytes });
}

// A forger has a key of its own, and a certificate whose names say that it is our authority.
function forgedBy(all) {
  const forger = new Authority('Matrix Issuing', { keyId: all.issuing.keyId });
  const leaf = forger.leaf();
  return leaf.with({ above: [all.issuing.certificate] });
}

function leafOfLeaf(all) {
  const middle = all.issuing.leaf({ subject: commonName('Matrix Leaf') });
  const pretender = new Authority('Matrix Leaf', { keys: middle.keys });
  const leaf = pretender.leaf();
  return leaf.with({ above: [middle, ...middle.above] });
}

// [name, reason, certificate] each, and TLS options of the client where it needs any.
function times(all) {
  const { issuing, root, stale } = all;
  return [
    ['expired', 'expired', issuing.leaf({ days: [-30, -1] })],
    ['expired a minute ago', 'expired', issuing.leaf({ days: [-30, -1 / 1440] })],
    ['not yet valid', 'expired', issuing.leaf({ days: [1, 30] })],
    ['intermediate expired', 'expired', stale.leaf()],
    ['revoked', 'revoked', issuing.revoke(issuing.leaf())],
    ['revoked, issued by the root', 'revoked', root.revoke(root.leaf())],
    ['intermediate revoked', 'revoked', all.withdrawn.leaf()],
    ['no list of its issuer', 'revocation_unknown', all.unlisted.leaf()],
  ];
}

function authorities(all) {
  const self = new Authority('commerce');
  return [
    ['unknown authority', 'untrusted', all.stranger.leaf()],
    ['self-signed', 'untrusted', self.certificate.with({ above: [] })],
    ['authority of the same name', 'untrusted|bad_proof', all.twin.leaf()],
    ['forged authority key identifier', 'bad_proof', forgedBy(all)],
    ['intermediate missing', 'untrusted', all.issuing.leaf().with({ above: [] })],
    ['chain too long', 'untrusted', all.deep.leaf()],
    ['path length exceeded', 'wrong_purpose', all.beyond.leaf()],
    ['issued by a leaf', 'wrong_purpose', leafOfLeaf(all)],
    ['issuer may not sign certificates', 'wrong_purpose', all.noSigning.leaf()],
    ['outside of permitted names', 'not_allowed', all.elsewhere.leaf()],
    ['among excluded names', 'not_allowed', all.excluded.leaf()],
    ['signature changed', 'bad_proof', flipped(all.issuing.leaf(), -1)],
    ['serial number changed', 'bad_proof', flipped(all.issuing.leaf(), 20)],
  ];
}

function purposes({ issuing }) {
  const used = (...usages) => [
    extensions.leaf(),
    extensions.keyUsage(0x80),
    ...(usages.length > 0 ? [extensions.usages(...usages)] : []),
    extensions.dnsNames('commerce'),
  ];
  const authority = [
    extensions.authority(),
    extensions.keyUsage(0x86),
    extensions.usages('clientAuth'),
    extensions.dnsNames('commerce'),
  ];
  const encipher = [
    extensions.leaf(),
    extensions.keyUsage(0x20),
    extensions.usages('clientAuth'),
    extensions.dnsNames('commerce'),
  ];
  return [
    ['no extended key usage', 'wrong_purpose', issuing.leaf({ extra: used() })],
    ['serverAuth only', 'wrong_purpose', issuing.leaf({ extra: used('serverAuth') })],
    ['codeSigning only', 'wrong_purpose', issuing.leaf({ extra: used('codeSigning') })],
    ['anyExtendedKeyUsage only', 'wrong_purpose', issuing.leaf({ extra: used('anyUsage') })],
    ['CA:TRUE as a leaf', 'wrong_purpose', issuing.leaf({ extra: authority })],
    ['keyEncipherment only', 'wrong_purpose', issuing.leaf({ extra: encipher })],
  ];
}

function strengths(all) {
  const { issuing } = all;
  const curve = (namedCurve) => issuing.leaf({ keys: makeKey('ec', { namedCurve }) });
  const rsa = (options) => issuing.leaf({ keys: makeKey('rsa', options) });
  const viaRsa = new Authority('Matrix RSA', {
    parent: all.root,
    keys: makeKey('rsa', { modulusLength: 2048 }),
  });
  all.viaRsa = viaRsa;
  const tls12 = { maxVersion: 'TLSv1.2' }; // 1.3 has no signatures by these curves
  return [
    ['RSA of 1024 bits', 'weak', rsa({ modulusLength: 1024 })],
    ['RSA with exponent 3', 'weak', rsa({ modulusLength: 2048, publicExponent: 3 })],
    ['P-192', 'weak|protocol', curve('P-192'), tls12],
    ['P-224', 'weak|protocol', curve('P-224'), tls12],
    ['secp256k1', 'weak|protocol', curve('secp256k1'), tls12],
    ['SHA-1 signature', 'weak', issuing.leaf({ digest: 'sha1' })],
    ['SHA-1 signature by RSA', 'weak', viaRsa.leaf({ digest: 'sha1' })],
    ['MD5 signature', 'weak', viaRsa.leaf({ digest: 'md5' })],
    ['intermediate signed with SHA-1', 'weak', all.sha1.leaf()],
  ];
}

function forms({ issuing }) {
  const usage = extensions.usages('clientAuth');
  const unknown = extension('1.3.6.1.4.1.99999.1', integer(Buffer.from([1])), true);
  return [
    ['version 1', 'malformed|wrong_purpose', issuing.leaf({ version: null })],
    ['serial number 0', 'malformed', issuing.leaf({ serial: Buffer.from([0]) })],
    ['serial number negative', 'malformed', issuing.leaf({ serial: Buffer.from([0x80, 1]) })],
    ['serial number of 21 bytes', 'malformed', issuing.leaf({ serial: Buffer.alloc(21, 0x11) })],
    ['extended key usage twice', 'malformed|untrusted', issuing.leaf({ also: [usage] })],
    ['unknown critical extension', 'malformed', issuing.leaf({ also: [unknown] })],
  ];
}

function names({ issuing }) {
  const only = (subject) => issuing.leaf({ subject, names: [] });
  const cn = (value, tag) => only(commonName(value, tag));
  const bmp = Buffer.from('commerce', 'utf16le').swap16();
  const twice = name(['cn', text('commerce')], ['cn', text('mallory')]);
  const email = [
    extensions.leaf(),
    extensions.keyUsage(0x80),
    extensions.usages('clientAuth'),
    extensions.emails('commerce@commerce.example'),
  ];
  return [
    ['another common name', 403, cn('mallory')],
    ['common name in capitals', 403, cn('COMMERCE')],
    ['common name right, alternative name not', 403, issuing.leaf({ names: ['mallory'] })],
    ['homograph of the name (IDN)', 403, cn('сommerce')],
    ['name with a trailing space', 403, cn('commerce ')],
    ['email address only', 403, issuing.leaf({ subject: commonName('x'), extra: email })],
    ['NUL in the common name', 'malformed', cn('commerce\0.mallory.example')],
    ['NUL in the alternative name', 'malformed', issuing.leaf({ names: ['commerce\0.m'] })],
    ['newline in the common name', 'malformed', cn('commerce\nX-Admin: 1')],
    ['wildcard', 'malformed', issuing.leaf({ names: ['*'] })],
    ['wildcard of a domain', 'malformed', issuing.leaf({ names: ['*.commerce'] })],
    ['alternative name that is not ASCII', 'malformed', issuing.leaf({ names: ['cömmerce'] })],
    ['zero-width space in the name', 403, cn('comm\u200berce')],
    ['common name as BMPString', 'malformed', cn(bmp, 0x1e)],
    ['common name as T61String', 'malformed', cn('commerce', 0x14)],
    ['two common names', 'malformed', only(twice)],
    ['no name at all', 'malformed', only(sequence())],
  ];
}

export function badCertificates(all) {
  return [times, authorities, purposes, strengths, forms, names].flatMap((make) => make(all));
}

// [name, reason, TLS options of the client] with a certificate that is otherwise good.
export function badHandshakes({ issuing }) {
  const good = issuing.leaf();
  const tls12 = { maxVersion: 'TLSv1.2', minVersion: 'TLSv1' };
  const suite = (ciphers) => ({ ...tls12, ciphers: `${ciphers}:@SECLEVEL=0` });
  return [
    ['no certificate', 'no_certificate', { cert: undefined, key: undefined }],
    ['the key of another', 'bad_proof', { key: stolenIdentity(good) }],
    ['TLS 1.0', 'protocol', { minVersion: 'TLSv1', maxVersion: 'TLSv1' }],
    ['TLS 1.1', 'protocol', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }],
    ['suites without encryption', 'protocol', suite('NULL')],
    ['suites without authentication', 'protocol', suite('aNULL')],
    ['CBC suites', 'protocol', suite('ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA')],
    ['suites without forward secrecy', 'protocol', suite('AES128-GCM-SHA256:AES256-SHA')],
    ['finite-field groups', 'protocol', suite('DHE-RSA-AES128-GCM-SHA256')],
    ['group P-521 only', 'protocol', { ecdhCurve: 'P-521' }],
    ['ALPN of another protocol', 'protocol', { ALPNProtocols: ['smtp'] }],
  ].map(([title, reason, options]) => [title, reason, good, options]);
}

export function goodClients({ root, issuing, lower }) {
  const subject = commonName('commerce');
  const keyed = (...of) => issuing.leaf({ keys: makeKey(...of) });
  return [
    ['of an intermediate', issuing.leaf()],
    ['of the root itself', root.leaf()],
    ['of two intermediates', lower.leaf()],
    ['common name without alternative names', issuing.leaf({ names: [] })],
    ['alternative name without subject', issuing.leaf({ subject: sequence() })],
    ['the name among others', issuing.leaf({ subject, names: ['x', 'commerce'] })],
    ['RSA of 2048 bits', keyed('rsa', { modulusLength: 2048 })],
    ['P-384', keyed('ec', { namedCurve: 'P-384' })],
    ['Ed25519', keyed('ed25519', undefined)],
    ['TLS 1.2', issuing.leaf(), { maxVersion: 'TLSv1.2' }],
  ];
}

