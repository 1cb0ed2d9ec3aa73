// Commerce's event bridge for campaigns of many events: remembers of each event a digest of its
// bytes, and checks the order within each session, which the events' `subject` names and whose
// events say {"n": 0}, {"n": 1}, … Refuses a few at random, as a bridge may.
import { createHash } from 'node:crypto';
import https from 'node:https';
import { identity } from './client.mjs';

const kRefused = 0.005;

export class EventSink {
  static async start(certs) {
    const sink = new EventSink();
    const options = {
      ...identity(certs, 'bridge-server'),
      requestCert: true,
      rejectUnauthorized: true,
    };
    sink.server = https.createServer(options, (request, response) => {
      const chunks = [];
      request.on('error', () => undefined);
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const { headers } = request;
        const accepted = sink.#take(headers, Buffer.concat(chunks));
        response.writeHead(accepted ? 204 : 500).end();
      });
    });
    await new Promise((resolve, reject) => {
      sink.server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    sink.port = sink.server.address().port;
    return sink;
  }

  constructor() {
    this.digests = new Map(); // by ce-id, of accepted ones
    this.latest = new Map(); // by session: the n that was accepted last
    Object.assign(this, { twice: 0, refused: 0, otherBytes: 0, outOfOrder: 0 });
  }

  get size() {
    return this.digests.size;
  }

  #take(headers, body) {
    if (Math.random() < kRefused) {
      this.refused++;
      return false;
    }
    const { 'ce-id': id, 'ce-subject': session, 'ce-time': time, 'ce-type': type } = headers;
    const digest = createHash('sha256').update(body).update(`${type} ${time}`).digest('base64');
    const known = this.digests.get(id);
    if (known !== undefined) {
      this.twice++;
      if (known !== digest) this.otherBytes++;
    }
    this.digests.set(id, digest);
    const { n } = JSON.parse(body);
    const latest = this.latest.get(session) ?? -1;
    // The one after the latest, or the latest again.
    if (n !== latest + 1 && n !== latest) this.outOfOrder++;
    this.latest.set(session, Math.max(n, latest));
    return true;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
