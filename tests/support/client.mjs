// A small HTTP client for tests: the exact status, headers and bytes, with or without a client
// certificate, a fresh connection each time unless an agent is given.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

// The TLS options of one of the certificates that `obolus certs dev` made; `name` null: none.
export function identity(certs, name) {
  const read = (file) => readFileSync(path.join(certs, file));
  const ca = read('ca.pem');
  return name ? { ca, cert: read(`${name}.pem`), key: read(`${name}.key`) } : { ca };
}

// {status, headers, bytes, text, json} of one request. `body`: string, Buffer, or a value sent as
// JSON.
export function request(
  url,
  { method = 'GET', headers = {}, body, tls = {}, timeoutMs = 15_000, agent } = {},
) {
  const isText = typeof body === 'string' || Buffer.isBuffer(body);
  const bytes = body === undefined ? undefined : Buffer.from(isText ? body : JSON.stringify(body));
  const sent = { ...headers };
  const named = Object.keys(sent).map((name) => name.toLowerCase());
  if (bytes && !isText && !named.includes('content-type'))
    sent['content-type'] = 'application/json';
  if (bytes && !named.includes('content-length')) sent['content-length'] = bytes.length;
  const module = url.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    const call = module.request(
      url,
      { method, headers: sent, agent: agent ?? false, family: 4, ...tls },
      (answer) => {
        const chunks = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => resolve(new Answer(answer, Buffer.concat(chunks))));
      },
    );
    call.setTimeout(timeoutMs, () =>
      call.destroy(new Error(`${method} ${url}: no answer in ${timeoutMs} ms`)),
    );
    call.on('error', reject);
    call.end(bytes);
  });
}

class Answer {
  constructor({ statusCode, headers }, bytes) {
    Object.assign(this, { status: statusCode, headers, bytes });
  }

  get text() {
    const packed = this.headers['content-encoding'] === 'gzip' && this.bytes.length > 0;
    return (packed ? gunzipSync(this.bytes) : this.bytes).toString('utf8');
  }

  get json() {
    return JSON.parse(this.text);
  }
}

// Calls `probe` until it returns something truthy, and returns that.
export async function until(what, probe, { timeoutMs = 10_000, everyMs = 20 } = {}) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
