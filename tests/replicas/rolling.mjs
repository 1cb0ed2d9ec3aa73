// A rolling restart: replicas behind a proxy end by SIGTERM and start again, one after the other,
// while Commerce and shoppers go on. No request may fail, and none may be done twice: afterwards
// there are as many sessions as answers that said so. Ends with 1 when not.
//
// With `--kill` replicas end by SIGKILL, requests fail, and the campaign must notice: then it ends
// with 0.
//
//   node tests/replicas/rolling.mjs [--restarts N] [--replicas N] [--stop-delay-ms N] [--kill]
import http from 'node:http';
import { parseArgs } from 'node:util';
import { machine, pause } from '../support/account.mjs';
import { encrypt, kCards, payload } from '../support/card.mjs';
import { request } from '../support/client.mjs';
import { Proxy } from '../support/proxy.mjs';
import { Replicas } from '../support/replicas.mjs';

const { values } = parseArgs({
  options: {
    restarts: { type: 'string', default: '5' },
    replicas: { type: 'string', default: '2' },
    callers: { type: 'string', default: '8' },
    'stop-delay-ms': { type: 'string', default: '1500' },
    kill: { type: 'boolean', default: false },
  },
});

class Load {
  constructor(proxy, apiKey) {
    Object.assign(this, { proxy, apiKey, over: false, requests: 0, failed: [], opened: new Set() });
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  }

  // The answer with that status; anything else counts as failed.
  async call(status, listener, method, target, options = {}) {
    const url = `http://127.0.0.1:${this.proxy[listener]}${target}`;
    this.requests++;
    try {
      const answer = await request(url, { method, agent: this.agent, ...options });
      if (answer.status === status) return answer;
      throw new Error(`${answer.status} ${answer.text.slice(0, 120)}`);
    } catch (error) {
      const route = target.replace(/pay_[A-Za-z0-9_-]+/, '{key}');
      this.failed.push(`${method} ${route}: ${error.message.replace(/\s+/g, ' ')}`);
      return undefined;
    }
  }

  async open(name) {
    const headers = { 'x-api-key': this.apiKey, ...(name ? { 'idempotency-key': name } : {}) };
    const body = { payment: { amount: 100, currency_code: 'EUR' } };
    const answer = await this.call(201, 'commerce', 'POST', '/sessions', { headers, body });
    if (answer) this.opened.add(answer.json.session_key);
    return answer;
  }

  // One payment: half of them under an idempotency key, of which half are asked for twice.
  async pay(name, number) {
    const first = await this.open(number % 2 === 0 ? name : undefined);
    if (!first) return;
    if (number % 4 === 0) {
      const again = await this.open(name);
      if (again && again.text !== first.text) this.failed.push('a replay had other bytes');
    }
    const path = `/sessions/${first.json.session_key}`;
    const shown = await this.call(200, 'shopper', 'GET', path);
    if (!shown) return;
    const enc_payload = await encrypt(shown.json.data, payload(kCards.visa));
    const body = { action: 'tokenize_card', result: { enc_payload } };
    await this.call(200, 'shopper', 'POST', `${path}/complete-action`, { body });
    await this.call(200, 'shopper', 'GET', path);
  }

  async run(caller) {
    for (let number = 0; !this.over; ++number) {
      await this.pay(`caller-${caller}-${number}`, number);
      await pause(Math.random() * 20);
    }
  }
}

async function restart(replicas, replica) {
  if (values.kill) await replica.process.kill();
  else await replica.process.stop(30_000);
  const { code, signal } = replica.process.exit;
  await replicas.relaunch(replica);
  return code === 0 || values.kill ? undefined : `a replica ended with ${code ?? signal}`;
}

async function main() {
  console.log(`${values.replicas} replicas behind nginx, ${machine()}`);
  const replicas = await Replicas.start(Number(values.replicas), {
    stop_delay_ms: Number(values['stop-delay-ms']),
  });
  const proxy = await Proxy.start(replicas);
  const load = new Load(proxy, replicas.apiKey);
  try {
    const began = performance.now();
    const callers = Array.from({ length: Number(values.callers) }, (_, i) => load.run(i));
    let count = 0;
    while (count < Number(values.restarts) && !(values.kill && load.failed.length > 0)) {
      const i = count++;
      const unclean = await restart(replicas, replicas.all[i % replicas.all.length]);
      if (unclean) load.failed.push(unclean);
      await pause(200);
    }
    load.over = true;
    await Promise.all(callers);
    load.agent.destroy();
    const seconds = (performance.now() - began) / 1000;
    const stored = Number(replicas.query('SELECT count(*) FROM sessions'));
    if (stored !== load.opened.size) {
      load.failed.push(`${stored} sessions are stored, ${load.opened.size} were answered`);
    }
    const how = values.kill ? 'SIGKILLs' : 'SIGTERMs';
    console.log(
      `${count} ${how} in ${seconds.toFixed(0)} s, ${load.requests} requests, ` +
        `${load.failed.length} failed`,
    );
    for (const fault of load.failed.slice(0, 10)) console.log(`  ${fault}`);
    if (!values.kill) return load.failed.length === 0 ? 0 : 1;
    console.log(load.failed.length > 0 ? 'the load notices kills' : 'the load notices NO kill');
    return load.failed.length > 0 ? 0 : 1;
  } finally {
    load.over = true;
    await proxy.stop();
    await replicas.stop();
  }
}

process.exit(await main());
