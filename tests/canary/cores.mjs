// The memory of a process as strangers could get it: what /proc/PID/mem holds a second after the
// last card was done, and a core dump, written by gcore, which leaves out what the kernel would
// leave out.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

export async function searchMemory(evidence, pid, name) {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return evidence.searchNow(name, pid, { mode: 'memory', names: true, ofMemory: true });
}

export function searchCore(evidence, pid, name) {
  const folder = path.join(evidence.root, 'cores');
  mkdirSync(folder, { recursive: true });
  const { status, stderr } = spawnSync('gcore', ['-o', path.join(folder, 'core'), String(pid)], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  const core = readdirSync(folder).find((file) => file === `core.${pid}`);
  if (status !== 0 || !core) throw new Error(`gcore ended with ${status}: ${stderr}`);
  const file = path.join(folder, core);
  const found = evidence.searchNow(name, file, { mode: 'binary', names: true, ofMemory: true });
  rmSync(file);
  return found;
}
