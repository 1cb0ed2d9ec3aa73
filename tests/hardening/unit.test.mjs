// The systemd unit: how exposed systemd itself takes the service to be, that its filter leaves what
// the program's own one needs, and that a unit made weaker is found out.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { kRoot, run } from '../support/processes.mjs';

const kUnit = path.join(kRoot, 'packaging/obolus.service');
const kMost = 1.5;

function analyze(...args) {
  return run('systemd-analyze', args, { env: { ...process.env, SYSTEMD_PAGER: '' } });
}

function exposure(unit) {
  const { stdout, stderr } = analyze('security', '--offline=true', '--no-pager', unit);
  const found = stdout.match(/Overall exposure level for \S+: ([0-9.]+)/);
  assert.ok(found, stdout + stderr);
  return Number(found[1]);
}

// Every system call of a group, those of groups in it too.
function callsOf(group, seen = new Set()) {
  const calls = new Set();
  if (seen.has(group)) return calls;
  seen.add(group);
  for (const line of analyze('syscall-filter', group).stdout.split('\n').slice(1)) {
    const name = line.trim();
    if (!name || name.startsWith('#')) continue;
    if (name.startsWith('@')) for (const call of callsOf(name, seen)) calls.add(call);
    else calls.add(name);
  }
  return calls;
}

// The unit's SystemCallFilter= lines, laid over one another as systemd does.
function allowedBy(unit) {
  const allowed = new Set();
  for (const [, minus, names] of readFileSync(unit, 'utf8').matchAll(
    /^SystemCallFilter=(~?)(.+)$/gm,
  )) {
    for (const name of names.split(/\s+/)) {
      const calls = name.startsWith('@') ? callsOf(name) : new Set([name]);
      for (const call of calls) minus ? allowed.delete(call) : allowed.add(call);
    }
  }
  return allowed;
}

test(`systemd-analyze security says at most ${kMost}`, (t) => {
  const found = exposure(kUnit);
  t.diagnostic(`exposure ${found}`);
  assert.ok(found <= kMost, `${found}`);
});

test('a unit without its filter of system calls is more exposed', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-unit-'));
  const weak = path.join(folder, 'obolus.service');
  const text = readFileSync(kUnit, 'utf8');
  writeFileSync(weak, text.replace(/^SystemCallFilter=.*$/gm, ''));
  assert.ok(exposure(weak) > kMost);
  rmSync(folder, { recursive: true });
});

// Root's own: SQLite calls fchown only as root.
const kOfRoot = ['fchown'];

test('the unit leaves every system call that the program allows itself', () => {
  const source = readFileSync(path.join(kRoot, 'src/main/syscall_filter.cpp'), 'utf8');
  const [, list] = source.match(/kAllowed\[\] = \{([\s\S]*?)\};/);
  const own = [...list.matchAll(/"([a-z0-9_]+)"/g)].map(([, name]) => name);
  assert.ok(own.length > 100, `${own.length}`);
  const allowed = allowedBy(kUnit);
  const conditional = ['mmap', 'mprotect', 'clone', 'socket', 'socketpair', 'tgkill', 'prctl'];
  const entering = ['landlock_create_ruleset', 'landlock_restrict_self', 'seccomp', 'listen'];
  const missing = [...own, ...conditional, ...entering, 'prlimit64', 'execve']
    .filter((name) => !allowed.has(name))
    .filter((name) => !kOfRoot.includes(name));
  assert.deepEqual(missing, []);
});
