// `obolus pagewatch` against a payment page that is tampered with (quality S7; PCI DSS 4.0.1, 6.4.3
// and 11.6.1): every mutation alarms, and the page as it is never does.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Hosts } from '../support/hosts.mjs';
import { kMutations, kOurMutations, shopPage } from '../support/page_mutations.mjs';
import { Obolus } from '../support/obolus.mjs';
import { programPath } from '../support/processes.mjs';
import { makeCertificates } from '../support/stack.mjs';

// {code, out}: without blocking, because this process serves the page.
export function pagewatch(...args) {
  return new Promise((resolve) => {
    const options = { timeout: 60_000 };
    execFile(programPath('obolus'), ['pagewatch', ...args], options, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, out: stdout + stderr }),
    );
  });
}

describe('obolus pagewatch', () => {
  let folder;
  let hosts;
  let ca;
  let url;
  let baseline;
  let mutate;
  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-pagewatch-'));
    const certs = makeCertificates(path.join(folder, 'certs'));
    ca = path.join(certs, 'ca.pem');
    baseline = path.join(folder, 'baseline.json');
    hosts = await Hosts.start(({ pathname }) => {
      const page = shopPage();
      mutate?.(page);
      if (pathname === '/pay') return page;
      const body = page.files[pathname];
      return body && { headers: { 'content-type': 'text/plain' }, body };
    }, certs);
    url = `${hosts.origin('localhost')}/pay`;
    const saved = await pagewatch(url, '--ca', ca, '--save', baseline);
    assert.equal(saved.code, 0, saved.out);
  });
  after(async () => {
    await hosts?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const look = async (mutation, ...more) => {
    mutate = mutation;
    try {
      return await pagewatch(url, '--ca', ca, '--inventory', baseline, ...more);
    } finally {
      mutate = undefined;
    }
  };

  test('a page that nobody changed is as expected, fifty times', async () => {
    for (let i = 0; i < 50; i++) {
      const { code, out } = await look();
      assert.equal(code, 0, out);
    }
  });

  for (const [name, mutation] of Object.entries(kMutations)) {
    test(`alarms at ${name}`, async () => {
      const { code, out } = await look(mutation);
      assert.equal(code, 1, out || 'no difference was found');
    });
  }

  test('says the same to machines', async () => {
    const { code, out } = await look(kMutations['an inline script'], '--json');
    assert.equal(code, 1);
    const report = JSON.parse(out);
    assert.deepEqual([report.url, report.same], [url, false]);
    assert.deepEqual(
      report.differences.map(({ change, kind }) => [change, kind]),
      [['new', 'inline script']],
    );
  });

  test('names no nonce and no cookie in the baseline', () => {
    const text = readFileSync(baseline, 'utf8');
    assert.ok(text.includes("'nonce-…'"));
    assert.ok(!/cart=[A-Za-z0-9+/]/.test(text), text);
  });

  test('exits 2 when nothing was compared', async () => {
    const compare = (...args) => pagewatch(...args, '--ca', ca);
    const cases = [
      compare(url),
      compare(url, '--inventory', path.join(folder, 'missing.json')),
      compare('https://localhost:1/', '--inventory', baseline),
      compare('http://shop.example/', '--inventory', baseline),
      pagewatch(url, '--inventory', baseline), // a certificate of nobody
      compare(`${hosts.origin('localhost')}/missing`, '--save', path.join(folder, 'x.json')),
    ];
    writeFileSync(path.join(folder, 'broken.json'), '{"items": [');
    cases.push(compare(url, '--inventory', path.join(folder, 'broken.json')));
    for (const one of cases) {
      const { code, out } = await one;
      assert.equal(code, 2, out);
      assert.match(out, /^obolus: /);
    }
  });
});

// A proxy before obolus that tampers with what passes.
describe('obolus pagewatch and the script inventory', () => {
  let obolus;
  let proxy;
  let mutate;
  let paths;
  let files;
  before(async () => {
    obolus = await Obolus.start();
    proxy = await Hosts.start(async ({ pathname, search }) => {
      const { status, headers, text } = await obolus.shopper('GET', pathname + search);
      delete headers['content-length'];
      const page = { status, headers, body: text, files: { ...files } };
      if (Object.values(paths).includes(pathname)) mutate?.(page);
      else if (pathname in page.files) {
        const main = await obolus.shopper('GET', paths.checkout);
        const whole = { headers: { ...main.headers }, body: main.text, files: page.files };
        mutate?.(whole);
        page.body = whole.files[pathname];
      }
      return page;
    });
    const { session_key } = await obolus.openPayment();
    const { path: start } = await obolus.openChallenge();
    const wait = await obolus.commerce('POST', '/sessions', { body: { type: '3ds' } });
    paths = {
      checkout: `/checkout/${session_key}`,
      card: `/frame/v1/${session_key}`,
      start,
      wait: new URL(wait.json.redirect_url).pathname,
    };
    files = {};
    const { pages } = (await obolus.shopper('GET', '/script-inventory.json')).json;
    for (const { url } of pages.flatMap(({ scripts }) => scripts)) {
      files[url] = (await obolus.shopper('GET', url)).text;
    }
  });
  after(async () => {
    await proxy?.stop();
    await obolus?.stop();
  });

  const look = async (page, mutation) => {
    mutate = mutation;
    try {
      return await pagewatch(proxy.origin('localhost') + paths[page]);
    } finally {
      mutate = undefined;
    }
  };

  for (const page of ['checkout', 'card', 'start', 'wait']) {
    test(`the page "${page}" is as expected, each time`, async () => {
      for (let i = 0; i < 13; i++) {
        const { code, out } = await look(page);
        assert.equal(code, 0, out);
      }
    });
  }

  for (const [name, mutation] of Object.entries(kOurMutations)) {
    test(`alarms at ${name} in the hosted page`, async () => {
      const { code, out } = await look('checkout', mutation);
      assert.equal(code, 1, out || 'no difference was found');
    });
  }

  test('alarms at other bytes of the script that encrypts the card', async () => {
    const session = Object.keys(files).find((url) => url.endsWith('/session.js'));
    const { code, out } = await look('card', (page) => {
      page.files[session] += ' steal();';
    });
    assert.equal(code, 1, out);
  });

  test('says what to do with a page that the inventory does not have', async () => {
    const { code, out } = await pagewatch(`${proxy.origin('localhost')}/script-inventory.json`);
    assert.equal(code, 2, out);
    assert.match(out, /--save FILE/);
  });
});
