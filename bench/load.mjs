// Load from two programs: wrk, known and independent, for the same request as fast as it is
// answered; and our load_driver for a fixed rate and for requests that are sent once each.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { kRoot } from '../tests/support/processes.mjs';

const kScript = path.join(kRoot, 'bench/run_wrk.lua');
const kLongestSeconds = 300;
export const kOpenBody = JSON.stringify({
  type: 'payment',
  payment: { amount: 4450, currency_code: 'EUR', order_id: 'agora-1' },
  continuation: { success: 'http://localhost/paid', error: 'http://localhost/failed' },
});

// Not spawnSync: what we read and time meanwhile must not stand still.
function collect(file, args, environment = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env: { ...process.env, ...environment } });
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    child.stderr.on('data', (chunk) => (text += chunk));
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve(text) : reject(new Error(`${file} ended with ${code}: ${text}`)),
    );
  });
}

// {perSecond, requests} of one request again and again. wrk takes whole seconds, so fractions are
// rounded up.
export async function runWrk(program, { method = 'POST', target = '/sessions', body, ...options }) {
  const { connections, seconds, port = program.port } = options;
  const args = ['-t1', `-c${connections}`, `-d${Math.ceil(seconds)}s`, '--latency'];
  args.push('--timeout', '10s', '-s', kScript);
  const text = await collect('wrk', [...args, `http://127.0.0.1:${port}${target}`], {
    BENCH_METHOD: method,
    BENCH_BODY: body ?? '',
    BENCH_API_KEY: program.apiKey,
  });
  const result = /RESULT (\{.*\})/.exec(text);
  if (!result) throw new Error(`wrk: ${text}`);
  const { requests, duration_us, failed } = JSON.parse(result[1]);
  if (failed > 0) throw new Error(`${program.name}: ${failed} requests failed`);
  return { perSecond: requests / (duration_us / 1e6), requests };
}

// One request as load_driver sends it.
export function rawRequest(program, method, target, body = '') {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'Host: localhost',
    `x-api-key: ${program.apiKey}`,
    ...(body ? ['Content-Type: application/json'] : []),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

// Runs load_driver. `rate` 0: as fast as they are answered; with `count` it ends after so many, and
// anyhow after `seconds`; `warm` seconds more at the start are not measured. Returns {perSecond,
// p50Ms, p99Ms, requests, answers?}.
export async function drive(bench, program, requests, options = {}) {
  const { connections = bench.connections, rate = 0, count = 0, warm = 0 } = options;
  const seconds = options.seconds ?? kLongestSeconds;
  const file = path.join(program.folder, 'requests');
  const answersFile = path.join(program.folder, 'answers');
  const lines = requests.map((request) => `${Buffer.byteLength(request)}\n${request}`);
  writeFileSync(file, lines.join(''));
  const args = [options.port ?? program.port, connections, file];
  args.push('--rate', rate, '--seconds', seconds, '--warm', warm, '--count', count);
  if (options.keepAnswers) args.push('--answers', answersFile);
  const driver = path.resolve(kRoot, bench.build, 'bench/load_driver');
  const text = await collect(driver, args.map(String));
  const result = JSON.parse(text.slice(text.lastIndexOf('{"requests"')));
  if (result.failed + result.shed > 0) {
    throw new Error(`${program.name}: ${result.failed + result.shed} requests failed: ${text}`);
  }
  return {
    perSecond: result.requests / result.seconds,
    p50Ms: result.p50_us / 1000,
    p99Ms: result.p99_us / 1000,
    requests: result.requests,
    ...(options.keepAnswers && { answers: readFileSync(answersFile, 'utf8').trim().split('\n') }),
  };
}

// Opens so many payment sessions; their keys.
export async function openSessions(bench, program, count) {
  const request = rawRequest(program, 'POST', '/sessions', kOpenBody);
  const { answers } = await drive(bench, program, [request], { count, keepAnswers: true });
  return answers.map((answer) => JSON.parse(answer).session_key);
}
