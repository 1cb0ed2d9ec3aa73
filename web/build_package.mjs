// Builds the npm packages, each in its folder, ready for `npm pack` there (which calls this):
//   node build_package.mjs client|react
// `client` is the server's own library files, in the shapes that bundlers, Node and plain pages
// want, and the helper for Playwright.

import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const kHere = dirname(fileURLToPath(import.meta.url));

/** Writes the types of `entry`, which must be without fault. */
function declare(entry, out) {
  const { config } = ts.readConfigFile(join(kHere, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, kHere);
  Object.assign(options, { noEmit: false, declaration: true, emitDeclarationOnly: true });
  const program = ts.createProgram([entry], { ...options, outDir: out, rootDir: dirname(entry) });
  const faults = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
  if (faults.length > 0) throw new Error(ts.flattenDiagnosticMessageText(faults[0].messageText));
}

/** One module for import and one for require, and its types for both. */
async function compile(entry, name, out, options = {}) {
  for (const [format, extension] of [
    ['esm', 'mjs'],
    ['cjs', 'js'],
  ]) {
    await build({
      absWorkingDir: kHere,
      entryPoints: [entry],
      outfile: join(out, `${name}.${extension}`),
      bundle: true,
      packages: 'external',
      target: 'es2020',
      format,
      logLevel: 'warning',
      ...options,
    });
  }
  declare(join(kHere, entry), out);
  await copyFile(join(out, `${name}.d.ts`), join(out, `${name}.d.mts`));
}

/** The classic script as a module for whoever asks: CommonJS, AMD, or a global. */
function asUmd(script) {
  return `(function (root, make) {
  if (typeof module === 'object' && module.exports) module.exports = make();
  else if (typeof define === 'function' && define.amd) define(make);
  else root.Obolus = make();
})(typeof self === 'undefined' ? this : self, function () {
${script.trimEnd()}
return Obolus;
});
`;
}

async function buildClient(out) {
  const served = await mkdtemp(join(tmpdir(), 'obolus-package-'));
  try {
    // What it says must not get between the words of `npm pack --json`.
    const options = { cwd: kHere, stdio: ['ignore', 2, 2] };
    const args = ['build.mjs', '--whole', '--out', served];
    const { status } = spawnSync(process.execPath, args, options);
    if (status !== 0) throw new Error('build.mjs failed');
    await copyFile(join(served, 'obolus.mjs'), join(out, 'obolus.mjs'));
    await copyFile(join(served, 'obolus.d.ts'), join(out, 'obolus.d.ts'));
    await copyFile(join(served, 'obolus.d.ts'), join(out, 'obolus.d.mts'));
    const script = await readFile(join(served, 'element.js'), 'utf8');
    await writeFile(join(out, 'obolus.umd.js'), asUmd(script));
  } finally {
    await rm(served, { recursive: true, force: true });
  }
  await compile('client/testing.ts', 'testing', out);
}

async function buildReact(out) {
  // Frameworks that render on a server are told where the browser's part begins.
  await compile('react/obolus_react.ts', 'obolus_react', out, { banner: { js: "'use client';" } });
}

const kPackages = { client: buildClient, react: buildReact };

async function main(name) {
  if (!kPackages[name]) throw new Error(`one of ${Object.keys(kPackages).join(', ')}, please`);
  const out = join(kHere, name, 'dist');
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  await copyFile(join(kHere, '..', 'LICENSE'), join(kHere, name, 'LICENSE'));
  await kPackages[name](out);
}

main(process.argv[2]).catch((error) => {
  console.error(`build_package: ${error.message}`);
  process.exitCode = 1;
});
