// The machine that a run took place on, for the head of its table.
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { kRoot, run } from '../tests/support/processes.mjs';

function firstLine(file, args) {
  try {
    const { stdout, stderr } = run(file, args, { cwd: kRoot });
    return (stdout || stderr).trim().split('\n')[0];
  } catch {
    return 'unknown';
  }
}

function distribution() {
  if (!existsSync('/etc/os-release')) return os.type();
  return /PRETTY_NAME="([^"]*)"/.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? os.type();
}

export function describeMachine() {
  const cpus = os.cpus();
  return {
    cpu: cpus[0].model.trim(),
    cores: cpus.length,
    memory_gb: Math.round(os.totalmem() / 2 ** 30),
    kernel: os.release(),
    system: distribution(),
    node: process.version,
    load_at_start: Number(os.loadavg()[0].toFixed(2)),
    commit: firstLine('git', ['describe', '--always', '--dirty']),
    time: new Date().toISOString(),
  };
}
