// Starts our programs for the demo and for tests, waits until they say that they are ready, and
// never leaves one behind: a program dies with its parent (PR_SET_PDEATHSIG by way of setpriv),
// however the parent ends. No dependency beyond Node.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const kRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const kPlaces = {
  obolus: { variable: 'OBOLUS_BIN', path: 'src/main/obolus' },
  'obolus-sandbox': { variable: 'OBOLUS_SANDBOX_BIN', path: 'sandbox/obolus-sandbox' },
};
const hasSetpriv = existsSync('/usr/bin/setpriv');

// The program's path: from its environment variable, or in `build` ("build/release").
export function programPath(name, build = process.env.OBOLUS_BUILD ?? 'build/dev') {
  const place = kPlaces[name];
  const found = process.env[place.variable] ?? path.resolve(kRoot, build, place.path);
  if (!existsSync(found))
    throw new Error(`${found} is not there: run tools/build, or set ${place.variable}`);
  return found;
}

// Below the ports that Linux gives to outgoing connections (32768 and up), and a part of them for
// each process: nobody takes one between our look and the program's start.
const kPorts = { first: 15_000, parts: 170, each: 100 };
const first_port = kPorts.first + (process.pid % kPorts.parts) * kPorts.each;
let ports_given = 0;

// `count` different ports that nobody listened on a moment ago.
export async function freePorts(count) {
  const ports = [];
  for (let tries = 0; ports.length < count; tries++) {
    if (tries > 10 * kPorts.each) throw new Error('no free port found');
    const port = first_port + (ports_given++ % kPorts.each);
    if (!ports.includes(port) && (await isPortFree(port))) ports.push(port);
  }
  return ports;
}

export async function isPortFree(port) {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

// Runs a program to its end: {status, stdout, stderr}.
export function run(file, args, options = {}) {
  const { status, signal, stdout, stderr, error } = spawnSync(file, args, {
    encoding: 'utf8',
    timeout: 60_000,
    ...options,
  });
  if (error) throw error;
  return { status: status ?? signal, stdout, stderr };
}

// A program that runs until it is told to stop. `lines` holds what it printed, parsed where it is
// JSON.
export class Running {
  constructor(name, child) {
    this.name = name;
    this.child = child;
    this.lines = [];
    this.text = '';
    this.waiting = [];
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.exit = { code, signal };
        for (const { reject } of this.waiting.splice(0)) reject(this.failure('ended'));
        resolve(this.exit);
      });
    });
    for (const stream of [child.stdout, child.stderr]) this.#read(stream);
  }

  get pid() {
    return this.child.pid;
  }

  #read(stream) {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk) => {
      this.text = (this.text + chunk).slice(-4_000_000);
      const lines = (rest + chunk).split('\n');
      rest = lines.pop();
      for (const line of lines) this.#take(line);
    });
  }

  #take(line) {
    let value = { text: line };
    if (line.startsWith('{')) {
      try {
        value = JSON.parse(line);
      } catch {
        // Not a log line of ours; kept as text.
      }
    }
    this.lines.push(value);
    if (this.lines.length > 20_000) this.lines.splice(0, 10_000);
    this.waiting = this.waiting.filter(
      ({ event, resolve }) => value.event !== event || resolve(value),
    );
  }

  failure(what) {
    const tail = this.text.trimEnd().split('\n').slice(-12).join('\n  ');
    const end = this.exit ? ` (exit ${this.exit.code ?? this.exit.signal})` : '';
    return new Error(`${this.name} ${what}${end}:\n  ${tail}`);
  }

  // The first JSON line with that "event".
  event(event, timeoutMs = 15_000) {
    const seen = this.lines.find((line) => line.event === event);
    if (seen) return Promise.resolve(seen);
    if (this.exit) return Promise.reject(this.failure('ended'));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.failure(`did not say "${event}"`)), timeoutMs);
      this.waiting.push({
        event,
        resolve: (value) => (clearTimeout(timer), resolve(value)),
        reject: (error) => (clearTimeout(timer), reject(error)),
      });
    });
  }

  // Graceful: SIGTERM, and SIGKILL when it takes longer than that. The exit.
  async stop(timeoutMs = 15_000) {
    if (this.exit) return this.exit;
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), timeoutMs);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  // As a power cut would.
  async kill() {
    if (!this.exit) this.child.kill('SIGKILL');
    return this.exited;
  }
}

// Starts a program in a session of its own, so that a Ctrl-C meant for us does not reach it
// unordered.
export function start(name, file, args, { environment = {}, cwd = kRoot } = {}) {
  const command = hasSetpriv ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--', file] : [file];
  const child = spawn(command[0], [...command.slice(1), ...args], {
    cwd,
    detached: true,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Running(name, child);
}
