// A PostgreSQL server of a test's own: in a temporary folder, on loopback, with fsync on, stopped
// at the end. postgres refuses to run as root, so for root it runs as the user postgres, which
// Debian's package makes. It ends with its parent, however that ends.
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { until } from './client.mjs';
import { freePorts } from './processes.mjs';

const kUser = 'postgres';

// Debian keeps them out of PATH.
function programs() {
  const root = '/usr/lib/postgresql';
  const folders = (existsSync(root) ? readdirSync(root) : [])
    .map((version) => path.join(root, version, 'bin'))
    .filter((folder) => existsSync(path.join(folder, 'initdb')));
  if (folders.length === 0) throw new Error('postgresql is not installed: tools/setup');
  return folders.sort().at(-1);
}

// A command line that runs one of them as a user that may.
function command(program, args) {
  const user =
    process.geteuid() === 0 ? ['--reuid', kUser, '--regid', kUser, '--clear-groups'] : [];
  return ['--pdeathsig', 'QUIT', ...user, '--', path.join(programs(), program), ...args];
}

function run(program, args) {
  const result = spawnSync('setpriv', command(program, args), { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${program} failed:\n${result.stdout}${result.stderr}`);
  return result.stdout;
}

export class Postgres {
  // `settings`: more members of postgresql.conf, on top.
  static async start(settings = {}) {
    const server = new Postgres();
    server.folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-postgres-'));
    if (process.geteuid() === 0) {
      const { status } = spawnSync('chown', [`${kUser}:${kUser}`, server.folder]);
      if (status !== 0) throw new Error('there is no user postgres, and root may not run it');
    }
    chmodSync(server.folder, 0o700);
    server.data = path.join(server.folder, 'data');
    [server.port] = await freePorts(1);
    const auth = ['--username', kUser, '--auth', 'trust', '--encoding', 'UTF8', '--no-locale'];
    run('initdb', ['--pgdata', server.data, '--no-sync', ...auth]);
    appendFileSync(
      path.join(server.data, 'postgresql.conf'),
      `listen_addresses = '127.0.0.1'\nport = ${server.port}\nfsync = on\n` +
        `unix_socket_directories = '${server.folder}'\nshared_buffers = 64MB\n` +
        Object.entries(settings)
          .map(([name, value]) => `${name} = '${value}'\n`)
          .join(''),
    );
    await server.launch();
    return server;
  }

  get dsn() {
    return this.#dsnOf('postgres');
  }

  #dsnOf(database) {
    return `host=127.0.0.1 port=${this.port} user=${kUser} dbname=${database}`;
  }

  // The dsn of a new, empty database.
  newDatabase() {
    this.databases = (this.databases ?? 0) + 1;
    this.sql(`CREATE DATABASE obolus_${this.databases}`);
    return this.#dsnOf(`obolus_${this.databases}`);
  }

  async launch() {
    this.child = spawn('setpriv', command('postgres', ['-D', this.data]), {
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    this.exited = new Promise((resolve) => this.child.once('exit', resolve));
    await until('a PostgreSQL that answers', () => this.answers(), { timeoutMs: 60_000 });
  }

  answers() {
    const args = command('pg_isready', ['-h', '127.0.0.1', '-p', `${this.port}`]);
    return spawnSync('setpriv', args).status === 0;
  }

  // The output of one statement, values only: a line a row, columns apart by "|".
  sql(statement, dsn = this.dsn) {
    const flags = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1'];
    return run('psql', [...flags, '-d', dsn, '-c', statement]).trim();
  }

  // "SIGINT": connections end; "SIGQUIT": as a crash.
  async halt(signal = 'SIGINT') {
    this.child.kill(signal);
    await this.exited;
  }

  async stop() {
    await this.halt('SIGQUIT');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
