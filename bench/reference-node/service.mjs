// The reference: what an able engineer would write in a day with fastify, better-sqlite3, jose and
// cloudevents, doing the same durable work as Obolus on its hot paths. It has no TLS of its own, no
// idempotency keys, no 3-D Secure, no metrics and no request log, which all speak for it.
//
//   node service.mjs --port 0 --data FOLDER --commit each|grouped --api-key-sha256 HEX
//                    [--bridge URL --certs FOLDER [--retry-ms N]]
import fastify from 'fastify';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Keys } from './keys.mjs';
import { Relay } from './relay.mjs';
import { Routes } from './routes.mjs';
import { Store } from './store.mjs';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    data: { type: 'string' },
    commit: { type: 'string', default: 'each' },
    'api-key-sha256': { type: 'string' },
    bridge: { type: 'string' },
    certs: { type: 'string' },
    'retry-ms': { type: 'string' },
  },
});
const store = new Store(path.join(values.data, 'reference.db'), values.commit);
const relay = values.bridge ? new Relay(store, values) : null;
const app = fastify({ logger: false, bodyLimit: 65_536 });
new Routes(app, {
  store,
  relay,
  keys: await Keys.make(),
  apiKeyDigest: Buffer.from(values['api-key-sha256'], 'hex'),
  publicUrl: 'https://localhost',
});
process.once('SIGTERM', async () => {
  relay?.stop();
  await app.close();
  process.exit(0);
});
await app.listen({ host: '127.0.0.1', port: Number(values.port) });
console.log(JSON.stringify({ event: 'ready', port: app.server.address().port }));
