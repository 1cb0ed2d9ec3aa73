// One test program a day under a sanitizer, so that all have their turn in a fortnight and a run of
// ./test pays for one. The build may take so many seconds; what it does not finish the next run
// goes on with, and the program of src/base, which is small, has the day instead.
//
//   node tests/sanitized/rotation.mjs [--list]
//
// OBOLUS_SANITIZED=asan:vault_test takes that one whatever the day; OBOLUS_SANITIZED_BUILD_S=900
// gives the build more time.
import path from 'node:path';
import { kRoot, run } from '../support/processes.mjs';

// What each preset is good for: threads are where threads are.
const kTurns = [
  'asan:base_test',
  'tsan:base_test',
  'asan:vault_test',
  'tsan:net_test',
  'asan:http_test',
  'asan:fuzz_replay',
  'asan:domain_test',
  'tsan:storage_test',
  'asan:net_test',
  'asan:storage_test',
  'tsan:vault_test',
  'asan:app_test',
  'asan:cli_test',
  'asan:main_test',
];
const kFolders = { fuzz_replay: 'tests/fuzz' };
const kMostRunS = 240;
const kMostBuildS = 1500; // of what is built in any case
const buildSeconds = Number(process.env.OBOLUS_SANITIZED_BUILD_S ?? '100');

function turnOf(date) {
  const day = Math.floor(date.getTime() / 86_400_000);
  return process.env.OBOLUS_SANITIZED ?? kTurns[day % kTurns.length];
}

// True: it is built and up to date.
function build(preset, target, seconds) {
  const { status, stdout, stderr } = run(
    'timeout',
    ['-s', 'INT', String(seconds), 'tools/build', preset, target],
    { cwd: kRoot, timeout: 0, maxBuffer: 2 ** 28 },
  );
  if (status === 0) return true;
  if (status === 124) return false;
  throw new Error(`${target} does not build for ${preset}:\n${stdout}${stderr}`);
}

function test(preset, target) {
  const program = path.join(
    kRoot,
    'build',
    preset,
    kFolders[target] ?? `src/${target.replace(/_test$/, '')}`,
    target,
  );
  const args = target === 'fuzz_replay' ? [path.join(kRoot, 'tests/fuzz/corpus'), '40'] : [];
  const { status, stdout, stderr } = run(program, args, {
    cwd: kRoot,
    timeout: kMostRunS * 1000,
    maxBuffer: 2 ** 28,
    env: {
      ...process.env,
      ASAN_OPTIONS: 'detect_stack_use_after_return=1',
      UBSAN_OPTIONS: 'print_stacktrace=1',
      TSAN_OPTIONS: 'halt_on_error=1',
    },
  });
  const ran = /\[ {2}PASSED {2}\] (\d+) tests/.exec(stdout)?.[1] ?? stdout.split('\n').length - 1;
  if (status !== 0 || Number(ran) === 0) {
    console.log(stdout.split('\n').slice(-60).join('\n'));
    console.log(stderr.split('\n').slice(-120).join('\n'));
    throw new Error(`${target} under ${preset} ended with ${status}`);
  }
  console.log(`${target} under ${preset}: ${ran} passed, no report`);
}

if (process.argv.includes('--list')) {
  for (const turn of kTurns) console.log(turn);
} else {
  const [preset, target] = turnOf(new Date()).split(':');
  if (build(preset, target, buildSeconds)) {
    test(preset, target);
  } else {
    console.log(`${target} for ${preset} is not built in ${buildSeconds} s; the next run goes on`);
    if (!build(preset, 'base_test', kMostBuildS)) {
      throw new Error(`base_test is not built in ${kMostBuildS} s`);
    }
    test(preset, 'base_test');
  }
}
