// Requests that two programs in a row could read differently (RFC 9112 §11.2), byte by byte: each
// with what a listener answers to the first request, before it closes. `ok`: legal, so it is
// answered like any other, and what comes behind it as well. `then`: how many answers there are in
// all, where it is not the obvious. TARGET and HOST are put in by whoever sends it.
const kCrLf = '\r\n';
const lines = (...all) => all.join(kCrLf) + kCrLf + kCrLf;

// POST to TARGET with these fields and this body.
const post = (fields, body = '') => lines('POST TARGET HTTP/1.1', 'Host: HOST', ...fields) + body;
const get = (...fields) => lines('GET TARGET HTTP/1.1', 'Host: HOST', ...fields);
const kSmuggled = 'GET /smuggled HTTP/1.1\r\nHost: HOST\r\n\r\n';
const chunked = (body, ...fields) => post(['Transfer-Encoding: chunked', ...fields], body);

const refused = (name, bytes, status = 400) => ({ name, bytes, status: [status].flat() });
const ok = (name, bytes, more = {}) => ({ name, bytes, ok: true, ...more });

const kLengths = [
  ['a plus', '+5'],
  ['a minus', '-5'],
  ['a space inside', '5 5'],
  ['a list', '5, 5'],
  ['a list that differs', '5, 6'],
  ['a trailing comma', '5,'],
  ['hexadecimal', '0x5'],
  ['an exponent', '5e0'],
  ['a fraction', '5.0'],
  ['quotes', '"5"'],
  ['nothing', ''],
  ['letters', 'five'],
  ['a letter behind', '5a'],
  ['a semicolon', '5;'],
  ['2^64', '18446744073709551616'],
  ['2^64 + 5', '18446744073709551621'],
  ['2^63', '9223372036854775808'],
  ['a NUL', '5\0'],
  ['an underscore', '5_0'],
  ['another alphabet’s digit', '\u00b5'],
].map(([what, value]) =>
  refused(`a content-length with ${what}`, post([`Content-Length: ${value}`], `hello${kSmuggled}`)),
);

const kCodings = [
  ['chunked, identity', [501, 400]],
  ['identity', [501, 400]],
  ['identity, chunked', [501, 400]],
  ['chunked, chunked', [501, 400]],
  ['gzip, chunked', [501, 400]],
  ['xchunked', [501, 400]],
  ['chunked-', [501, 400]],
  ['"chunked"', [501, 400]],
  ['chunked;q=1', [501, 400]],
  ['\u000bchunked', 400],
  ['\u000cchunked', 400],
  ['chunked\0', 400],
  ['chu\rnked', 400],
  ['', [501, 400]],
].map(([value, status]) =>
  refused(
    `transfer-encoding ${JSON.stringify(value)}`,
    post([`Transfer-Encoding: ${value}`], `0\r\n\r\n${kSmuggled}`),
    status,
  ),
);

const kChunks = [
  ['a sign', '+5\r\nhello\r\n0\r\n\r\n'],
  ['a minus', '-5\r\nhello\r\n0\r\n\r\n'],
  ['0x before it', '0x5\r\nhello\r\n0\r\n\r\n'],
  ['a space before it', ' 5\r\nhello\r\n0\r\n\r\n'],
  ['a space behind it', '5 \r\nhello\r\n0\r\n\r\n'],
  ['a tab behind it', '5\t\r\nhello\r\n0\r\n\r\n'],
  ['nothing', '\r\nhello\r\n0\r\n\r\n'],
  ['letters', 'xyz\r\nhello\r\n0\r\n\r\n'],
  ['an underscore', '0_5\r\nhello\r\n0\r\n\r\n'],
  ['a point', '5.\r\nhello\r\n0\r\n\r\n'],
  ['more than 64 bits', '10000000000000005\r\nhello\r\n0\r\n\r\n'],
  ['a hundred digits', `${'0'.repeat(99)}5g\r\nhello\r\n0\r\n\r\n`],
  ['a line feed alone', '5\nhello\r\n0\r\n\r\n'],
  ['a carriage return alone', '5\rhello\r\n0\r\n\r\n'],
  ['an extension', '5;a=b\r\nhello\r\n0\r\n\r\n'],
  ['an empty extension', '5;\r\nhello\r\n0\r\n\r\n'],
  ['a quoted line break', '5;a="\r\n"\r\nhello\r\n0\r\n\r\n'],
  ['a line feed in an extension', '5;a\nb\r\nhello\r\n0\r\n\r\n'],
  ['an extension on the last', '5\r\nhello\r\n0;a\r\n\r\n'],
  ['NUL behind it', '5\0\r\nhello\r\n0\r\n\r\n'],
].map(([what, body]) => refused(`a chunk size with ${what}`, chunked(body + kSmuggled)));

const kChunkData = [
  ['no line break behind the data', '5\r\nhello0\r\n\r\n'],
  ['more data than it said', '5\r\nhelloXX\r\n0\r\n\r\n'],
  ['a line feed behind the data', '5\r\nhello\n0\r\n\r\n'],
  ['two carriage returns behind the data', '5\r\nhello\r\r\n0\r\n\r\n'],
  ['a line feed at the end', '5\r\nhello\r\n0\r\n\n'],
  ['line feeds in the trailers', '5\r\nhello\r\n0\r\nX-A: b\n\r\n'],
  ['a folded trailer', '5\r\nhello\r\n0\r\nX-A: b\r\n c\r\n\r\n'],
  ['a space in a trailer’s name', '5\r\nhello\r\n0\r\nX A: b\r\n\r\n'],
  ['a trailer without a colon', '5\r\nhello\r\n0\r\nnothing\r\n\r\n'],
  ['a trailer', '5\r\nhello\r\n0\r\nX-Checksum: a\r\n\r\n'],
  ['content-length as a trailer', '5\r\nhello\r\n0\r\nContent-Length: 50\r\n\r\n'],
  ['transfer-encoding as a trailer', '5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['host as a trailer', '5\r\nhello\r\n0\r\nHost: other.example\r\n\r\n'],
].map(([what, body]) => refused(`a chunked body with ${what}`, chunked(body + kSmuggled)));

const kBothFramings = [
  refused('CL.TE', post(['Content-Length: 6', 'Transfer-Encoding: chunked'], `0\r\n\r\nG`)),
  refused(
    'TE.CL',
    post(['Transfer-Encoding: chunked', 'Content-Length: 3'], `8\r\nSMUGGLED\r\n0\r\n\r\n`),
  ),
  refused(
    'CL.0 beside TE',
    post(['Content-Length: 0', 'Transfer-Encoding: chunked'], `0\r\n\r\n${kSmuggled}`),
  ),
  refused(
    'TE.TE',
    post(['Transfer-Encoding: chunked', 'Transfer-Encoding: x'], `0\r\n\r\n${kSmuggled}`),
    [400, 501],
  ),
  refused(
    'TE.TE, the other way',
    post(['Transfer-Encoding: x', 'Transfer-Encoding: chunked'], `0\r\n\r\n${kSmuggled}`),
    [400, 501],
  ),
  refused(
    'chunked twice',
    post(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], `0\r\n\r\n${kSmuggled}`),
  ),
  refused('two lengths', post(['Content-Length: 5', 'Content-Length: 5'], `hello${kSmuggled}`)),
  refused(
    'two lengths that differ',
    post(['Content-Length: 5', 'Content-Length: 0'], `hello${kSmuggled}`),
  ),
  refused(
    'two lengths in two cases',
    post(['Content-Length: 0', 'CONTENT-LENGTH: 5'], `hello${kSmuggled}`),
  ),
  refused(
    'HTTP/1.0 with a transfer-encoding',
    lines('POST TARGET HTTP/1.0', 'Host: HOST', 'Transfer-Encoding: chunked') +
      `0\r\n\r\n${kSmuggled}`,
  ),
  refused(
    'a length and chunks in HTTP/1.0',
    lines('POST TARGET HTTP/1.0', 'Host: HOST', 'Content-Length: 5', 'Transfer-Encoding: chunked') +
      `0\r\n\r\n`,
  ),
];

const kFields = [
  ['a space before the colon', 'Content-Length : 5'],
  ['a tab before the colon', 'Transfer-Encoding\t: chunked'],
  ['a space before the name', ' Content-Length: 5'],
  ['a folded field', 'X-A: b\r\n Content-Length: 5'],
  ['a field folded with a tab', 'X-A: b\r\n\tTransfer-Encoding: chunked'],
  ['a folded framing', 'Transfer-Encoding:\r\n chunked'],
  ['a line feed alone', 'X-A: b\nTransfer-Encoding: chunked'],
  ['a carriage return alone', 'X-A: b\rTransfer-Encoding: chunked'],
  ['a carriage return before the break', 'X-A: b\r\r\nTransfer-Encoding: chunked'],
  ['NUL in a value', 'X-A: b\0c'],
  ['NUL in a name', 'Content-Length\0: 5'],
  ['a backspace in a value', 'X-A: b\bc'],
  ['DEL in a value', 'X-A: b\x7fc'],
  ['no colon', 'Transfer-Encoding chunked'],
  ['no name', ': chunked'],
  ['a name of another alphabet', 'Cont\u00e9nt-Length: 5'],
  ['a slash in a name', 'Content/Length: 5'],
  ['parentheses in a name', 'Content(Length): 5'],
  ['a quote in a name', '"Content-Length": 5'],
  ['an @ in a name', 'Content@Length: 5'],
].map(([what, field]) => refused(`a field with ${what}`, post([field], `0\r\n\r\n${kSmuggled}`)));

const kHosts = [
  ['no host', lines('GET TARGET HTTP/1.1')],
  ['two hosts', get('Host: other.example')],
  ['two hosts in two cases', get('hOsT: HOST')],
  ['an empty host', lines('GET TARGET HTTP/1.1', 'Host:')],
  ['a host with a path', lines('GET TARGET HTTP/1.1', 'Host: HOST/x')],
  ['a host with a user', lines('GET TARGET HTTP/1.1', 'Host: a@HOST')],
  ['a host with a space', lines('GET TARGET HTTP/1.1', 'Host: HOST other')],
  ['a host in a list', lines('GET TARGET HTTP/1.1', 'Host: HOST, other.example')],
  ['a port that is none', lines('GET TARGET HTTP/1.1', 'Host: HOST:a')],
  ['a host of another alphabet', lines('GET TARGET HTTP/1.1', 'Host: h\u00f6st')],
  ['a host with an open bracket', lines('GET TARGET HTTP/1.1', 'Host: [::1')],
  ['another host in the target', lines('GET http://other.exampleTARGET HTTP/1.1', 'Host: HOST')],
  ['a user in the target', lines('GET http://a@HOSTTARGET HTTP/1.1', 'Host: HOST')],
].map(([name, bytes]) => refused(name, bytes));

const kRequestLines = [
  ['HTTP/0.9', 'GET TARGET\r\n\r\n'],
  ['HTTP/0.9 with a version', lines('GET TARGET HTTP/0.9', 'Host: HOST'), [400, 505]],
  ['HTTP/1.2', lines('GET TARGET HTTP/1.2', 'Host: HOST'), [400, 505]],
  ['HTTP/2.0', lines('GET TARGET HTTP/2.0', 'Host: HOST'), [400, 505]],
  ['HTTP/11', lines('GET TARGET HTTP/11', 'Host: HOST')],
  ['HTTP/1.10', lines('GET TARGET HTTP/1.10', 'Host: HOST')],
  ['http/1.1', lines('GET TARGET http/1.1', 'Host: HOST')],
  ['HTTP /1.1', lines('GET TARGET HTTP /1.1', 'Host: HOST')],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400, 501, 505]],
  ['two spaces before the target', lines('GET  TARGET HTTP/1.1', 'Host: HOST')],
  ['two spaces behind the target', lines('GET TARGET  HTTP/1.1', 'Host: HOST'), [400, 505]],
  ['a tab for a space', lines('GET\tTARGET HTTP/1.1', 'Host: HOST')],
  ['a space before the method', lines(' GET TARGET HTTP/1.1', 'Host: HOST')],
  ['a space behind the version', lines('GET TARGET HTTP/1.1 ', 'Host: HOST')],
  ['a space in the target', lines('GET /a b HTTP/1.1', 'Host: HOST'), [400, 505]],
  ['a carriage return in the target', lines('GET /a\rb HTTP/1.1', 'Host: HOST')],
  ['NUL in the target', lines('GET /a\0b HTTP/1.1', 'Host: HOST')],
  ['a control character in the target', lines('GET /a\x01b HTTP/1.1', 'Host: HOST')],
  ['DEL in the target', lines('GET /a\x7fb HTTP/1.1', 'Host: HOST')],
  ['a target of another alphabet', lines('GET /\u00e4 HTTP/1.1', 'Host: HOST')],
  ['a fragment in the target', lines('GET TARGET#a HTTP/1.1', 'Host: HOST')],
  ['a relative target', lines('GET a/b HTTP/1.1', 'Host: HOST')],
  ['no target', lines('GET HTTP/1.1', 'Host: HOST')],
  ['a star for GET', lines('GET * HTTP/1.1', 'Host: HOST')],
  ['another scheme', lines('GET ftp://HOSTTARGET HTTP/1.1', 'Host: HOST')],
  ['CONNECT', lines('CONNECT other.example:443 HTTP/1.1', 'Host: HOST'), [400, 501]],
  ['TRACE', lines('TRACE TARGET HTTP/1.1', 'Host: HOST'), 501],
  ['a method in lower case', lines('get TARGET HTTP/1.1', 'Host: HOST')],
  ['a control character in the method', lines('G\x01T TARGET HTTP/1.1', 'Host: HOST')],
  ['a method with a colon', lines('GET: TARGET HTTP/1.1', 'Host: HOST')],
  ['a TLS hello', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03'],
  ['a byte order mark', `\u00ef\u00bb\u00bf${get()}`],
  ['a line feed for every break', 'GET TARGET HTTP/1.1\nHost: HOST\n\n'],
  ['a target too long', lines(`GET /${'a'.repeat(9_000)} HTTP/1.1`, 'Host: HOST'), 414],
  ['too many fields', get(...Array(101).fill('X-A: b')), 431],
  ['a large header', get(...Array(20).fill(`X-A: ${'b'.repeat(1_000)}`)), 431],
  ['an expectation', post(['Expect: 200-ok', 'Content-Length: 5'], `hello`), 417],
].map(([name, bytes, status]) => refused(name, bytes, status));

const kLegal = [
  ok('a plain request', get()),
  ok('chunks', chunked('5\r\nhello\r\n0\r\n\r\n', 'Content-Type: application/json')),
  ok('Chunked in capitals', post(['Transfer-Encoding: Chunked'], '5\r\nhello\r\n0\r\n\r\n')),
  ok('chunks with leading zeros', chunked('005\r\nhello\r\n000\r\n\r\n')),
  ok('a chunk in capitals', chunked('A\r\nhellohello\r\n0\r\n\r\n')),
  ok('a length', post(['Content-Length: 5'], 'hello')),
  ok('a length with zeros', post(['Content-Length: 005'], 'hello')),
  ok('a length of 0', post(['Content-Length: 0'])),
  ok('a body with GET', get('Content-Length: 5') + 'hello'),
  ok('an empty line before it', `\r\n${get()}`),
  ok('no space behind the colon', get('X-A:b')),
  ok('a tab behind the colon', get('X-A:\tb')),
  ok('spaces behind the value', get('X-A: b  ')),
  ok('an empty value', get('X-A:')),
  ok('a value of another alphabet', get('X-A: \u00e4')),
  ok('the target in absolute form', lines('GET http://HOSTTARGET HTTP/1.1', 'Host: HOST')),
  ok(
    'an upgrade to h2c',
    get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'),
  ),
  ok(
    'an upgrade to websocket',
    get(
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
    ),
  ),
  ok('connection: close', get('Connection: close'), { then: 1 }),
  ok('HTTP/1.0', lines('GET TARGET HTTP/1.0', 'Host: HOST'), { then: 1 }),
];

export const kCorpus = [
  ...kBothFramings,
  ...kLengths,
  ...kCodings,
  ...kChunks,
  ...kChunkData,
  ...kFields,
  ...kHosts,
  ...kRequestLines,
  ...kLegal,
];
