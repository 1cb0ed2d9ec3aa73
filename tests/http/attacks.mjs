// The attacks on an HTTP/2 server that have names, and some that have none: {name, codes, run}.
// `run` sends until the connection is over, and throws when that took more frames than it should;
// `codes` are those that the GOAWAY may have.
import assert from 'node:assert/strict';
import {
  frame,
  get,
  headerBlock,
  kCode,
  kFlag,
  kType,
  RawHttp2,
  setting,
  uint32,
} from './frames.mjs';

const { ENHANCE_YOUR_CALM, PROTOCOL_ERROR, COMPRESSION_ERROR, FLOW_CONTROL_ERROR } = kCode;
const kCalm = [ENHANCE_YOUR_CALM];
const kPath = '/client/v1/obolus.js';
const kBatch = 50;

// Sends what `make(i)` gives, in batches, until the connection is over; at most `most` times.
async function flood(target, most, make, options) {
  const raw = await RawHttp2.connect(target.port, target.ca, options);
  let sent = 0;
  for (; sent < most && !raw.ended && !raw.goaway; sent += kBatch) {
    const batch = [];
    for (let i = sent; i < sent + kBatch; i++) batch.push(make(i, raw));
    if (!raw.write(Buffer.concat(batch.flat()))) break;
    await raw.flushed();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  if (sent >= most) await raw.isClosed(2_000);
  assert.ok(raw.ended || raw.goaway, `${sent} times, and it still goes on`);
  raw.sent = sent;
  return raw;
}

const id = (i) => 2 * i + 1;
const head = (stream, fields = get(kPath), flags = kFlag.END_STREAM | kFlag.END_HEADERS) =>
  frame(kType.HEADERS, flags, stream, headerBlock(fields));
const opened = (raw, stream) => {
  if (!raw.has_opened) raw.has_opened = raw.request(stream, get(kPath), { end: false });
};

export const kAttacks = [
  {
    name: 'rapid reset (CVE-2023-44487): at most 300 requests are begun',
    codes: kCalm,
    async run(target) {
      const raw = await flood(target, 3_000, (i) => [
        head(id(i)),
        frame(kType.RST_STREAM, 0, id(i), uint32(kCode.CANCEL)),
      ]);
      assert.equal(raw.goaway?.code, ENHANCE_YOUR_CALM);
      const last = raw.goaway.frame.payload.readUInt32BE(0);
      assert.ok(last < 600, `the last stream was ${last}`);
      return raw;
    },
  },
  {
    name: 'a CONTINUATION flood (CVE-2024-27316)',
    codes: kCalm,
    async run(target) {
      const raw = await RawHttp2.connect(target.port, target.ca);
      raw.send(kType.HEADERS, kFlag.END_STREAM, 1, headerBlock(get(kPath)));
      const piece = headerBlock([['x-filler', 'a'.repeat(8_000)]]);
      let sent = 0;
      while (sent < 1_000 && raw.send(kType.CONTINUATION, 0, 1, piece)) {
        sent++;
        await raw.flushed();
      }
      assert.ok(sent < 200, `${sent} pieces`);
      return raw;
    },
  },
  {
    name: 'a header of 1-byte continuations',
    codes: kCalm,
    async run(target) {
      const raw = await RawHttp2.connect(target.port, target.ca);
      const block = headerBlock(get(kPath, [['x-filler', 'a'.repeat(2_000)]]));
      raw.send(kType.HEADERS, kFlag.END_STREAM, 1, block.subarray(0, 1));
      let sent = 1;
      while (
        sent < block.length &&
        raw.send(kType.CONTINUATION, 0, 1, block.subarray(sent, sent + 1))
      ) {
        sent++;
        await raw.flushed();
      }
      assert.ok(sent < block.length, `all ${sent} pieces were taken`);
      return raw;
    },
  },
  {
    name: 'a SETTINGS flood',
    codes: kCalm,
    run: (target) => flood(target, 20_000, () => [frame(kType.SETTINGS, 0, 0, setting(3, 100))]),
  },
  {
    name: 'a flood of empty SETTINGS',
    codes: kCalm,
    run: (target) => flood(target, 20_000, () => [frame(kType.SETTINGS, 0, 0)]),
  },
  {
    name: 'a PING flood (CVE-2019-9512)',
    codes: kCalm,
    run: (target) => flood(target, 20_000, () => [frame(kType.PING, 0, 0, Buffer.alloc(8))]),
  },
  {
    name: 'a PING flood by one who does not read',
    codes: kCalm,
    async run(target) {
      const raw = await RawHttp2.connect(target.port, target.ca);
      raw.socket.pause();
      const pings = Buffer.concat(Array(kBatch).fill(frame(kType.PING, 0, 0, Buffer.alloc(8))));
      for (let i = 0; i < 1_000 && raw.write(pings); i++) await raw.flushed();
      raw.socket.resume();
      return raw;
    },
  },
  {
    name: 'a flood of empty DATA (CVE-2019-9518)',
    codes: kCalm,
    run: (target) =>
      flood(target, 20_000, (i, raw) => {
        opened(raw, 1);
        return [frame(kType.DATA, 0, 1)];
      }),
  },
  {
    name: 'DATA of padding alone',
    codes: kCalm,
    run: (target) =>
      flood(target, 20_000, (i, raw) => {
        opened(raw, 1);
        return [frame(kType.DATA, kFlag.PADDED, 1, Buffer.from([5, 0, 0, 0, 0, 0]))];
      }),
  },
  {
    name: 'a body of 1-byte DATA',
    codes: kCalm,
    run: (target) =>
      flood(target, 100_000, (i, raw) => {
        opened(raw, 1);
        return [frame(kType.DATA, 0, 1, Buffer.from('a'))];
      }),
  },
  {
    name: 'a PRIORITY flood (CVE-2019-9513)',
    codes: kCalm,
    run: (target) =>
      flood(target, 50_000, (i) => [
        frame(kType.PRIORITY, 0, id(i), Buffer.concat([uint32(id(i + 1)), Buffer.from([i & 255])])),
      ]),
  },
  {
    name: 'a flood of frames of an unknown type',
    codes: kCalm,
    run: (target) => flood(target, 50_000, () => [frame(0xfa, 0, 0, Buffer.from('hello'))]),
  },
  {
    name: 'tiny WINDOW_UPDATEs',
    codes: [ENHANCE_YOUR_CALM],
    run: (target) =>
      flood(
        target,
        50_000,
        (i, raw) => {
          if (i === 0) raw.request(1, get(kPath));
          return [frame(kType.WINDOW_UPDATE, 0, 1, uint32(1))];
        },
        { settings: setting(4, 0) },
      ),
  },
  {
    name: 'WINDOW_UPDATEs of the connection',
    codes: kCalm,
    run: (target) => flood(target, 50_000, () => [frame(kType.WINDOW_UPDATE, 0, 0, uint32(1))]),
  },
  {
    name: 'windows that overflow: resets that we are made to send (CVE-2025-8671)',
    codes: kCalm,
    async run(target) {
      const raw = await flood(target, 3_000, (i) => [
        head(id(i), get(kPath), kFlag.END_HEADERS),
        frame(kType.WINDOW_UPDATE, 0, id(i), uint32(0x7fffffff)),
      ]);
      assert.equal(raw.goaway?.code, ENHANCE_YOUR_CALM);
      assert.ok(raw.goaway.frame.payload.readUInt32BE(0) < 600);
      return raw;
    },
  },
  {
    name: 'bodies of another length than they said: resets that we are made to send',
    codes: kCalm,
    async run(target) {
      const fields = [[':method', 'POST'], ...get('/sessions').slice(1), ['content-length', '5']];
      const raw = await flood(target, 3_000, (i) => [
        head(id(i), fields, kFlag.END_HEADERS),
        frame(kType.DATA, kFlag.END_STREAM, id(i), Buffer.from('123')),
      ]);
      assert.equal(raw.goaway?.code, ENHANCE_YOUR_CALM);
      return raw;
    },
  },
  {
    name: 'more streams than may be, again and again',
    codes: [ENHANCE_YOUR_CALM, PROTOCOL_ERROR],
    run: (target) => flood(target, 5_000, (i) => [head(id(i), get(kPath), kFlag.END_HEADERS)]),
  },
  {
    name: 'an HPACK bomb: a large field, and thousands of references to it',
    codes: [ENHANCE_YOUR_CALM, COMPRESSION_ERROR, PROTOCOL_ERROR],
    async run(target) {
      const fields = get(kPath, [['x-bomb', 'b'.repeat(3_900)]]);
      const block = Buffer.concat([
        headerBlock(fields, true),
        Buffer.alloc(12_000, 0x80 | 62), // the newest entry of the dynamic table
      ]);
      const raw = await flood(target, 500, (i) => [
        frame(kType.HEADERS, kFlag.END_STREAM | kFlag.END_HEADERS, id(i), block),
      ]);
      return raw;
    },
  },
  {
    name: 'requests that are refused, again and again',
    codes: kCalm,
    run: (target) =>
      flood(target, 5_000, (i) => [head(id(i), get(kPath, [['host', 'other.example']]))]),
  },
  {
    name: 'stream numbers that run out',
    codes: [kCode.NO_ERROR],
    async run(target) {
      const raw = await RawHttp2.connect(target.port, target.ca);
      raw.request(0x7fffffff, get(kPath));
      assert.equal(await raw.end(0x7fffffff), 'answered');
      return raw;
    },
  },
  {
    name: 'headers for a stream that has ended, again and again',
    codes: [ENHANCE_YOUR_CALM, kCode.STREAM_CLOSED],
    run: (target) => flood(target, 5_000, () => [head(1)]),
  },
  {
    name: 'a window beyond its end',
    codes: [FLOW_CONTROL_ERROR],
    async run(target) {
      const raw = await RawHttp2.connect(target.port, target.ca);
      raw.send(kType.WINDOW_UPDATE, 0, 0, uint32(0x7fffffff));
      return raw;
    },
  },
  {
    name: 'another preface',
    codes: [PROTOCOL_ERROR],
    async run(target) {
      const raw = await RawHttp2.connect(target.port, target.ca, { preface: '' });
      raw.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      return raw;
    },
  },
];
