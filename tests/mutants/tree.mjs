// A worktree of the last commit, to break the source in without anybody minding: with the npm
// packages of this one, configured, and compiling by the cache of the other builds.
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { kRoot, run } from '../support/processes.mjs';

// What the other builds of this repository have compiled is compiled.
const kCache = { CCACHE_BASEDIR: process.env.CCACHE_BASEDIR ?? kRoot, CCACHE_NOHASHDIR: '1' };

function must(program, args, options) {
  const done = run(program, args, { timeout: 3_600_000, maxBuffer: 2 ** 28, ...options });
  if (done.status !== 0)
    throw new Error(`${program} ${args.join(' ')}\n${done.stdout}${done.stderr}`);
}

export function makeTree(tree) {
  rmSync(tree, { recursive: true, force: true });
  must('git', ['worktree', 'prune'], { cwd: kRoot });
  mkdirSync(path.dirname(tree), { recursive: true });
  must('git', ['worktree', 'add', '--quiet', '--detach', '--force', tree, 'HEAD'], { cwd: kRoot });
  for (const folder of ['web/node_modules', 'tests/node_modules']) {
    if (existsSync(path.join(kRoot, folder))) {
      symlinkSync(path.join(kRoot, folder), path.join(tree, folder));
    }
  }
  must('cmake', ['--preset', 'dev'], { cwd: tree });
}

// What ninja said: {status, stdout, stderr}.
export function buildIn(tree, targets) {
  const options = { timeout: 3_600_000, maxBuffer: 2 ** 28, env: { ...process.env, ...kCache } };
  const build = path.join(tree, 'build/dev');
  return run('ninja', ['-C', build, '-j', '2', '--quiet', ...targets], options);
}

export function removeTree(tree) {
  must('git', ['worktree', 'remove', '--force', tree], { cwd: kRoot });
}
