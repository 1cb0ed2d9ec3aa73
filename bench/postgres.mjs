// A PostgreSQL server for one run: its own folder and port, on loopback, with the settings that it
// comes with, so that a commit is on disk when it is answered. As root it runs as the user
// postgres, because it refuses root.
import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { freePorts, run } from '../tests/support/processes.mjs';

const kVersions = '/usr/lib/postgresql';
const kParent = '/var/tmp'; // on a disk, where /tmp may be memory
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function programs() {
  const versions = existsSync(kVersions) ? readdirSync(kVersions) : [];
  const folders = versions.map((version) => path.join(kVersions, version, 'bin'));
  const found = folders.filter((folder) => existsSync(path.join(folder, 'initdb')));
  if (found.length === 0) throw new Error('PostgreSQL is not installed: run tools/setup --bench');
  return found.sort().at(-1);
}

function asItsUser() {
  const user = ['--reuid', 'postgres', '--regid', 'postgres', '--clear-groups'];
  return ['--pdeathsig', 'QUIT', ...(process.getuid() === 0 ? user : []), '--'];
}

export class Postgres {
  static async start() {
    const postgres = new Postgres();
    postgres.bin = programs();
    postgres.databases = 0;
    const folder = mkdtempSync(path.join(kParent, 'obolus-postgres-'));
    postgres.folder = folder;
    if (process.getuid() === 0) {
      const id = (flag) => Number(run('id', [flag, 'postgres']).stdout);
      chownSync(folder, id('-u'), id('-g'));
    }
    const data = path.join(folder, 'data');
    const initdb = [path.join(postgres.bin, 'initdb'), '--pgdata', data, '--username', 'postgres'];
    const made = run('setpriv', [...asItsUser(), ...initdb, '--auth', 'trust', '--no-locale']);
    if (made.status !== 0) throw new Error(`initdb: ${made.stdout}${made.stderr}`);
    [postgres.port] = await freePorts(1);
    const log = openSync(path.join(folder, 'log'), 'a');
    const server = [path.join(postgres.bin, 'postgres'), '-D', data, '-p', String(postgres.port)];
    const settings = ['-h', '127.0.0.1', '-k', folder];
    postgres.child = spawn('setpriv', [...asItsUser(), ...server, ...settings], {
      stdio: ['ignore', log, log],
      cwd: '/',
    });
    for (let tries = 0; !postgres.isReady(); tries++) {
      if (tries > 300 || postgres.child.exitCode !== null) throw new Error('PostgreSQL: no start');
      await pause(50);
    }
    return postgres;
  }

  isReady() {
    const args = ['-q', '-h', '127.0.0.1', '-p', String(this.port)];
    return run(path.join(this.bin, 'pg_isready'), args).status === 0;
  }

  // The connection string of a new, empty database.
  newDatabase() {
    const name = `obolus_${++this.databases}`;
    const where = ['-h', '127.0.0.1', '-p', String(this.port), '-U', 'postgres'];
    const { status, stderr } = run(path.join(this.bin, 'createdb'), [...where, name]);
    if (status !== 0) throw new Error(stderr);
    return `postgresql://postgres@127.0.0.1:${this.port}/${name}`;
  }

  async stop() {
    const exited = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGINT');
    await exited;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
