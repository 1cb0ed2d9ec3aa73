// The shopper listener by HTTP/2: what a well-behaved client gets is what it gets by HTTP/1.1, and
// what two programs could read differently is refused.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import path from 'node:path';
import tls from 'node:tls';
import { after, before, describe, test } from 'node:test';
import { get, headerBlock, kCode, kFlag, kType, RawHttp2, setting } from './frames.mjs';
import { until } from '../support/client.mjs';
import { Obolus } from '../support/obolus.mjs';
import { run } from '../support/processes.mjs';

const kScript = '/client/v1/obolus.js';

let obolus;
let ca;
let key;
before(async () => {
  obolus = await Obolus.start({ tls: true });
  ca = readFileSync(path.join(obolus.certs, 'ca.pem'));
  key = (await obolus.openPayment()).session_key;
});
after(async () => assert.deepEqual(await obolus.stop(), { code: 0, signal: null }));

const connect = () => http2.connect(`https://localhost:${obolus.ports.shopper}`, { ca });
const raw = (options) => RawHttp2.connect(obolus.ports.shopper, ca, options);

function ask(session, headers, body) {
  const request = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) request.end(body);
  return new Promise((resolve, reject) => {
    const answer = { chunks: [] };
    request.on('response', (fields) => (answer.headers = fields));
    request.on('data', (chunk) => answer.chunks.push(chunk));
    request.on('error', reject);
    request.on('close', () =>
      resolve({ ...answer, text: Buffer.concat(answer.chunks).toString() }),
    );
  });
}

describe('HTTP/2 for shoppers', { concurrency: 4 }, () => {
  test('clients that offer it get it, and the others get HTTP/1.1', async () => {
    const chosen = async (protocols) => {
      const socket = tls.connect({
        host: '127.0.0.1',
        port: obolus.ports.shopper,
        ca,
        servername: 'localhost',
        ALPNProtocols: protocols,
      });
      await once(socket, 'secureConnect');
      socket.destroy();
      return socket.alpnProtocol;
    };
    assert.equal(await chosen(['http/1.1', 'h2']), 'h2');
    assert.equal(await chosen(['http/1.1']), 'http/1.1');
    assert.equal(await chosen(undefined), false);
    await assert.rejects(chosen(['spdy/3']));
  });

  test('an answer is the same by both, but for what belongs to the connection', async () => {
    const session = connect();
    for (const target of [`/sessions/${key}`, kScript, '/nowhere', '/sessions/unknown']) {
      const second = await ask(session, { ':path': target });
      const first = await obolus.shopper('GET', target, { documented: false });
      assert.equal(second.headers[':status'], first.status, target);
      const masked = (text) => text.replace(/urn:request:[\w-]+/, 'urn:request:…');
      assert.equal(masked(second.text), masked(first.bytes.toString()), target);
      const drop = ['connection', 'date', 'x-request-id', 'keep-alive', ':status'];
      const kept = (headers) =>
        Object.fromEntries(Object.entries(headers).filter(([name]) => !drop.includes(name)));
      assert.deepEqual(kept({ ...second.headers }), kept(first.headers), target);
    }
    session.close();
  });
});

describe('an answer by HTTP/2', { concurrency: 4 }, () => {
  test('HEAD has the length and no body', async () => {
    const session = connect();
    const { headers, text } = await ask(session, { ':method': 'HEAD', ':path': kScript });
    assert.equal(headers[':status'], 200);
    assert.ok(Number(headers['content-length']) > 1000);
    assert.equal(text, '');
    session.close();
  });

  test('a hundred requests at once are all answered on one connection', async () => {
    const session = connect();
    await once(session, 'remoteSettings');
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => ask(session, { ':path': kScript })),
    );
    const sizes = new Set(answers.map(({ text }) => text.length));
    assert.equal(sizes.size, 1);
    assert.ok(answers.every(({ headers }) => headers[':status'] === 200));
    session.close();
  });

  test('a body that is too large is answered 413, and the connection goes on', async () => {
    const session = connect();
    const headers = { ':method': 'POST', ':path': `/sessions/${key}/complete-action` };
    const { headers: answer } = await ask(session, headers, Buffer.alloc(400 * 1024, 'a'));
    assert.equal(answer[':status'], 413);
    assert.equal((await ask(session, { ':path': kScript })).headers[':status'], 200);
    session.close();
  });

  test('events come by a stream, whose end does not end the connection', async () => {
    const { session_key } = await obolus.openPayment();
    const session = connect();
    const stream = session.request({
      ':path': `/sessions/${session_key}/stream`,
      accept: 'text/event-stream',
    });
    let text = '';
    stream.setEncoding('utf8').on('data', (chunk) => (text += chunk));
    await until('the first event', () => text.includes('data:'));
    assert.equal((await ask(session, { ':path': kScript })).headers[':status'], 200);
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await until('the stream to be given up', async () => {
      return (await obolus.metric('obolus_streams_open')) === 0;
    });
    assert.equal((await ask(session, { ':path': kScript })).headers[':status'], 200);
    session.close();
  });
});

const refusedWith = async (fields, options) => {
  const client = await raw();
  client.request(1, fields, options);
  const end = await client.end(1);
  const status = client.status(1);
  client.destroy();
  return end === 'answered' ? status : `reset ${end}`;
};
const reset = `reset ${kCode.PROTOCOL_ERROR}`;
const without = (name) => get(kScript).filter(([one]) => one !== name);
const kMalformed = [
  ['a name in upper case', get(kScript, [['X-Upper', 'a']]), reset],
  ['connection', get(kScript, [['connection', 'close']]), reset],
  ['keep-alive', get(kScript, [['keep-alive', '5']]), reset],
  ['transfer-encoding', get(kScript, [['transfer-encoding', 'chunked']]), reset],
  ['upgrade', get(kScript, [['upgrade', 'h2c']]), reset],
  ['te: gzip', get(kScript, [['te', 'gzip']]), reset],
  ['a line break in a value', get(kScript, [['x-a', 'a\r\nx-b: c']]), reset],
  ['a line feed in a value', get(kScript, [['x-a', 'a\nb']]), reset],
  ['NUL in a value', get(kScript, [['x-a', 'a\0b']]), reset],
  ['a space before a value', get(kScript, [['x-a', ' b']]), reset],
  ['a space in a name', get(kScript, [['x a', 'b']]), reset],
  ['an empty name', get(kScript, [['', 'b']]), reset],
  ['no :method', without(':method'), reset],
  ['no :scheme', without(':scheme'), reset],
  ['no :path', without(':path'), reset],
  [
    'an empty :path',
    [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':path', ''],
    ],
    reset,
  ],
  ['two :path', get(kScript, [[':path', '/']]), reset],
  ['a pseudo-header after a field', [['a', 'b'], ...get(kScript)], reset],
  ['an unknown pseudo-header', [[':extra', 'b'], ...get(kScript)], reset],
  [':status', [[':status', '200'], ...get(kScript)], reset],
  ['neither authority nor host', without(':authority'), [400, reset]],
  ['a host that is not the authority', get(kScript, [['host', 'other.example']]), 400],
  ['two hosts', [...without(':authority'), ['host', 'a'], ['host', 'b']], [400, reset]],
  ['an authority with a user', [...without(':authority'), [':authority', 'a@b']], [400, reset]],
  ['a path with a space', get('/a b'), [400, reset]],
  ['a path in absolute form', get('https://localhost/x'), [400, reset]],
  ['a path of another alphabet', get('/\u00e4'), [400, reset]],
  [
    'two lengths',
    get(kScript, [
      ['content-length', '0'],
      ['content-length', '0'],
    ]),
    reset,
  ],
  ['a length with a sign', get(kScript, [['content-length', '+0']]), reset],
  ['a length and no body', get(kScript, [['content-length', '5']]), reset],
  [
    'CONNECT',
    [
      [':method', 'CONNECT'],
      [':authority', 'a:1'],
    ],
    [501, 400],
  ],
  ['a method in lower case', [[':method', 'get'], ...without(':method')], 400],
  ['TRACE', [[':method', 'TRACE'], ...without(':method')], 501],
  ['a long target', get(`/${'a'.repeat(9_000)}`), 414],
  ['too many fields', get(kScript, Array(101).fill(['x-a', 'b'])), 431],
  ['a large header', get(kScript, Array(60).fill(['x-a', 'b'.repeat(250)])), 431],
];
describe('a malformed HTTP/2 request', { concurrency: 4 }, () => {
  for (const [name, fields, expected] of kMalformed) {
    test(`${name} is refused`, async () => {
      const got = await refusedWith(fields);
      const all = [expected].flat();
      assert.ok(all.includes(got), `${got}, not ${all.join(' or ')}`);
    });
  }
});

describe('an HTTP/2 request in pieces', { concurrency: 4 }, () => {
  test('a cookie in pieces is one again, and a host for an authority is enough', async () => {
    const pieces = [
      ['cookie', 'a=b'],
      ['cookie', 'c=d'],
    ];
    const fields = [...without(':authority'), ['host', 'localhost'], ...pieces];
    assert.equal(await refusedWith(fields), 200);
  });

  test('a header in three pieces is a request like any other', async () => {
    const client = await raw();
    const block = headerBlock(get(kScript));
    client.send(kType.HEADERS, kFlag.END_STREAM, 1, block.subarray(0, 10));
    client.send(kType.CONTINUATION, 0, 1, block.subarray(10, 20));
    client.send(kType.CONTINUATION, kFlag.END_HEADERS, 1, block.subarray(20));
    assert.equal(await client.end(1), 'answered');
    client.destroy();
  });

  test('trailers are read and forgotten', async () => {
    const client = await raw();
    client.request(1, get(kScript), { end: false });
    client.request(1, [['x-trailer', 'a']]);
    assert.equal(await client.end(1), 'answered');
    assert.equal(client.status(1), 200);
    client.destroy();
  });
});

describe('an HTTP/2 client that is slow', { concurrency: 8 }, () => {
  test('a window that never opens ends its stream, and only that', async () => {
    const client = await raw({ settings: setting(4, 0) });
    client.request(1, get(kScript));
    await client.frame((one) => one.type === kType.HEADERS && one.stream === 1);
    assert.equal(await client.end(1, 60_000), kCode.CANCEL);
    client.send(kType.SETTINGS, 0, 0, setting(4, 100_000));
    client.request(3, get(kScript));
    assert.equal(await client.end(3), 'answered');
    client.destroy();
  });

  test('a request that trickles in is answered 408', async () => {
    const client = await raw();
    client.request(1, [[':method', 'POST'], ...get(`/sessions/${key}/complete-action`).slice(1)], {
      end: false,
    });
    client.send(kType.DATA, 0, 1, Buffer.from('{'));
    assert.equal(await client.end(1, 30_000), 'answered');
    assert.equal(client.status(1), 408);
    client.destroy();
  });

  test('a header that does not end is closed upon', async () => {
    const client = await raw();
    client.send(kType.HEADERS, kFlag.END_STREAM, 1, headerBlock(get(kScript)));
    assert.ok(await client.isClosed(30_000));
    assert.equal(client.goaway?.code, kCode.ENHANCE_YOUR_CALM);
  });

  test('a client that says nothing is closed upon', async () => {
    const client = await raw({ preface: '' });
    assert.ok(await client.isClosed(30_000));
  });
});

describe('beside HTTP/2', () => {
  test('no upgrade from HTTP/1.1 is offered', async () => {
    const headers = { connection: 'upgrade, http2-settings', upgrade: 'h2c', 'http2-settings': '' };
    const answer = await obolus.shopper('GET', kScript, { headers, documented: false });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.upgrade, undefined);
  });

  test('curl speaks it', () => {
    const url = `https://localhost:${obolus.ports.shopper}/sessions/${key}`;
    const args = ['-sS', '--http2', '--cacert', path.join(obolus.certs, 'ca.pem')];
    const format = '\\n%{http_version} %{http_code}';
    const { status, stdout } = run('curl', [...args, '-w', format, url]);
    assert.equal(status, 0);
    assert.ok(stdout.endsWith('\n2 200'), stdout.slice(-40));
  });
});

test('a server that stops sends GOAWAY and loses no request on the way', async () => {
  const other = await Obolus.start({ tls: true });
  const trust = readFileSync(path.join(other.certs, 'ca.pem'));
  const client = await RawHttp2.connect(other.ports.shopper, trust);
  client.answersPings = false;
  client.request(1, get(kScript));
  assert.equal(await client.end(1), 'answered');
  const stopped = other.stop();
  const notice = await client.frame((one) => one.type === kType.GOAWAY);
  assert.equal(notice.payload.readUInt32BE(0), 0x7fffffff, 'nothing is refused yet');
  client.request(3, get(kScript)); // on its way when the notice came
  assert.equal(await client.end(3), 'answered');
  const ping = await client.frame((one) => one.type === kType.PING);
  client.send(kType.PING, kFlag.ACK, 0, ping.payload);
  const last = await client.frame(
    (one) => one.type === kType.GOAWAY && one.payload.readUInt32BE(0) !== 0x7fffffff,
  );
  assert.equal(last.payload.readUInt32BE(0), 3);
  assert.equal(last.payload.readUInt32BE(4), kCode.NO_ERROR);
  assert.ok(await client.isClosed());
  assert.deepEqual(await stopped, { code: 0, signal: null });
});

test('more requests than may be are answered 503, and their connection goes on', async () => {
  const other = await Obolus.start({ tls: true, shopper: { max_requests: 1 } });
  const trust = readFileSync(path.join(other.certs, 'ca.pem'));
  const { session_key } = await other.openPayment();
  const session = http2.connect(`https://localhost:${other.ports.shopper}`, { ca: trust });
  await once(session, 'remoteSettings');
  const target = { ':path': `/sessions/${session_key}` };
  const answers = await Promise.all(Array.from({ length: 90 }, () => ask(session, target)));
  const statuses = answers.map(({ headers }) => headers[':status']);
  assert.ok(statuses.includes(200), 'some are served');
  assert.ok(statuses.includes(503), 'some are not');
  assert.deepEqual([...new Set(statuses)].sort(), [200, 503]);
  const shed = answers.find(({ headers }) => headers[':status'] === 503);
  assert.equal(shed.headers['retry-after'], '1');
  assert.equal((await ask(session, target)).headers[':status'], 200);
  session.close();
  assert.deepEqual(await other.stop(), { code: 0, signal: null });
});
