// The programs as they were built have the protections of cmake/Hardening.cmake, and those of a
// release all of them; a program that lacks one is found out, whichever it is. `make checksec`
// builds the release for it.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { kRoot, programPath, run } from '../support/processes.mjs';
import {
  isHardened,
  kAlways,
  kFlags,
  sourcesWithoutFlags,
  weaknessesOf,
} from './program_flags.mjs';

const kNames = ['src/main/obolus', 'sandbox/obolus-sandbox'];
const kThisBuild = path.resolve(path.dirname(programPath('obolus')), '../..');

for (const build of new Set([kThisBuild, path.join(kRoot, 'build/release')])) {
  const programs = kNames.map((name) => path.join(build, name)).filter(existsSync);
  const hardened = programs.length > 0 && isHardened(build);
  for (const program of programs) {
    test(`${path.relative(kRoot, program)} is protected`, () => {
      assert.deepEqual(weaknessesOf(program, { pads: hardened ? 1000 : 0 }), []);
    });
  }
  if (programs.length === 0) continue;
  test(`${path.relative(kRoot, build)}: every source was compiled with every flag`, () => {
    assert.deepEqual(sourcesWithoutFlags(build, hardened ? kFlags : kAlways), []);
  });
}

test('a release is what has every flag', () => {
  const { configurePresets } = JSON.parse(readFileSync(path.join(kRoot, 'CMakePresets.json')));
  const release = configurePresets.find(({ name }) => name === 'release');
  assert.equal(release.cacheVariables.OBOLUS_HARDENED, 'ON');
});

describe('a program that lacks one thing is found out', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'obolus-flags-'));
  after(() => rmSync(folder, { recursive: true }));
  const source = path.join(folder, 'a.c');
  writeFileSync(
    source,
    '#include <stdio.h>\n#include <string.h>\n' +
      'static int twice(int x) { return 2 * x; }\nint (*volatile call)(int) = twice;\n' +
      'int main(int n, char** v) { char b[64]; strcpy(b, v[0]); printf(b, call(n)); return 0; }\n',
  );
  const usual = [
    '-O2 -w -fuse-ld=mold -fPIE -pie -fstack-protector-strong -D_FORTIFY_SOURCE=3',
    '-fcf-protection=full -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code',
  ].join(' ');
  const weaknessesWith = (flags) => {
    const program = path.join(folder, 'a.out');
    const all = `${usual} ${flags}`.split(' ').filter(Boolean);
    const { status, stderr } = run('clang-19', [...all, source, '-o', program]);
    assert.equal(status, 0, stderr);
    return weaknessesOf(program);
  };

  test('and the usual one has nothing amiss', () => assert.deepEqual(weaknessesWith(''), []));
  for (const [flags, expected] of [
    ['-fno-PIE -no-pie', 'PIE'],
    ['-Wl,-z,norelro', 'RELRO'],
    ['-Wl,-z,lazy', 'BIND_NOW'],
    ['-Wl,-z,execstack', 'stack that does not execute'],
    ['-Wl,-z,noseparate-code', 'code in a segment of its own'],
    ['-Wl,-rpath,/tmp', 'no RPATH'],
    ['-fno-stack-protector', 'stack protector'],
    ['-U_FORTIFY_SOURCE', 'fortified calls'],
    ['-static-libgcc -Wl,--omagic', 'no segment both writable and executable'],
  ]) {
    test(`${expected}: ${flags}`, () => {
      const found = weaknessesWith(flags);
      assert.ok(found.includes(expected), `found: ${found.join(', ')}`);
    });
  }

  test('landing pads: too few of them', () => {
    weaknessesWith('');
    const program = path.join(folder, 'a.out');
    assert.deepEqual(weaknessesOf(program, { pads: 1000 }), ['landing pads']);
  });

  for (const flag of kFlags) {
    test(`a source without ${flag}`, () => {
      const command = kFlags.filter((other) => other !== flag).join(' ');
      const commands = JSON.stringify([{ file: 'a.cpp', command: `clang++ ${command} a.cpp` }]);
      writeFileSync(path.join(folder, 'compile_commands.json'), commands);
      assert.deepEqual(sourcesWithoutFlags(folder), [{ file: 'a.cpp', missing: [flag] }]);
    });
  }
});
