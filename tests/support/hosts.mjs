// Pages of strangers for browser tests: one listener that answers for every host name, with the
// page that a test gives it, over TLS with a certificate of the test's stack or without.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';

export class Hosts {
  // `answer`: (url) => {headers, body} or {status, headers}, or undefined for 404, or a promise of
  // it; called with the whole URL that was asked for. `certs`: folder of `obolus certs dev`;
  // absent: plain HTTP.
  static async start(answer, certs) {
    const hosts = new Hosts();
    const scheme = certs ? 'https' : 'http';
    const handler = async (request, response) => {
      const page = await answer(new URL(request.url, `${scheme}://${request.headers.host}`));
      response.writeHead(page?.status ?? (page ? 200 : 404), {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        ...page?.headers,
      });
      response.end(page?.body ?? '');
    };
    const read = (file) => readFileSync(path.join(certs, file));
    hosts.server = certs
      ? https.createServer({ cert: read('shop-server.pem'), key: read('shop-server.key') }, handler)
      : http.createServer(handler);
    await new Promise((resolve) => hosts.server.listen(0, '127.0.0.1', resolve));
    hosts.scheme = scheme;
    hosts.port = hosts.server.address().port;
    return hosts;
  }

  origin(host) {
    return `${this.scheme}://${host}:${this.port}`;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
