// Certificates, authorities and revocation lists that are replaced while obolus runs, what it says
// of them in metrics, in the audit log and in `obolus check`.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { identity, until } from '../support/client.mjs';
import { Obolus } from '../support/obolus.mjs';
import { programPath } from '../support/processes.mjs';
import { makeCertificates } from '../support/stack.mjs';

// The certificate that a listener presents now.
function presented(port) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

describe('certificates', () => {
  let obolus;
  let others;
  before(async () => {
    others = makeCertificates(path.join(mkdtempSync(path.join(os.tmpdir(), 'obolus-pki-')), 'c'));
    obolus = await Obolus.start({ tls: true, reload_interval_s: 1 });
  });
  after(async () => {
    await obolus.stop();
    rmSync(path.dirname(others), { recursive: true, force: true });
  });

  function put(name, from = others) {
    const target = path.join(obolus.certs, name);
    copyFileSync(path.join(from, name), `${target}.new`);
    renameSync(`${target}.new`, target);
  }

  test('expire in as many seconds as the metric says', async () => {
    const left = await obolus.metric('obolus_certificate_expires_seconds', {
      setting: 'shopper.tls.certificate',
    });
    assert.ok(left > 89 * 86_400 && left < 91 * 86_400, String(left));
  });

  test('`obolus check` says until when they are good, and that the name is right', () => {
    const { stdout } = obolus.cli('check');
    assert.match(stdout, /ok {4}commerce\.tls\.certificate .*CN=localhost ends at .* in 89 days/);
    assert.match(stdout, /ok {4}shopper\.tls\.key .* fits/);
    assert.doesNotMatch(stdout, /FAIL .*tls/);
  });

  test('`obolus check` fails for a certificate that does not name public_url', () => {
    const { stdout, status } = obolus.cli('check', '--set', 'public_url=https://pay.example');
    assert.match(stdout, /FAIL {2}shopper\.tls\.certificate .* does not name pay\.example/);
    assert.equal(status, 1);
  });

  test('a key that others may read is refused, and what was there goes on', async () => {
    const key = path.join(obolus.certs, 'obolus-server.key');
    chmodSync(key, 0o644);
    const { stdout, status } = obolus.cli('reload');
    assert.equal(status, 1);
    assert.match(stdout, /FAIL {2}commerce_tls: .*open to others/);
    await obolus.openPayment();
    assert.equal(await obolus.metric('obolus_reload_failed', { step: 'commerce_tls' }), 1);
    chmodSync(key, 0o600);
    assert.equal(obolus.cli('reload').status, 0);
    assert.equal(await obolus.metric('obolus_reload_failed', { step: 'commerce_tls' }), 0);
  });

  test('half of a pair is not taken; the whole is, without anybody asking', async () => {
    const before = await presented(obolus.ports.shopper);
    put('obolus-server.pem');
    await obolus.process.event('reload_failed');
    assert.equal(await presented(obolus.ports.shopper), before);
    put('obolus-server.key');
    await until('the new one', async () => (await presented(obolus.ports.shopper)) !== before);
  });

  test('SIGHUP takes a new authority, and the old clients are strangers', async () => {
    const options = { body: { type: 'payment' }, documented: false };
    put('ca.pem');
    process.kill(obolus.process.pid, 'SIGHUP');
    await until('the new authority', () =>
      obolus.commerce('POST', '/sessions', options).then(
        () => false,
        () => true,
      ),
    );
    for (const half of ['pem', 'key']) put(`commerce-client.${half}`);
    assert.equal((await obolus.commerce('POST', '/sessions', options)).status, 201);
  });

  test('the bridge must speak TLS 1.3 unless the configuration says otherwise', async () => {
    const old = https.createServer(
      { ...identity(others, 'bridge-server'), maxVersion: 'TLSv1.2' },
      (_, response) => response.writeHead(204).end(),
    );
    await new Promise((resolve) => old.listen(0, '127.0.0.1', resolve));
    const checked = async (version) => {
      const url = `https://localhost:${old.address().port}/events`;
      const settings = [`bridge.url=${url}`, `bridge.min_version=${version}`];
      const { stdout } = await promisify(execFile)(programPath('obolus'), [
        ...['check', '--config', obolus.configFile],
        ...settings.flatMap((setting) => ['--set', setting]),
      ]).catch((failed) => failed);
      return /bridge https\S+ answers/.test(stdout);
    };
    const outcomes = [await checked('1.3'), await checked('1.2')];
    old.closeAllConnections();
    old.close();
    assert.deepEqual(outcomes, [false, true]);
  });

  test('who was refused in the handshake stands in metrics and in the audit log', async () => {
    const client = identity(obolus.certs, 'stranger-client');
    const refused = new Promise((resolve) => {
      const socket = tls.connect({
        ...client,
        port: obolus.ports.commerce,
        host: '127.0.0.1',
        servername: 'localhost',
      });
      socket.on('error', resolve);
      socket.on('close', resolve);
    });
    await refused;
    const labels = { listener: 'commerce', reason: 'untrusted' };
    await until('its count', async () =>
      (await obolus.metric('obolus_tls_handshakes_refused_total', labels)) >= 1,
    );
    const log = path.join(obolus.configuration.data_dir, 'audit', 'audit.jsonl');
    await until('its record', () =>
      readFileSync(log, 'utf8').includes('client_certificate_refused'),
    );
  });
});
