// sslscan and testssl.sh against both listeners of a real obolus on loopback, with certificates
// that are made for it. Prints what they find at LOW or above; each finding must stand in
// kExplained, with the reason why it is none of ours. Ends with 1 otherwise.
//
//   node tests/tls/scan.mjs [--listener shopper]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Obolus } from '../support/obolus.mjs';
import { Authority } from './authority.mjs';
import { commonName, extensions } from './der.mjs';

const { values } = parseArgs({ options: { listener: { type: 'string' } } });
const kListeners = values.listener ? [values.listener] : ['commerce', 'shopper'];
const kSeverities = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];

// Findings of testssl.sh that say nothing of Obolus.
const kExplained = {
  DNS_CAArecord: 'localhost has no DNS zone; set a CAA record for the real name',
  'cert_ocspURL|cert_crlDistributionPoints|cert_revocation':
    'the authority of this test publishes nothing; a public one does',
  OCSP_stapling: 'public authorities end OCSP (lifetimes become short instead): docs/tls.md',
  'cert_chain_of_trust|cert_trust': 'the authority of this test is not in any trust store',
  certificate_transparency: 'the authority of this test is not public',
  'HSTS|security_headers|banner_server|HTTP_status_code|HTTP_clock_skew|cookie_count':
    'HTTP, not TLS: asked of "/" of a listener that serves nothing there; tests/component has it',
};

const explanationOf = (id) =>
  Object.entries(kExplained).find(([pattern]) => new RegExp(`^(${pattern})\\b`).test(id))?.[1];

function makeFiles(folder) {
  const root = new Authority('Scan Root');
  const issued = root.issue({
    subject: commonName('localhost'),
    days: [-1, 89],
    extra: [
      extensions.leaf(),
      extensions.keyUsage(0x80),
      extensions.usages('serverAuth'),
      extensions.dnsNames('localhost'),
    ],
  });
  const write = (name, text) => writeFileSync(path.join(folder, name), text, { mode: 0o600 });
  write('root.pem', root.pem);
  write('server.pem', issued.chain);
  write('server.key', issued.keyPem);
  const client = root.leaf();
  write('client.pem', client.chain + client.keyPem);
  return Object.fromEntries(
    ['root.pem', 'server.pem', 'server.key', 'client.pem'].map((name) => [
      name,
      path.join(folder, name),
    ]),
  );
}

function runProgram(program, args) {
  const { stdout, error } = spawnSync(program, args, { encoding: 'utf8', timeout: 900_000 });
  if (error) throw error;
  return stdout;
}

// The protocols and suites that sslscan could agree on, and what it warns of.
function sslscan(port) {
  const xml = runProgram('sslscan', ['--no-colour', '--xml=-', `localhost:${port}`]);
  const found = (pattern) => [...xml.matchAll(pattern)].map((match) => match.slice(1).join(' '));
  return {
    protocols: found(/<protocol type="(\w+)" version="([\d.]+)" enabled="1"/g),
    weak: found(/<cipher [^>]*cipher="([^"]+)"[^>]*strength="(?!acceptable|strong)(\w+)"/g),
    ciphers: found(/<cipher status="\w+" sslversion="([^"]+)"[^>]*cipher="([^"]+)"/g),
    heartbleed: found(/<heartbleed sslversion="([^"]+)" vulnerable="1"/g),
    groups: found(/<group sslversion="[^"]+" bits="\d+" name="([^"]+)"/g),
  };
}

function testssl(port, folder, files) {
  const report = path.join(folder, `testssl-${port}.json`);
  runProgram('testssl', [
    '--quiet',
    '--color=0',
    '--nodns=min',
    '--warnings=off',
    '--phone-out=false',
    `--add-ca=${files['root.pem']}`,
    `--jsonfile=${report}`,
    '--ip=127.0.0.1',
    `localhost:${port}`,
  ].filter((option) => option !== '--phone-out=false'));
  return JSON.parse(readFileSync(report, 'utf8')).filter(({ severity }) =>
    kSeverities.includes(severity),
  );
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-scan-'));
const files = makeFiles(folder);
const tls = { certificate: files['server.pem'], key: files['server.key'] };
const obolus = await Obolus.start({
  tls: true,
  commerce: { require: 'either', tls: { ...tls, client_ca: files['root.pem'] } },
  shopper: { tls },
});
let unexplained = 0;
for (const listener of kListeners) {
  const port = obolus.ports[listener];
  const scan = sslscan(port);
  console.log(`${listener}: sslscan: ${scan.protocols.join(', ')}`);
  console.log(`  suites: ${[...new Set(scan.ciphers)].join('; ')}`);
  console.log(`  groups: ${[...new Set(scan.groups)].join(', ')}`);
  for (const weakness of [...scan.weak, ...scan.heartbleed]) {
    unexplained++;
    console.log(`  WEAK   ${weakness}`);
  }
  const wanted = listener === 'commerce' ? ['tls 1.3'] : ['tls 1.2', 'tls 1.3'];
  if (scan.protocols.join() !== wanted.join()) {
    unexplained++;
    console.log(`  WRONG  protocols: ${scan.protocols}; wanted ${wanted}`);
  }
  const findings = testssl(port, folder, files);
  console.log(`${listener}: testssl.sh: ${findings.length} findings at LOW or above`);
  for (const { id, severity, finding } of findings) {
    const reason = explanationOf(id);
    if (!reason) unexplained++;
    console.log(`  ${severity.padEnd(9)}${id}: ${finding}\n           ${reason ?? 'UNEXPLAINED'}`);
  }
}
await obolus.stop();
rmSync(folder, { recursive: true, force: true });
console.log(`tls-scan: ${unexplained} findings that are not explained`);
process.exitCode = unexplained === 0 ? 0 : 1;
