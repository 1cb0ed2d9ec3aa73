// Runs every test: builds dist/, compiles *.test.ts with esbuild, hands them to node's test runner.
// Built files go below node_modules, so that the packages they import are found.

import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const kWeb = dirname(dirname(fileURLToPath(import.meta.url)));
const kOut = join(kWeb, 'node_modules', '.obolus-tests');

function testFiles(folder) {
  return readdirSync(join(kWeb, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return testFiles(path);
    return entry.name.endsWith('.test.ts') ? [path] : [];
  });
}

function run(args) {
  return spawnSync(process.execPath, args, { cwd: kWeb, stdio: 'inherit' }).status ?? 1;
}

const only = process.argv.slice(2);
const sources = [...testFiles('src'), ...testFiles('tests')].filter(
  (path) => only.length === 0 || only.some((part) => path.includes(part)),
);
rmSync(kOut, { recursive: true, force: true });
const result = await build({
  absWorkingDir: kWeb,
  entryPoints: sources,
  outdir: kOut,
  outbase: kWeb,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  packages: 'external',
  // Of our own packages, the source.
  alias: { '@obolus/client': './src/host/module.ts', '@obolus/react': './react/obolus_react.ts' },
  platform: 'node',
  format: 'esm',
  target: 'node18',
  sourcemap: 'inline',
  define: { OBOLUS_CHALLENGE: '""' },
  logLevel: 'warning',
  metafile: true,
  // package.json says that no file has side effects, which is meant for shops, not for tests.
  ignoreAnnotations: true,
});
const built = Object.keys(result.metafile.outputs).map((path) => join(kWeb, path));
process.exitCode =
  run(['build.mjs']) || run(['--enable-source-maps', '--test', '--test-reporter=spec', ...built]);
