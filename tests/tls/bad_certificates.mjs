// The clients that must not come in, each tried against a real obolus, and those that must. Prints
// a table: what was refused, by the handshake or by the answer, and the reason that obolus counted.
// Exit 1 when one came in, when a good one did not, or when a reason is another.
//
//   node tests/tls/bad_certificates.mjs [--quiet]
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { parseArgs } from 'node:util';
import { identity, until } from '../support/client.mjs';
import { Obolus } from '../support/obolus.mjs';
import {
  badCertificates,
  badHandshakes,
  goodClients,
  listsOf,
  makeAuthorities,
} from './bad_clients.mjs';
import { openSessionRequest, tryToOpen } from './connect.mjs';

const { values: options } = parseArgs({ options: { quiet: { type: 'boolean', default: false } } });
const rows = [];
let wrong = 0;

function report(title, wanted, got, isRight) {
  const verdict = isRight ? 'ok' : 'WRONG';
  rows.push([verdict, title, wanted, got]);
  if (!isRight) wrong++;
  if (options.quiet && isRight) return;
  console.log(`${verdict.padEnd(6)}${title.padEnd(42)}${String(wanted).padEnd(26)}${got}`);
}

class Matrix {
  static async start() {
    const matrix = new Matrix();
    matrix.folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-matrix-'));
    matrix.all = makeAuthorities();
    matrix.bad = badCertificates(matrix.all);
    matrix.write('ca.pem', matrix.all.root.pem);
    matrix.write('crl.pem', listsOf(matrix.all));
    const file = (name) => path.join(matrix.folder, name);
    matrix.obolus = await Obolus.start({
      reload_interval_s: 0,
      commerce: {
        require: 'certificate',
        tls: { client_ca: file('ca.pem'), client_crl: file('crl.pem'), min_version: '1.2' },
      },
    });
    return matrix;
  }

  write(name, text) {
    const file = path.join(this.folder, name);
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  }

  async reload() {
    const { status, stdout } = this.obolus.cli('reload');
    if (status !== 0) throw new Error(`obolus reload failed:\n${stdout}`);
  }

  options(certificate, more = {}) {
    return {
      port: this.obolus.ports.commerce,
      ca: identity(this.obolus.certs, null).ca,
      cert: certificate.chain,
      key: certificate.keyPem,
      ...more,
    };
  }

  async reasons() {
    const { text } = await this.obolus.operator('GET', '/metrics');
    const found = {};
    const pattern =
      /^obolus_tls_handshakes_refused_total\{listener="commerce",reason="(\w+)"\} (\d+)/gm;
    for (const [, reason, count] of text.matchAll(pattern)) found[reason] = Number(count);
    return found;
  }

  // What came of it: a status, or the reason that the server counted.
  async outcome(certificate, more) {
    const before = await this.reasons();
    const { status, error } = await tryToOpen(this.options(certificate, more));
    if (status) return String(status);
    const grown = await until('a reason', async () => {
      const now = await this.reasons();
      return Object.keys(now).find((reason) => now[reason] > before[reason]);
    }).catch(() => 'none');
    return `${grown} (${error})`;
  }

  async refuse(title, wanted, certificate, more) {
    const got = await this.outcome(certificate, more);
    const isRight = String(wanted).split('|').includes(got.split(' ')[0]);
    report(title, wanted, got, isRight);
  }

  async stop() {
    await this.obolus.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

// A connection that stays: its certificate is revoked, and with the next request it is nobody's.
async function keptAlive(matrix) {
  const certificate = matrix.all.issuing.leaf();
  const socket = tls.connect({
    host: '127.0.0.1',
    servername: 'localhost',
    ...matrix.options(certificate),
  });
  const sessions = [];
  socket.on('session', (session) => sessions.push(session));
  const ask = () =>
    new Promise((resolve, reject) => {
      socket.once('data', (chunk) => resolve(Number(String(chunk).slice(9, 12))));
      socket.once('error', reject);
      socket.write(openSessionRequest({}, false));
    });
  const before = await ask();
  matrix.all.issuing.revoke(certificate);
  matrix.write('crl.pem', listsOf(matrix.all));
  await matrix.reload();
  const after = await ask();
  socket.destroy();
  report('revoked while connected', '201, then 401', `${before}, then ${after}`,
    before === 201 && after === 401);
  await matrix.refuse('resumed after revocation', 'revoked', certificate, {
    session: sessions.at(-1),
  });
}

// TLS 1.2 only: 1.3 has none.
async function renegotiation(matrix) {
  const socket = tls.connect({
    host: '127.0.0.1',
    servername: 'localhost',
    ...matrix.options(matrix.all.issuing.leaf(), { maxVersion: 'TLSv1.2' }),
  });
  const got = await new Promise((resolve) => {
    socket.once('error', (error) => resolve(error.code));
    socket.once('secureConnect', () =>
      socket.renegotiate({}, (error) => resolve(error ? error.code : 'renegotiated')),
    );
  });
  socket.destroy();
  report('renegotiation', 'refused', got, got !== 'renegotiated');
}

async function otherLists(matrix) {
  const good = matrix.all.issuing.leaf();
  matrix.write('crl.pem', listsOf(matrix.all, [-30, -1]));
  await matrix.reload();
  await matrix.refuse('revocation lists over', 'revocation_unknown', good);
  matrix.write('crl.pem', listsOf(matrix.all, [1, 7]));
  await matrix.reload();
  await matrix.refuse('revocation lists of tomorrow', 'revocation_unknown', good);
}

async function run() {
  const matrix = await Matrix.start();
  try {
    for (const [title, wanted, certificate, more] of [
      ...matrix.bad,
      ...badHandshakes(matrix.all),
    ]) {
      await matrix.refuse(title, wanted, certificate, more);
    }
    await renegotiation(matrix);
    await keptAlive(matrix);
    await otherLists(matrix);
    const bad = rows.length;
    const refused = rows.filter(([verdict]) => verdict === 'ok').length;
    matrix.write('crl.pem', listsOf(matrix.all));
    await matrix.reload();
    for (const [title, certificate, more] of goodClients(matrix.all)) {
      const got = await matrix.outcome(certificate, more);
      report(`good: ${title}`, 201, got, got === '201');
    }
    return { bad, refused, good: rows.length - bad };
  } finally {
    await matrix.stop();
  }
}

const { bad, refused, good } = await run();
console.log(
  `bad certificates and handshakes: ${refused} of ${bad} refused; ` +
    `${good - (wrong - (bad - refused))} of ${good} good ones served`,
);
process.exitCode = wrong === 0 ? 0 : 1;
