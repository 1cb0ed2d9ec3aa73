// What the shopper's browser gets: pages in its language, locked down by their headers; scripts by
// addresses that never change their bytes; gzip; and what tells an auditor which scripts there are.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { Obolus } from '../support/obolus.mjs';

const integrityOf = (bytes) => `sha384-${createHash('sha384').update(bytes).digest('base64')}`;

// {name: value} of every script with an address in a page.
function scriptsOf(html) {
  return [...html.matchAll(/<script ([^>]*src=[^>]*)>/g)].map(([, attributes]) =>
    Object.fromEntries(
      [...attributes.matchAll(/([\w-]+)(?:="([^"]*)")?/g)].map(([, name, value]) => [name, value]),
    ),
  );
}

function directives(answer) {
  const policy = answer.headers['content-security-policy'];
  return Object.fromEntries(
    policy.split('; ').map((directive) => {
      const [name, ...sources] = directive.split(' ');
      return [name, sources];
    }),
  );
}

describe('the pages for a browser', () => {
  let obolus;
  before(async () => {
    obolus = await Obolus.start();
  });
  after(() => obolus.stop());

  const get = (target, headers = {}) => obolus.shopper('GET', target, { headers });

  async function openTds(body) {
    const answer = await obolus.commerce('POST', '/sessions', { body: { type: '3ds', ...body } });
    assert.equal(answer.status, 201, answer.text);
    return answer.json;
  }

  async function everyPage() {
    const { session_key } = await obolus.openPayment({ merchant: { name: 'Shop', origins: [] } });
    const challenge = { acs_url: 'https://acs.example/c', creq: 'e30' };
    const start = await openTds({ challenge });
    const wait = await openTds({});
    const path = ({ redirect_url }) => new URL(redirect_url).pathname;
    return {
      card: await get(`/frame/v1/${session_key}`),
      checkout: await get(`/checkout/${session_key}`),
      start: await get(path(start)),
      wait: await get(path(wait)),
      end: await get('/3ds/tds_x'),
    };
  }

  test('carry the headers of the inventory, with a nonce of their own', async () => {
    const { pages } = (await get('/script-inventory.json')).json;
    const nonces = new Set();
    for (const [name, answer] of Object.entries(await everyPage())) {
      const expected = pages.find(({ page }) => page === name);
      const [, nonce] = /style-src 'nonce-([^']+)'/.exec(answer.headers['content-security-policy']);
      assert.equal(Buffer.from(nonce, 'base64').length, 16);
      nonces.add(nonce);
      for (const [header, value] of Object.entries(expected.headers)) {
        const filled = value
          .replaceAll('{{nonce}}', nonce)
          .replaceAll('{{acs}}', 'https://acs.example');
        const [before, after] = filled.split('{{ancestors}}');
        const given = answer.headers[header.toLowerCase()];
        assert.ok(given.startsWith(before) && given.endsWith(after ?? ''), `${name}: ${given}`);
      }
      assert.equal(answer.headers['set-cookie'], undefined);
      assert.ok(!answer.text.includes('{{'), name);
      assert.deepEqual(
        scriptsOf(answer.text).map(({ src, integrity }) => ({ src, integrity })),
        expected.scripts
          .filter(({ imported_by }) => !imported_by)
          .map(({ url, integrity }) => ({ src: url, integrity })),
      );
      for (const script of scriptsOf(answer.text)) assert.equal(script.nonce, nonce);
    }
    assert.equal(nonces.size, 5, 'a nonce was used twice');
  });

  test('load scripts whose bytes are what the page says, for ever', async () => {
    for (const [name, answer] of Object.entries(await everyPage())) {
      for (const { src, integrity } of scriptsOf(answer.text)) {
        const script = await get(src);
        assert.equal(script.status, 200, `${name}: ${src}`);
        assert.equal(integrityOf(script.bytes), integrity);
        assert.equal(script.headers['cache-control'], 'public, max-age=31536000, immutable');
        const old = src.replace(/\/[0-9a-f]{16}\//, '/0123456789abcdef/');
        assert.equal((await get(old)).status, 404);
      }
    }
  });

  test('may be framed by the shops of their session and by nobody else', async () => {
    const origins = ['https://a.example', 'https://b.example:8443'];
    const { session_key, terminal_id } = await obolus.openPayment({ merchant: { origins } });
    const frame = await get(`/frame/v1/${session_key}`);
    assert.deepEqual(directives(frame)['frame-ancestors'], ["'self'", ...origins]);
    assert.equal(frame.headers['cross-origin-resource-policy'], 'cross-origin');
    const tds = await openTds({ terminal_id });
    const wait = await get(new URL(tds.redirect_url).pathname);
    assert.deepEqual(directives(wait)['frame-ancestors'], ["'self'", ...origins]);
    const checkout = await get(`/checkout/${session_key}`);
    assert.deepEqual(directives(checkout)['frame-ancestors'], ["'none'"]);
  });

  test('speak the language of the address, the session, the browser, or English', async () => {
    const german = await obolus.openPayment({ locale: 'de-AT' });
    const any = await obolus.openPayment();
    const dutch = { 'accept-language': 'nl-BE;q=0.9, en;q=0.8' };
    for (const [key, query, headers, language] of [
      [german.session_key, '?locale=ar-EG', dutch, 'ar'],
      [german.session_key, '', dutch, 'de'],
      [any.session_key, '', dutch, 'nl'],
      [any.session_key, '?locale=xx', { 'accept-language': 'zh-Hans-CN' }, 'zh'],
      [any.session_key, '?locale=%22%3E%3Cscript%3E', {}, 'en'],
    ]) {
      for (const folder of ['/frame/v1', '/checkout']) {
        const answer = await get(`${folder}/${key}${query}`, headers);
        assert.equal(answer.headers['content-language'], language);
        assert.match(answer.headers.vary, /Accept-Language/);
        const dir = language === 'ar' ? 'rtl' : 'ltr';
        assert.ok(answer.text.includes(`<html lang="${language}" dir="${dir}"`), answer.text);
        assert.ok(!answer.text.includes('"><script>'));
      }
    }
    const texts = await get('/frame/v1/texts/no.json');
    assert.equal(texts.headers['content-language'], 'nb');
    assert.ok(texts.json['frame.number.label']);
  });

  test('come gzipped when the browser takes that, and plain when it does not', async () => {
    const { session_key } = await obolus.openPayment();
    for (const target of ['/client/v1/obolus.js', '/frame/v1/texts/de.json', '/checkout/x']) {
      const plain = await get(target, { 'accept-encoding': 'gzip;q=0' });
      const packed = await get(target, { 'accept-encoding': 'br, gzip;q=0.5' });
      assert.equal(plain.headers['content-encoding'], undefined);
      assert.equal(packed.headers['content-encoding'], 'gzip');
      assert.match(packed.headers.vary, /Accept-Encoding/);
      assert.ok(packed.bytes.length < plain.bytes.length);
      const blank = ({ text }) => text.replace(/nonce="[^"]+"/g, '');
      assert.equal(blank(packed), blank(plain));
    }
    const frame = await get(`/frame/v1/${session_key}`, { 'accept-encoding': 'gzip' });
    assert.ok(frame.bytes.length < 8_000, `${frame.bytes.length} bytes`);
  });

  test('tell a shop which library there is and how to pin it', async () => {
    const { version, files } = (await get('/client/v1/manifest.json')).json;
    assert.match(version, /^\d+\.\d+\.\d+$/);
    for (const name of ['obolus.js', 'obolus.mjs', 'element.js', 'challenge.js'])
      assert.ok(files.some((file) => file.name === name));
    for (const { path, url, integrity } of files) {
      const [now, pinned] = [await get(path), await get(url)];
      assert.equal(integrityOf(now.bytes), integrity);
      assert.deepEqual(now.bytes, pinned.bytes);
      const again = await get(path, { 'if-none-match': now.headers.etag });
      assert.deepEqual([again.status, again.bytes.length], [304, 0]);
    }
  });
});
