// HTTP/2 frame by frame (RFC 9113 §4), for what no well-behaved client sends: a TLS connection that
// writes exactly the frames it is told to, and keeps what comes back. Headers are HPACK literals
// without Huffman or index (RFC 7541 §6.2.2). No dependency beyond Node.
import tls from 'node:tls';

export const kType = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
};
export const kFlag = { END_STREAM: 1, ACK: 1, END_HEADERS: 4, PADDED: 8, PRIORITY: 32 };
export const kCode = {
  NO_ERROR: 0,
  PROTOCOL_ERROR: 1,
  FLOW_CONTROL_ERROR: 3,
  STREAM_CLOSED: 5,
  FRAME_SIZE_ERROR: 6,
  REFUSED_STREAM: 7,
  CANCEL: 8,
  COMPRESSION_ERROR: 9,
  ENHANCE_YOUR_CALM: 11,
};
export const kPreface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export function frame(type, flags, stream, payload = Buffer.alloc(0)) {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream >>> 0, 5);
  return Buffer.concat([head, payload]);
}

export function uint32(...numbers) {
  const bytes = Buffer.alloc(4 * numbers.length);
  numbers.forEach((number, index) => bytes.writeUInt32BE(number >>> 0, 4 * index));
  return bytes;
}

export function setting(id, value) {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(id, 0);
  bytes.writeUInt32BE(value, 2);
  return bytes;
}

// An HPACK integer with a prefix of so many bits (RFC 7541 §5.1).
function integer(value, bits, first = 0) {
  const most = (1 << bits) - 1;
  if (value < most) return Buffer.from([first | value]);
  const bytes = [first | most];
  for (value -= most; value >= 128; value = Math.floor(value / 128))
    bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

function text(value) {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value, 'latin1');
  return Buffer.concat([integer(bytes.length, 7), bytes]);
}

// [[name, value], …] as literals; `indexed`: which go into the dynamic table.
export function headerBlock(fields, indexed = false) {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [Buffer.from([indexed ? 0x40 : 0]), text(name), text(value)]),
  );
}

export function get(path, more = []) {
  return [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':path', path],
    [':authority', 'localhost'],
    ...more,
  ];
}

export class RawHttp2 {
  // Connected, with preface and SETTINGS sent.
  static async connect(port, ca, { settings = Buffer.alloc(0), preface = kPreface } = {}) {
    const raw = new RawHttp2();
    raw.socket = tls.connect({
      host: '127.0.0.1',
      port,
      ca,
      servername: 'localhost',
      ALPNProtocols: ['h2'],
    });
    raw.closed = new Promise((resolve) => raw.socket.once('close', resolve)).then(() => {
      raw.ended = true;
    });
    raw.socket.on('error', (error) => (raw.error = error));
    raw.socket.on('end', () => (raw.ended = true));
    raw.socket.on('data', (bytes) => raw.#take(bytes));
    await new Promise((resolve, reject) => {
      raw.socket.once('secureConnect', resolve).once('error', reject);
    });
    if (preface) {
      raw.socket.write(preface);
      raw.send(kType.SETTINGS, 0, 0, settings);
      // Our own SETTINGS ACK would come between the frames of a test otherwise.
      await raw.frame(({ type, flags }) => type === kType.SETTINGS && !(flags & kFlag.ACK));
    }
    return raw;
  }

  frames = [];
  counts = {};
  ended = false;
  #rest = Buffer.alloc(0);
  #waiting = [];

  #take(bytes) {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= 9) {
      const size = this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < 9 + size) break;
      const [type, flags] = [this.#rest[3], this.#rest[4]];
      const stream = this.#rest.readUInt32BE(5) & 0x7fffffff;
      const one = { type, flags, stream, payload: this.#rest.subarray(9, 9 + size) };
      this.#rest = this.#rest.subarray(9 + size);
      this.counts[type] = (this.counts[type] ?? 0) + 1;
      if (this.frames.length < 5_000) this.frames.push(one);
      if (type === kType.GOAWAY) this.goaway = { code: one.payload.readUInt32BE(4), frame: one };
      if (type === kType.SETTINGS && !(flags & kFlag.ACK)) this.send(kType.SETTINGS, kFlag.ACK, 0);
      if (type === kType.PING && !(flags & kFlag.ACK) && this.answersPings) {
        this.send(kType.PING, kFlag.ACK, 0, one.payload);
      }
      this.#waiting = this.#waiting.filter(({ wanted, resolve }) => !wanted(one) || resolve(one));
    }
  }

  answersPings = true;

  // False when the connection is over.
  write(bytes) {
    if (this.ended || this.socket.destroyed || !this.socket.writable) return false;
    this.socket.write(bytes);
    return true;
  }

  send(type, flags, stream, payload) {
    return this.write(frame(type, flags, stream, payload));
  }

  request(stream, fields, { end = true, indexed = false } = {}) {
    const flags = kFlag.END_HEADERS | (end ? kFlag.END_STREAM : 0);
    return this.send(kType.HEADERS, flags, stream, headerBlock(fields, indexed));
  }

  // Until what was written has left this process, or the connection is over.
  async flushed() {
    while (this.socket.writableLength > 0 && !this.ended && !this.socket.destroyed) {
      await new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer);
          this.socket.off('drain', done);
          resolve();
        };
        const timer = setTimeout(done, 50);
        this.socket.on('drain', done);
      });
    }
    await new Promise(setImmediate);
  }

  // The first frame, of those to come and those that came, for which `wanted` is true.
  frame(wanted, timeoutMs = 10_000) {
    const seen = this.frames.find(wanted);
    if (seen) return Promise.resolve(seen);
    return new Promise((resolve, reject) => {
      const give = (one) => (clearTimeout(timer), resolve(one), false);
      const timer = setTimeout(
        () => reject(new Error(`no such frame; there were ${JSON.stringify(this.counts)}`)),
        timeoutMs,
      );
      this.#waiting.push({ wanted, resolve: give });
    });
  }

  // The end of that stream: 'answered', or the code of its RST_STREAM.
  async end(stream, timeoutMs) {
    const last = await this.frame(
      (one) =>
        one.stream === stream &&
        (one.type === kType.RST_STREAM || (one.type <= 1 && (one.flags & kFlag.END_STREAM) !== 0)),
      timeoutMs,
    );
    return last.type === kType.RST_STREAM ? last.payload.readUInt32BE(0) : 'answered';
  }

  // The status of an answer: its header's first field, a literal or of the static table.
  status(stream) {
    const head = this.frames.find((one) => one.stream === stream && one.type === kType.HEADERS);
    if (!head) return undefined;
    const known = { 8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500 };
    const [first] = head.payload;
    if (first >= 0x80) return known[first & 0x7f];
    return Number(decodeText(head.payload.subarray(1)));
  }

  // True when the connection is over within that time.
  async isClosed(timeoutMs = 10_000) {
    const timer = new Promise((resolve) => setTimeout(resolve, timeoutMs, false));
    return Promise.race([this.closed.then(() => true), timer]);
  }

  destroy() {
    this.socket.destroy();
  }
}

// Digits as HPACK sends them, plain or in Huffman's code (RFC 7541 B: '0' to '2' are 5 bits of 0 to
// 2, '3' to '9' are 6 bits of 0x19 to 0x1f).
function decodeText(bytes) {
  const size = bytes[0] & 0x7f;
  const body = bytes.subarray(1, 1 + size);
  if ((bytes[0] & 0x80) === 0) return body.toString('latin1');
  let bits = [...body].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  let digits = '';
  while (bits.length >= 5) {
    const five = Number.parseInt(bits.slice(0, 5), 2);
    const six = Number.parseInt(bits.slice(0, 6), 2);
    if (five <= 2) digits += five;
    else if (bits.length >= 6 && six >= 0x19 && six <= 0x1f) digits += six - 0x16;
    else break;
    bits = bits.slice(five <= 2 ? 5 : 6);
  }
  return digits;
}
