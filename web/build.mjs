// Builds everything that the server serves to browsers into one folder (default dist/):
//   node build.mjs [--out DIR]
// and fails when the card form has outgrown its size budget. CMake calls this and embeds the
// result.

import { build } from 'esbuild';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

const kHere = dirname(fileURLToPath(import.meta.url));
const kBanner = '/* Obolus, Apache-2.0 */';

const kScripts = [
  { from: 'src/host/script.ts', to: 'obolus.js', format: 'iife', globalName: 'Obolus' },
  { from: 'src/host/element_script.ts', to: 'element.js', format: 'iife', globalName: 'Obolus' },
  { from: 'src/host/module.ts', to: 'obolus.mjs', format: 'esm' },
  { from: 'src/frame/main.ts', to: 'card.js', format: 'iife' },
  { from: 'src/frame/session.ts', to: 'session.js', format: 'esm' },
  { from: 'src/page/checkout.ts', to: 'checkout.js', format: 'iife' },
  { from: 'src/page/tds.ts', to: 'tds.js', format: 'iife' },
];
const kStyles = ['src/frame/card.css', 'src/page/page.css'];
const kPages = [
  'src/frame/card.html',
  'src/page/checkout.html',
  'src/page/tds_start.html',
  'src/page/tds_wait.html',
  'src/page/end.html',
];

/** Gzipped bytes; the issue "The shopper's side" sets them. */
const kBudgets = [
  { what: 'loader', files: ['obolus.js'], limit: 5 * 1024 },
  { what: 'loader with element', files: ['element.js'], limit: 5.5 * 1024 },
  { what: 'module loader', files: ['obolus.mjs'], limit: 5 * 1024 },
  {
    what: 'loader and card frame',
    files: ['obolus.js', 'card.html', 'card.js', 'card.css'],
    limit: 16 * 1024,
  },
  // Loaded when the fields are visible and take input.
  { what: 'session script of the frame', files: ['session.js'], limit: 4 * 1024 },
];

const fileName = (path) => path.slice(path.lastIndexOf('/') + 1);

/** The prefixes of the texts that the scripts of a page use. */
const kTextsOf = { frame: ['frame.', 'fault.', 'error.'], checkout: ['checkout.', 'error.'] };

const escapeHtml = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** Puts the words of a language where a template says {{t.key}}, and its data block. */
function translate(html, words) {
  const data = (page) => {
    const used = Object.entries(words).filter(([key]) =>
      kTextsOf[page].some((prefix) => key.startsWith(prefix)),
    );
    return JSON.stringify(Object.fromEntries(used)).replaceAll('<', '\\u003c');
  };
  return html
    .replace(/\{\{t\.([\w.]+)\}\}/g, (_, key) => {
      if (typeof words[key] !== 'string') throw new Error(`no text for ${key}`);
      return escapeHtml(words[key]);
    })
    .replace(/\{\{texts\.(\w+)\}\}/g, (_, page) => data(page));
}

/** Drops comments and indentation; line breaks stay, so text is never joined. */
function shrinkHtml(html) {
  return html.replace(/<!--[\s\S]*?-->\s*/g, '').replace(/\n\s+/g, '\n');
}

async function bundle(entry, out, options) {
  await build({
    absWorkingDir: kHere,
    entryPoints: [entry],
    outfile: join(out, fileName(options.to ?? entry)),
    bundle: true,
    minify: true,
    // Private members end in an underscore, and nobody else's do.
    mangleProps: /[a-z]_$/,
    target: ['es2020', 'chrome109', 'firefox115', 'safari15.4'],
    charset: 'ascii',
    legalComments: 'none',
    logLevel: 'warning',
    ...options.esbuild,
  });
}

async function checkBudgets(out) {
  let over = false;
  for (const { what, files, limit } of kBudgets) {
    const contents = await Promise.all(files.map((file) => readFile(join(out, file))));
    const bytes = contents.reduce(
      (sum, content) => sum + gzipSync(content, { level: 9 }).length,
      0,
    );
    console.log(`${what}: ${bytes} of ${limit} bytes, gzip`);
    over ||= bytes > limit;
  }
  if (over) throw new Error('over the size budget');
}

async function main() {
  const { values } = parseArgs({
    options: { out: { type: 'string', default: join(kHere, 'dist') } },
  });
  const out = resolve(values.out);
  await mkdir(out, { recursive: true });
  for (const { from, to, format, globalName } of kScripts) {
    const banner = { js: kBanner };
    await bundle(from, out, { to, esbuild: { format, globalName, banner } });
  }
  for (const style of kStyles) await bundle(style, out, { esbuild: { banner: { css: kBanner } } });
  const english = JSON.parse(await readFile(join(kHere, 'src/languages/en.json'), 'utf8'));
  for (const page of kPages) {
    await writeFile(
      join(out, fileName(page)),
      translate(shrinkHtml(await readFile(join(kHere, page), 'utf8')), english),
    );
  }
  const types = await readFile(join(kHere, 'src/host/obolus.d.ts'), 'utf8');
  await writeFile(join(out, 'obolus.d.ts'), types);
  await checkBudgets(out);
}

main().catch((error) => {
  console.error(`build: ${error.message}`);
  process.exitCode = 1;
});
