// One real TLS client of the commerce listener, by node's TLS: what came of it, as one word. It
// reads until the other side ends, because under TLS 1.3 a refusal comes after the client's own
// handshake.
import tls from 'node:tls';

const kBody = JSON.stringify({ type: 'payment' });

export function openSessionRequest(headers = {}, close = true) {
  const lines = Object.entries({
    Host: 'localhost',
    'Content-Type': 'application/json',
    'Content-Length': kBody.length,
    ...(close ? { Connection: 'close' } : {}),
    ...headers,
  }).map(([key, value]) => `${key}: ${value}`);
  return `POST /sessions HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${kBody}`;
}

// {status} of an answer, or {error}. `ca`: of the server.
export function tryToOpen({ port, ca, cert, key, headers, timeoutMs = 10_000, ...options }) {
  return new Promise((resolve) => {
    let answer = '';
    let socket;
    const end = (error) => {
      const status = Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);
      resolve(status ? { status } : { error: error?.code ?? error?.message ?? 'closed' });
      socket?.destroy();
    };
    try {
      socket = tls.connect({
        host: '127.0.0.1',
        port,
        servername: 'localhost',
        ca,
        cert,
        key,
        ciphers: 'DEFAULT:@SECLEVEL=0',
        ...options,
      });
    } catch (error) {
      end(error);
      return;
    }
    socket.setTimeout(timeoutMs, () => end(new Error('timeout')));
    socket.on('secureConnect', () => socket.write(openSessionRequest(headers)));
    socket.on('data', (chunk) => (answer += chunk));
    socket.on('error', end);
    socket.on('close', () => end());
  });
}
