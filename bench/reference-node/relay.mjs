// Delivers the outbox to the event bridge as CloudEvents in binary mode, over mTLS, with
// connections kept open and at most 64 deliveries at once; what is not accepted is tried again
// later.
import { CloudEvent, HTTP } from 'cloudevents';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import path from 'node:path';

const kConcurrency = 64;
const kRetryMs = [0, 1000, 2000, 5000, 10000, 30000, 60000];

export class Relay {
  #inFlight = new Set();
  #timer = null;

  constructor(store, { bridge, certs, 'retry-ms': retryMs }) {
    this.store = store;
    this.retryMs = retryMs ? [Number(retryMs)] : kRetryMs;
    this.bridge = new URL(bridge);
    const read = (name) => readFileSync(path.join(certs, name));
    this.agent = new https.Agent({
      keepAlive: true,
      maxSockets: kConcurrency,
      ca: read('ca.pem'),
      cert: read('obolus-client.pem'),
      key: read('obolus-client.key'),
    });
    this.#timer = setInterval(() => this.pump(), 250);
  }

  stop() {
    clearInterval(this.#timer);
    this.agent.destroy();
  }

  // Takes what is due, as much as there is room for. Called after commits and four times a second.
  pump() {
    const room = kConcurrency - this.#inFlight.size;
    if (room <= 0) return;
    const due = this.store.findDue.all(Date.now(), kConcurrency + room);
    for (const event of due.filter(({ seq }) => !this.#inFlight.has(seq)).slice(0, room)) {
      this.#inFlight.add(event.seq);
      this.#deliver(event);
    }
  }

  async #deliver(event) {
    const accepted = await this.#send(event).catch(() => false);
    const delay = this.retryMs[Math.min(event.attempts, this.retryMs.length - 1)];
    await this.store.write(() =>
      accepted
        ? this.store.saveDelivered.run(Date.now(), event.seq)
        : this.store.saveFailed.run(Date.now() + delay, event.seq),
    );
    this.#inFlight.delete(event.seq);
    if (this.#inFlight.size <= kConcurrency / 2) this.pump();
  }

  #send({ id, type, subject, time, body }) {
    const event = new CloudEvent({
      id,
      type,
      subject,
      time,
      source: 'https://obolus.example/checkout',
      datacontenttype: 'application/json',
      data: JSON.parse(body),
    });
    const message = HTTP.binary(event);
    return new Promise((resolve, reject) => {
      const request = https.request(
        this.bridge,
        { method: 'POST', agent: this.agent, headers: message.headers, timeout: 10_000 },
        (response) => {
          response.resume();
          response.on('end', () =>
            resolve(response.statusCode >= 200 && response.statusCode < 300),
          );
          response.on('error', reject);
        },
      );
      request.on('timeout', () => request.destroy(new Error('timeout')));
      request.on('error', reject);
      request.end(message.body);
    });
  }
}
