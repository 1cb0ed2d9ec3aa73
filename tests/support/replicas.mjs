// Several obolus on one PostgreSQL, with one key file, API key, certificates and bridge, as an
// installation of several machines has them.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Bridge } from './bridge.mjs';
import { newApiKey } from './configuration.mjs';
import { Obolus } from './obolus.mjs';
import { Postgres } from './postgres.mjs';
import { makeCertificates } from './stack.mjs';

export class Replicas {
  // `extra`: settings of all.
  static async start(count, extra = {}, { postgres, bridge } = {}) {
    const replicas = new Replicas();
    replicas.folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-replicas-'));
    replicas.ownPostgres = postgres ? undefined : await Postgres.start();
    replicas.postgres = postgres ?? replicas.ownPostgres;
    replicas.dsn = replicas.postgres.newDatabase();
    const certs = makeCertificates(path.join(replicas.folder, 'certs'));
    const shared = { certs, apiKey: newApiKey() };
    shared.bridge = bridge ? await bridge(certs) : await Bridge.start(certs);
    Object.assign(replicas, shared, { shared, extra, all: [] });
    for (let i = 0; i < count; ++i) await replicas.add();
    return replicas;
  }

  // One more, on a machine of its own: only the key file was copied there. Replicas have one
  // public_url, which is that of the first one unless `extra` says another.
  async add(extra = {}) {
    const settings = {
      store: { kind: 'postgres', dsn: this.dsn },
      vault: { key_file: path.join(this.folder, 'obolus.keys') },
      ...(this.all.length > 0 ? { public_url: this.all[0].configuration.public_url } : {}),
      ...this.extra,
      ...extra,
    };
    const replica = await Obolus.start(settings, {}, this.shared);
    this.all.push(replica);
    return replica;
  }

  // Starts a replica again. Its ports are among those that the kernel gives to anybody, so that
  // somebody may have one just now.
  async relaunch(replica, tries = 20) {
    try {
      await replica.launch();
    } catch (error) {
      if (tries === 0 || !/Address already in use/.test(error.message)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
      await this.relaunch(replica, tries - 1);
    }
  }

  query(sql) {
    return this.postgres.sql(sql, this.dsn);
  }

  async stop() {
    const exits = await Promise.all(this.all.map((replica) => replica.stop()));
    await this.bridge.stop();
    await this.ownPostgres?.stop();
    rmSync(this.folder, { recursive: true, force: true });
    return exits;
  }
}
