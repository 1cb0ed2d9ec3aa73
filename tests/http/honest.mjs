// A client that keeps to the rules while others do not: asks the same thing over and over, a few
// times on each connection, and counts how it went and how long it took.
import http2 from 'node:http2';

export class Honest {
  static async start(port, ca, target, { everyMs = 50 } = {}) {
    const honest = new Honest();
    Object.assign(honest, { port, ca, target, everyMs });
    honest.running = honest.#run();
    return honest;
  }

  served = 0;
  failed = [];
  times = [];

  async #run() {
    while (!this.over) {
      const session = http2.connect(`https://localhost:${this.port}`, { ca: this.ca });
      session.on('error', () => undefined);
      // A few on each connection.
      for (let i = 0; i < 5 && !this.over; i++) {
        await this.#ask(session);
        await new Promise((resolve) => setTimeout(resolve, this.everyMs));
      }
      session.close();
    }
  }

  async #ask(session) {
    const began = performance.now();
    try {
      const status = await statusOf(session, this.target);
      if (status !== 200) throw new Error(`answered ${status}`);
      this.served++;
      this.times.push(performance.now() - began);
    } catch (error) {
      this.failed.push(error.message);
    }
  }

  async stop() {
    this.over = true;
    await this.running;
    return this;
  }
}

function statusOf(session, target) {
  return new Promise((resolve, reject) => {
    const request = session.request({ ':path': target });
    request.setTimeout(20_000, () => request.close(http2.constants.NGHTTP2_CANCEL));
    let status;
    request.on('response', (headers) => (status = headers[':status']));
    request.on('data', () => undefined);
    request.on('error', reject);
    request.on('close', () => (status ? resolve(status) : reject(new Error('no answer'))));
    request.end();
  });
}
