// What of the compiler's and linker's protection is missing in a program: by what readelf sees in
// the file, and by the commands with which each of its objects was compiled.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../support/processes.mjs';

function readelf(...args) {
  const { status, stdout, stderr } = run('readelf', args, { maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

const kPage = 0x1000;

// endbr64, where an indirect call or jump may land.
const kLandingPad = Buffer.from('f30f1efa', 'hex');

function landingPads(program) {
  const [, offset, size] = readelf('-SW', program).match(
    /\.text\s+PROGBITS\s+[0-9a-f]+\s+([0-9a-f]+)\s+([0-9a-f]+)/,
  );
  const start = Number.parseInt(offset, 16);
  const text = readFileSync(program).subarray(start, start + Number.parseInt(size, 16));
  let count = 0;
  for (let at = text.indexOf(kLandingPad); at >= 0; at = text.indexOf(kLandingPad, at + 4)) ++count;
  return count;
}

// {name: what is wrong} of one ELF file; empty when it is as it should be. `pads`: how many
// landing pads a program of its size has at least.
export function weaknessesOf(program, { pads = 1 } = {}) {
  const header = readelf('-hW', program);
  const segments = readelf('-lW', program);
  const dynamic = readelf('-dW', program);
  const symbols = readelf('--dyn-syms', '-W', program);
  const loads = [...segments.matchAll(/^ +LOAD +0x([0-9a-f]+) .*? ([R ][W ][E ]) 0x/gm)].map(
    ([, offset, flags]) => ({ offset: Number.parseInt(offset, 16), flags }),
  );
  // Where one segment ends and the next begins within a page of the file, both are mapped twice.
  const sharesPage = loads.some(
    ({ offset, flags }, i) =>
      offset % kPage !== 0 && (flags.includes('E') || loads[i - 1].flags.includes('E')),
  );
  const checks = {
    PIE: /Type:\s+DYN/.test(header) && /FLAGS_1.*PIE/.test(dynamic),
    RELRO: /GNU_RELRO/.test(segments),
    BIND_NOW: /BIND_NOW|FLAGS_1.*NOW/.test(dynamic),
    'stack that does not execute': /GNU_STACK\s.*RW\s/.test(segments),
    'no segment both writable and executable': !loads.some(({ flags }) => flags.includes('WE')),
    'code in a segment of its own': !loads[0]?.flags.includes('E') && !sharesPage,
    'no RPATH': !/\((RPATH|RUNPATH)\)/.test(dynamic),
    'no TEXTREL': !/TEXTREL/.test(dynamic),
    'stack protector': /__stack_chk_fail/.test(symbols),
    'fortified calls': /__\w+_chk@/.test(symbols),
    'landing pads': !/X86-64/.test(header) || landingPads(program) >= pads,
  };
  return Object.entries(checks)
    .filter(([, holds]) => !holds)
    .map(([name]) => name);
}

// Flags that leave no trace in the file that could be told from another's.
const kFlags = [
  '-D_FORTIFY_SOURCE=3',
  '-D_GLIBCXX_ASSERTIONS',
  '-fstack-protector-strong',
  '-fstack-clash-protection',
  '-ftrivial-auto-var-init=zero',
  ...(process.arch === 'x64' ? ['-fcf-protection=full'] : []),
];

// Whether a build has all of them: a release has, and dev may (OBOLUS_HARDENED).
export function isHardened(build) {
  const cache = readFileSync(path.join(build, 'CMakeCache.txt'), 'utf8');
  return /^OBOLUS_HARDENED:\w+=ON$/m.test(cache);
}

// [{file, missing}] of every source of ours that a build compiles.
export function sourcesWithoutFlags(build, flags = kFlags) {
  const commands = JSON.parse(readFileSync(path.join(build, 'compile_commands.json'), 'utf8'));
  return commands
    .map(({ file, command }) => {
      const words = command.split(' ');
      const isUndone = (flag) =>
        words.includes(flag.replace(/^-f/, '-fno-').replace(/^-D/, '-U').replace(/=.*/, ''));
      return { file, missing: flags.filter((flag) => !words.includes(flag) || isUndone(flag)) };
    })
    .filter(({ missing }) => missing.length > 0);
}

// What every build has.
export const kAlways = ['-D_GLIBCXX_ASSERTIONS', '-fstack-protector-strong'];
export { kFlags };
