// Ways to make Obolus send a card where it must not go: written addresses, names whose name server
// lies, tricks in the URL, headers and answers. Each is tried against a running obolus, with traps
// on the loopback that count who connects.
import { readFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { kCards, payload } from '../support/card.mjs';
import { freePorts } from '../support/processes.mjs';
import { Obolus } from '../support/obolus.mjs';
import { makeCertificates } from '../support/stack.mjs';
import { Bridge } from '../support/bridge.mjs';
import { newApiKey } from '../support/configuration.mjs';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';

const kBody = { number: '{{ account_number }}' };

// What a name server may say of a name that the configuration allows, and must not be believed.
export const kInside = [
  '127.0.0.1',
  '127.8.8.8',
  '0.0.0.0',
  '10.0.0.1',
  '100.64.0.1',
  '169.254.169.254',
  '169.254.170.2',
  '172.16.0.1',
  '192.168.0.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:169.254.169.254',
  '64:ff9b::7f00:1',
  'fd00:ec2::254',
  'fe80::1',
  'ff02::1',
  '2002:7f00:1::',
];

function urlTricks({ allowed, trap }) {
  return [
    ['an address instead of a name', `https://127.0.0.1:${trap}/v1/x`],
    ['IPv6', `https://[::1]:${trap}/v1/x`],
    ['IPv4 in IPv6', `https://[::ffff:127.0.0.1]:${trap}/v1/x`],
    ['IPv4 in IPv6, hexadecimal', `https://[::ffff:7f00:1]:${trap}/v1/x`],
    ['all zeroes', `https://0.0.0.0:${trap}/v1/x`],
    ['one zero', `https://0:${trap}/v1/x`],
    ['one number', `https://2130706433:${trap}/v1/x`],
    ['octal', `https://0177.0.0.1:${trap}/v1/x`],
    ['hexadecimal', `https://0x7f.0.0.1:${trap}/v1/x`],
    ['hexadecimal, whole', `https://0x7f000001:${trap}/v1/x`],
    ['short', `https://127.1:${trap}/v1/x`],
    ['the metadata service', 'http://169.254.169.254/latest/meta-data/'],
    ['the metadata service by its name', 'http://metadata.google.internal/computeMetadata/v1/'],
    ['another port', `https://localhost:${trap}/v1/x`],
    ['a dot after the name', `https://localhost.:${allowed}/v1/x`],
    ['the name as user', `https://localhost:${allowed}@127.0.0.1:${trap}/v1/x`],
    ['a user', `https://x@localhost:${allowed}/v1/x`],
    ['the name as fragment', `https://127.0.0.1:${trap}/v1/x#@localhost:${allowed}/`],
    ['a backslash', `https://localhost:${allowed}\\@127.0.0.1:${trap}/v1/x`],
    ['a backslash for a slash', `https://localhost:${allowed}\\v1\\x`],
    ['a longer name', `https://localhost.evil.example:${allowed}/v1/x`],
    ['dot segments', `https://localhost:${allowed}/v1/../admin`],
    ['escaped dot segments', `https://localhost:${allowed}/v1/%2e%2e/admin`],
    ['an escaped slash', `https://localhost:${allowed}/v1%2f..%2fadmin`],
    ['two slashes', `https://localhost:${allowed}//v1/x`],
    ['a path that only begins so', `https://localhost:${allowed}/v1x`],
    ['no TLS', `http://localhost:${allowed}/v1/x`],
    ['file', 'file:///etc/passwd'],
    ['gopher', `gopher://127.0.0.1:${trap}/_x`],
    ['dict', `dict://127.0.0.1:${trap}/x`],
    ['no scheme', `//127.0.0.1:${trap}/v1/x`],
    ['a line break', `https://localhost:${allowed}/v1/x\r\nHost: evil.example`],
    ['a tab in the scheme', `ht\ttps://127.0.0.1:${trap}/`],
    ['letters that look alike', `https://ⓛocalhost:${allowed}/v1/x`],
    ['a wide dot', `https://127。0。0。1:${trap}/v1/x`],
    ['a port that wraps round', `https://localhost:${65536 + trap}/v1/x`],
  ].map(([name, url]) => ({ name: `URL: ${name}`, call: { url, body: kBody } }));
}

function callTricks({ allowed }) {
  const url = `https://localhost:${allowed}/v1/x`;
  const json = { 'content-type': 'application/json' };
  return [
    ['header: a line break in a value', { headers: { 'x-a': 'a\r\nHost: evil.example' } }],
    ['header: a line break in a name', { headers: { 'x-a: b\r\nx-c': 'd' } }],
    ['header: Host', { headers: { host: 'evil.example' } }],
    ['header: Transfer-Encoding', { headers: { 'transfer-encoding': 'chunked' } }],
    ['header: Content-Length', { headers: { 'content-length': '1' } }],
    ['header: the card', { headers: { 'x-card': '{{ account_number }}' } }],
    ['URL: the card', { url: `${url}?n={{ account_number }}` }],
    ['method: CONNECT', { method: 'CONNECT' }],
    ['method: with a line break', { method: 'POST /x HTTP/1.1\r\nX:' }],
    ['body: in a member name', { headers: json, body: '{"{{ account_number }}":1}' }],
  ].map(([name, changes]) => ({ name, call: { url, body: kBody, ...changes } }));
}

const kFine = 'HTTP/1.1 200 x\r\nContent-Length:';
const answerTricks = (trap) => [
  [
    'answer: a redirect inside',
    `HTTP/1.1 307 x\r\nLocation: https://127.0.0.1:${trap}/\r\nContent-Length: 0\r\n\r\n`,
  ],
  ['answer: HTTP/0.9', '4242424242424242 is your number\r\n'],
  [
    'answer: compressed',
    'HTTP/1.1 200 x\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc',
  ],
  ['answer: cut short', `${kFine} 99\r\n\r\nabc`],
  ['answer: too large', `${kFine} 2097152\r\n\r\n${'x'.repeat(2 ** 21)}`],
];

// Counts connections to one port on both loopbacks.
async function setTraps(port) {
  const traps = { connections: 0, servers: [] };
  for (const host of ['127.0.0.1', '::1']) {
    const server = net.createServer((socket) => {
      traps.connections++;
      socket.destroy();
    });
    await new Promise((resolve) => {
      server.once('error', resolve); // a machine without IPv6
      server.listen(port, host, resolve);
    });
    traps.servers.push(server);
  }
  return traps;
}

const listen = (server) =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));

// A processor that counts, one that answers what it is told, and traps: {allowed, odd, trap, …}.
async function openDoors(certs) {
  const read = (file) => readFileSync(path.join(certs, file));
  const identity = { cert: read('obolus-server.pem'), key: read('obolus-server.key') };
  const doors = { served: 0, rawAnswer: '' };
  const processor = https.createServer(identity, (request, response) => {
    doors.served++;
    request.resume().on('end', () => response.end('{}'));
  });
  const odd = tls.createServer(identity, (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(doors.rawAnswer));
  });
  doors.allowed = await listen(processor);
  doors.odd = await listen(odd);
  [doors.trap] = await freePorts(1);
  doors.traps = await setTraps(doors.trap);
  doors.close = () => {
    for (const server of [processor, odd, ...doors.traps.servers]) server.close();
    processor.closeAllConnections();
  };
  return doors;
}

const liar = (trap, i) => `https://n${i}.example:${trap}`;

function configurationOf({ allowed, odd, trap }, ca) {
  return {
    per_card_per_h: 1000,
    per_caller_per_s: 1000,
    timeout_ms: 3000,
    destinations: [
      { origin: `https://localhost:${allowed}`, path_prefix: '/v1/', internal: true, ca },
      { origin: `https://localhost:${odd}`, internal: true, ca },
      ...kInside.map((address, i) => ({ origin: liar(trap, i), addresses: [address], ca })),
    ],
  };
}

// Every attempt: [name, call, answers that are the destination's own and may be seen, raw answer].
function attempts(doors) {
  const none = () => false;
  const lies = kInside.map((address, i) => [
    `name server: ${address}`,
    { url: `${liar(doors.trap, i)}/`, body: kBody },
    none,
    '',
  ]);
  const tricks = [...urlTricks(doors), ...callTricks(doors)];
  const odd = { url: `https://localhost:${doors.odd}/x`, body: kBody };
  return [
    ...lies,
    ...tricks.map(({ name, call }) => [name, call, none, '']),
    ...answerTricks(doors.trap).map(([name, raw]) => [
      name,
      odd,
      ({ status }) => status === 307,
      raw,
    ]),
  ];
}

async function storedCard(obolus) {
  const { session_key, terminal_id } = await obolus.openPayment();
  await obolus.pay(session_key, payload(kCards.visa));
  const { event } = await obolus.bridge.waitFor(terminal_id, 'CardSessionCreated');
  return event.data.card_session.id;
}

// Tries everything: [{name, refused, why}].
export async function tryAll() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-forward-check-'));
  const certs = makeCertificates(path.join(folder, 'certs'));
  const doors = await openDoors(certs);
  const { traps, trap } = doors;
  const shared = { certs, apiKey: newApiKey(), bridge: await Bridge.start(certs) };
  const obolus = await Obolus.start(
    { forward: configurationOf(doors, path.join(certs, 'ca.pem')) },
    { https_proxy: `http://127.0.0.1:${trap}`, http_proxy: `http://127.0.0.1:${trap}` },
    shared,
  );
  const rows = [];
  try {
    const target = `/card-sessions/${await storedCard(obolus)}/forward`;
    const forward = (body) => obolus.commerce('POST', target, { documented: false, body });
    const honest = await forward({ url: `https://localhost:${doors.allowed}/v1/x`, body: kBody });
    if (honest.status !== 200) throw new Error(`an honest call is ${honest.status} ${honest.text}`);
    for (const [name, call, mayAnswer, raw] of attempts(doors)) {
      const before = traps.connections + doors.served;
      doors.rawAnswer = raw;
      const answer = await forward(call);
      const got = traps.connections + doors.served > before;
      const answered = answer.headers['obolus-forward'] === 'answered' && !mayAnswer(answer);
      const leaks = answer.text.includes(kCards.visa.account_number);
      rows.push({ name, refused: !got && !answered && !leaks, why: `${answer.status}` });
    }
  } finally {
    await obolus.stop();
    await shared.bridge.stop();
    doors.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
}
