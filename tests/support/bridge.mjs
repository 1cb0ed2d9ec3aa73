// Commerce's event bridge as far as obolus sees it: an HTTPS server that demands a client
// certificate of our CA, reads each request as a CloudEvent with npm cloudevents, and answers
// what the test wants.
import { HTTP } from 'cloudevents';
import https from 'node:https';
import { identity, until } from './client.mjs';

export class Bridge {
  // Listens on 127.0.0.1:`port` (0: any).
  static async start(certs, port = 0) {
    const bridge = new Bridge();
    const options = {
      ...identity(certs, 'bridge-server'),
      requestCert: true,
      rejectUnauthorized: true,
    };
    bridge.server = https.createServer(options, (request, response) =>
      bridge.#take(request, response),
    );
    bridge.server.on('tlsClientError', () => bridge.refusedHandshakes++);
    await new Promise((resolve, reject) => {
      bridge.server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    bridge.port = bridge.server.address().port;
    return bridge;
  }

  constructor() {
    this.deliveries = []; // every request in order: {event, headers, body, at, answered}
    this.refusedHandshakes = 0;
    // What to answer: (delivery) => {status, headers} | 'reset' | 'never' | {afterMs, status}.
    // Default: 204.
    this.answer = () => ({ status: 204 });
  }

  async #take(request, response) {
    const chunks = [];
    request.on('error', () => undefined);
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const delivery = { headers: request.headers, body, at: Date.now(), method: request.method };
    delivery.common_name = request.socket.getPeerCertificate().subject?.CN;
    delivery.event = HTTP.toEvent({ headers: request.headers, body: body.toString('utf8') });
    const answer = this.answer(delivery, this.deliveries.length);
    delivery.answered = answer.status ?? answer;
    this.deliveries.push(delivery);
    if (answer === 'reset') return request.socket.destroy();
    if (answer === 'never') return;
    if (answer.afterMs) await new Promise((resolve) => setTimeout(resolve, answer.afterMs));
    response.writeHead(answer.status, answer.headers ?? {}).end();
  }

  // Deliveries that were answered 2xx, the first of each ce-id.
  get events() {
    const first = new Map();
    for (const delivery of this.deliveries) {
      const accepted = delivery.answered >= 200 && delivery.answered < 300;
      if (accepted && !first.has(delivery.event.id)) first.set(delivery.event.id, delivery);
    }
    return [...first.values()];
  }

  about(subject) {
    return this.events.filter(({ event }) => event.subject === subject);
  }

  // Waits for the accepted event of that type about that terminal.
  waitFor(subject, type, timeoutMs = 10_000) {
    return until(
      `${type} about ${subject}`,
      () => this.about(subject).find(({ event }) => event.type === type),
      { timeoutMs },
    );
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
