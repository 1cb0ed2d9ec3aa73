// The memory of a process as strangers could get it: what /proc/PID/mem holds a second after the
// last card was done, and a core dump, written by gcore, which leaves out what the kernel would
// leave out.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { kRoot } from '../support/processes.mjs';

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

// What the kernel itself writes when obolus breaks, with no limit in its way but one that obolus
// has set for itself and nobody can lift. It starts again afterwards.
export async function breakIt(evidence, obolus, environment) {
  const { pid } = obolus.process;
  const { status } = spawnSync('prlimit', ['--pid', String(pid), '--core=unlimited']);
  const limits = readFileSync(`/proc/${pid}/limits`, 'utf8');
  const isOff = /^Max core file size +0 +0 /m.test(limits);
  if (status !== 0 && !isOff) throw new Error(`prlimit ended with ${status}`);
  obolus.process.child.kill('SIGSEGV');
  await obolus.process.exited;
  const core = ['core', `core.${pid}`].map((name) => path.join(kRoot, name)).find(existsSync);
  const name = 'core written by the kernel';
  if (core) {
    evidence.searchNow(name, core, { mode: 'binary', names: true, ofMemory: true });
    rmSync(core);
  } else {
    evidence.foundBefore.push({ name: `${name}: none`, bytes: 0, hits: [] });
  }
  await obolus.launch(environment);
}
