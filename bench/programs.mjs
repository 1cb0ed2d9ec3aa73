// Starts what is measured and what it is measured against, each on fresh data in a folder of its
// own, over plain loopback HTTP. Their output goes to a file, so that reading it costs nothing.
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import {
  baseConfiguration,
  merged,
  newApiKey,
  sha256Hex,
  writeToml,
} from '../tests/support/configuration.mjs';
import { freePorts, kRoot, programPath, run } from '../tests/support/processes.mjs';

const kMigrations = path.join(kRoot, 'src/storage/sql/sqlite');
const kNode = path.join(kRoot, 'bench/reference-node');
const kNginxPlaces = ['build/nginx/usr/sbin/nginx', '/usr/sbin/nginx'];
const kLongestStartMs = 60_000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// How each is called in the tables.
export const kTitles = {
  obolus: 'Obolus',
  minimal: 'minimal program',
  nginx: 'nginx, a constant',
  each: 'Node, a commit each',
  grouped: 'Node, grouped commits',
};

function nginxFile() {
  return kNginxPlaces.map((place) => path.resolve(kRoot, place)).find(existsSync);
}

export function isInstalled(name) {
  if (name === 'nginx') return nginxFile() !== undefined;
  const node = path.join(kNode, 'node_modules/better-sqlite3/build/Release/better_sqlite3.node');
  return name === 'each' || name === 'grouped' ? existsSync(node) : true;
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket.destroy() && true));
    socket.once('error', () => resolve(false));
  });
}

export class Program {
  // `isReady`: (log text) => whether it takes requests.
  static async launch(name, folder, [file, ...args], isReady) {
    const program = new Program();
    const log = path.join(folder, `${name}.log`);
    writeFileSync(log, '');
    const out = openSync(log, 'a');
    const began = performance.now();
    // setpriv: it dies with us, however we end.
    program.child = spawn('/usr/bin/setpriv', ['--pdeathsig', 'KILL', '--', file, ...args], {
      stdio: ['ignore', out, out],
      cwd: folder,
    });
    program.exited = new Promise((resolve) => program.child.once('exit', resolve));
    Object.assign(program, { name, folder, log });
    while (!(await isReady(readFileSync(log, 'utf8')))) {
      const isOver = performance.now() - began > kLongestStartMs;
      if (isOver || program.child.exitCode !== null)
        throw new Error(`${name} did not start: ${readFileSync(log, 'utf8').slice(-2000)}`);
      await pause(1);
    }
    program.readyMs = performance.now() - began;
    return program;
  }

  get pid() {
    return this.child.pid;
  }

  // User and system time of all its threads so far, in µs.
  cpuUs() {
    const text = readFileSync(`/proc/${this.pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  }

  rssMb() {
    const text = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(text)[1]) / 1024;
  }

  query(sql) {
    const { stdout, status, stderr } = run('sqlite3', ['-readonly', this.database, sql]);
    if (status !== 0) throw new Error(stderr);
    return Number(stdout);
  }

  async stop() {
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 20_000);
    await this.exited;
    clearTimeout(timer);
  }

  async discard() {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const saysReady = (text) => text.includes('"event":"ready"');

// `bridge`: {port, certs} of a bridge stand-in; `extra`: configuration laid over the default.
async function startObolus({ build, folder, bridge, extra = {} }) {
  const [commerce, shopper, operator, unused] = await freePorts(4);
  const apiKey = newApiKey();
  const ports = { commerce, shopper, operator, bridge: bridge?.port ?? unused };
  const base = baseConfiguration({ folder, certs: bridge?.certs ?? folder, ports, apiKey });
  const configuration = merged(base, {
    commerce: { require: 'api_key', tls: { mode: 'off' } },
    ...(bridge ? {} : { bridge: { certificate: '', key: '', ca: '' } }),
  });
  const file = path.join(folder, 'obolus.toml');
  writeToml(file, merged(configuration, extra));
  const command = [programPath('obolus', build), 'serve', '--config', file];
  const program = await Program.launch('obolus', folder, command, saysReady);
  const database = path.join(folder, 'data/obolus.db');
  return Object.assign(program, { apiKey, port: commerce, shopperPort: shopper, database });
}

async function startNode(mode, { folder, bridge, retryMs }) {
  const [port] = await freePorts(1);
  const apiKey = newApiKey();
  const command = [process.execPath, path.join(kNode, 'service.mjs'), '--commit', mode];
  command.push('--port', String(port), '--data', folder, '--api-key-sha256', sha256Hex(apiKey));
  if (bridge) {
    command.push('--bridge', `https://localhost:${bridge.port}/events`, '--certs', bridge.certs);
  }
  if (retryMs) command.push('--retry-ms', String(retryMs));
  const program = await Program.launch(mode, folder, command, saysReady);
  const database = path.join(folder, 'reference.db');
  return Object.assign(program, { apiKey, port, shopperPort: port, database });
}

async function startMinimal({ build, folder, documentBytes }) {
  const [port] = await freePorts(1);
  const database = path.join(folder, 'minimal.db');
  const file = path.resolve(kRoot, build, 'bench/minimal_server');
  const schema = path.join(folder, 'schema.sql');
  const steps = readdirSync(kMigrations).sort();
  writeFileSync(schema, steps.map((name) => readFileSync(path.join(kMigrations, name))).join('\n'));
  const command = [file, port, database, schema, documentBytes].map(String);
  const program = await Program.launch('minimal', folder, command, () => answers(port));
  return Object.assign(program, { apiKey: '', port, database });
}

async function startNginx({ folder }) {
  const [port] = await freePorts(1);
  const body = JSON.stringify({ session_key: 'x'.repeat(54), terminal_id: 'x'.repeat(36) });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const file = path.join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off; pid ${folder}/nginx.pid; worker_processes auto;
     events { worker_connections 1024; }
     http {
       access_log off; keepalive_requests 1000000000;
       ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
       server { listen 127.0.0.1:${port}; location / { return 201 '${body}'; } }
     }`,
  );
  const command = [nginxFile(), '-p', folder, '-c', file, '-e', path.join(folder, 'error.log')];
  const program = await Program.launch('nginx', folder, command, () => answers(port));
  return Object.assign(program, { apiKey: '', port });
}

// `options`: {build, folder, bridge?, extra?, documentBytes?, retryMs?}; the folder is made when
// missing.
export function startProgram(name, options) {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  if (name === 'obolus') return startObolus(options);
  if (name === 'minimal') return startMinimal(options);
  return name === 'nginx' ? startNginx(options) : startNode(name, options);
}

// A bridge stand-in on that port, with certificates of ours: it only counts and takes times.
export async function startSink({ build, folder, port, certs, threads = 1 }) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.resolve(kRoot, build, 'bench/bridge_sink');
  const command = [file, port, certs, threads].map(String);
  return Object.assign(await Program.launch('sink', folder, command, saysReady), { port, certs });
}
