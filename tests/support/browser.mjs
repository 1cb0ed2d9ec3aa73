// A headless Chromium that trusts the certificates of one stack and no others: by the hashes of
// their public keys, in a profile of its own that goes with it.
import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';

const kPlaces = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'];

function keyHash(file) {
  const { publicKey } = new X509Certificate(readFileSync(file));
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('base64');
}

export function chromiumPath() {
  const found = kPlaces.find((place) => place && existsSync(place));
  if (!found) throw new Error('no Chromium found: run tools/setup, or set CHROMIUM');
  return found;
}

// Arguments for a browser that trusts the keys of those PEM files, whatever the host name, and for
// which names under .example lead to this machine.
export function trustOf(certificates) {
  return [
    `--ignore-certificate-errors-spki-list=${certificates.map(keyHash).join(',')}`,
    '--host-resolver-rules=MAP *.example 127.0.0.1',
  ];
}

// {context, close}. `certificates`: PEM files whose keys are trusted, whatever the host name; names
// under .example lead to this machine.
export async function openBrowser(certificates = []) {
  const profile = mkdtempSync(path.join(os.tmpdir(), 'obolus-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath(),
    chromiumSandbox: process.getuid() !== 0,
    args: trustOf(certificates),
    viewport: { width: 1280, height: 900 },
  });
  const close = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { context, close };
}
