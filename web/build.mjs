// Builds everything that the server serves to browsers into one folder (default dist/):
//   node build.mjs [--out DIR] [--languages DIR] [--whole]
// and fails when the card form has outgrown its size budget. CMake calls this, and the server
// carries assets.bin: a line of JSON (manifest.json, too) that says what is in it and how to serve
// it, then the contents. What the pages consist of is in payment_pages.mjs.

import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { kAuthorisation, kPages, kScripts } from './payment_pages.mjs';

const kHere = dirname(fileURLToPath(import.meta.url));
const kBanner = '/* Obolus, Apache-2.0 */';
const kStyles = ['src/frame/card.css', 'src/page/page.css'];
const kLanguages = join(kHere, 'src/languages');
const kRightToLeft = ['ar', 'he'];

/** Gzipped bytes; the issue "The shopper's side" sets them. A page is counted with its style. */
const kBudgets = [
  { what: 'loader', files: ['obolus.js'], limit: 5 * 1024 },
  { what: 'loader with element', files: ['element.js'], limit: 5.5 * 1024 },
  { what: 'module loader', files: ['obolus.mjs'], limit: 5 * 1024 },
  {
    what: 'loader and card frame',
    files: ['obolus.js', 'pages/card.en.html', 'card.js'],
    limit: 16 * 1024,
  },
  {
    what: 'loader and card frame, in the language that needs most',
    files: ['obolus.js', 'pages/card.*.html', 'card.js'],
    limit: 16.5 * 1024,
  },
  // Loaded when a shop shows a challenge itself.
  { what: 'challenge script', files: ['challenge.js'], limit: 6 * 1024 },
  // Loaded when the fields are visible and take input.
  { what: 'session script of the frame', files: ['session.js'], limit: 5 * 1024 },
];

const hash = (name, content, form) => createHash(name).update(content).digest(form);
const integrityOf = (content) => `sha384-${hash('sha384', content, 'base64')}`;
const gzip = (content) => gzipSync(content, { level: 9 });
const escapeHtml = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const readText = (path) => readFile(join(kHere, path), 'utf8');

async function bundle(entry, options) {
  const { outputFiles } = await build({
    absWorkingDir: kHere,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    // Private members end in an underscore, and nobody else's do.
    mangleProps: /[a-z]_$/,
    target: ['es2020', 'chrome109', 'firefox115', 'safari15.4'],
    charset: 'ascii',
    legalComments: 'none',
    logLevel: 'warning',
    ...options,
  });
  return Buffer.from(outputFiles[0].contents);
}

/** Every language in `folder`: its own words, and English where one has none. */
async function readLanguages(folder) {
  const read = async (name) => JSON.parse(await readFile(join(folder, name), 'utf8'));
  const english = await read('en.json');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const languages = [];
  for (const name of names.sort()) {
    const words = await read(name);
    languages.push({ tag: basename(name, '.json'), words: { ...english, ...words } });
  }
  return languages;
}

function select(words, prefixes) {
  const used = Object.entries(words).filter(([key]) => prefixes.some((p) => key.startsWith(p)));
  return Object.fromEntries(used);
}

/** Drops comments and indentation; line breaks stay, so text is never joined. */
function shrinkHtml(html) {
  return html.replace(/<!--[\s\S]*?-->\s*/g, '').replace(/\n\s+/g, '\n');
}

/** A template in one language; {{names}} that it does not know are left to the server. */
function translate(html, { tag, words }, { page, variant, scripts }) {
  const known = {
    lang: tag,
    dir: kRightToLeft.includes(tag) ? 'rtl' : 'ltr',
    variant: variant ?? '',
    texts: JSON.stringify(select(words, page.texts ?? [])).replaceAll('<', '\\u003c'),
  };
  return html
    .replace(/\{\{t\.([\w.*]+)\}\}/g, (_, pattern) => {
      const key = pattern.replace('*', variant);
      if (typeof words[key] !== 'string') throw new Error(`no text for ${key}`);
      // What is in a text by a name, the server knows.
      return escapeHtml(words[key]).replace(/\{(\w+)\}/g, '{{$1}}');
    })
    .replace(/\{\{url\.([\w.]+)\}\}/g, (_, name) => scripts.find((s) => s.name === name).hashed)
    .replace(/\{\{script\.([\w.]+)\}\}/g, (_, name) => {
      const { hashed, integrity } = scripts.find((script) => script.name === name);
      return `src="${hashed}" integrity="${integrity}" nonce="{{nonce}}"`;
    })
    .replace(/\{\{(lang|dir|variant|texts)\}\}/g, (_, name) => known[name]);
}

/** Collects what the server serves, and writes it: each content as a file, and all as one. */
class Pack {
  contents = new Map();
  files = [];

  put(name, content) {
    this.contents.set(name, Buffer.from(content));
  }

  /** Something with an address of its own; the server picks the form that the browser takes. */
  serve(name, path, type, content, more = {}) {
    const bytes = Buffer.from(content);
    this.put(name, bytes);
    this.put(`${name}.gz`, gzip(bytes));
    const etag = hash('sha256', bytes, 'hex').slice(0, 32);
    const file = { name, path, type, etag, integrity: integrityOf(bytes), open: false, ...more };
    this.files.push(file);
    return file;
  }

  async write(out, manifest) {
    let offset = 0;
    const contents = {};
    for (const [name, content] of this.contents) {
      await mkdir(dirname(join(out, name)), { recursive: true });
      await writeFile(join(out, name), content);
      contents[name] = [offset, content.length];
      offset += content.length;
    }
    const head = JSON.stringify({ ...manifest, files: this.files, contents });
    await writeFile(join(out, 'manifest.json'), head);
    const parts = [Buffer.from(`${head}\n`), ...this.contents.values()];
    await writeFile(join(out, 'assets.bin'), Buffer.concat(parts));
  }
}

const kScriptType = 'text/javascript; charset=utf-8';
const kJsonType = 'application/json';

/** `whole`: the library carries what it else loads from its server. */
async function addScripts(pack, whole) {
  for (const { from, name, folder, format, globalName, open = false } of kScripts) {
    const challenge = whole
      ? ''
      : (pack.files.find((f) => f.name === 'challenge.js')?.hashed ?? '');
    const define = { OBOLUS_CHALLENGE: JSON.stringify(challenge) };
    const content = await bundle(from, { format, globalName, banner: { js: kBanner }, define });
    const hashed = `${folder}/${hash('sha256', content, 'hex').slice(0, 16)}/${name}`;
    // The library keeps an address that shops can write down; the rest is ours alone.
    const path = open ? `${folder}/${name}` : hashed;
    pack.serve(name, path, kScriptType, content, { hashed, open });
  }
}

async function addPages(pack, languages) {
  for (const [name, page] of Object.entries(kPages)) {
    const html = shrinkHtml(await readText(page.template));
    for (const language of languages) {
      for (const variant of page.variants ?? [undefined]) {
        const full = variant === undefined ? name : `${name}-${variant}`;
        const text = translate(html, language, { page, variant, scripts: pack.files });
        pack.put(`pages/${full}.${language.tag}.html`, text);
      }
    }
  }
  for (const { tag, words } of languages) {
    const texts = select(words, kPages.card.texts);
    const path = `/frame/v1/texts/${tag}.json`;
    pack.serve(`texts/${tag}.json`, path, kJsonType, JSON.stringify(texts), { language: tag });
  }
}

/** What an operator, a shop or an auditor may want to compare a page with. */
function addInventories(pack, version) {
  const scripts = pack.files.filter((file) => file.hashed);
  const files = scripts
    .filter((file) => file.open)
    .map(({ name, path, hashed, integrity }) => ({ name, path, url: hashed, integrity }));
  const manifest = JSON.stringify({ version, files });
  pack.serve('client.json', '/client/v1/manifest.json', kJsonType, manifest, { open: true });
  const pages = Object.entries(kPages).map(([name, page]) => ({
    page: name,
    path: page.path,
    frame: page.frame,
    scripts: page.scripts.map((script) => {
      const { hashed, integrity } = scripts.find((file) => file.name === script);
      const { purpose, importedBy } = kScripts.find((entry) => entry.name === script);
      const how = importedBy ? { imported_by: importedBy } : {};
      return { url: hashed, integrity, ...how, purpose, authorisation: kAuthorisation };
    }),
    style: integrityOf(pack.contents.get(page.style)),
    headers: page.headers,
  }));
  const inventory = JSON.stringify({ version, pages }, null, 2);
  pack.serve('script-inventory.json', '/script-inventory.json', kJsonType, inventory);
}

/** Of the largest one where the name has a star. */
function gzippedSize(pack, file) {
  const [start, end = ''] = file.split('*');
  const style = pack.contents.get('card.css').toString();
  const sizes = [...pack.contents]
    .filter(([name]) => name === file || (end && name.startsWith(start) && name.endsWith(end)))
    .map(([, content]) => gzip(content.toString().replace('{{style}}', style)).length);
  return Math.max(...sizes);
}

function checkBudgets(pack) {
  let over = false;
  for (const { what, files, limit } of kBudgets) {
    const sizes = files.map((file) => gzippedSize(pack, file));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    console.log(`${what}: ${bytes} of ${limit} bytes, gzip`);
    over ||= bytes > limit;
  }
  if (over) throw new Error('over the size budget');
}

async function main() {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: join(kHere, 'dist') },
      languages: { type: 'string', default: kLanguages },
      whole: { type: 'boolean', default: false },
    },
  });
  const out = resolve(values.out);
  await rm(join(out, 'pages'), { recursive: true, force: true });
  const { version } = JSON.parse(await readText('package.json'));
  const pack = new Pack();
  const languages = await readLanguages(resolve(values.languages));
  await addScripts(pack, values.whole);
  for (const style of kStyles)
    pack.put(basename(style), (await bundle(style, {})).toString().trim());
  await addPages(pack, languages);
  addInventories(pack, version);
  const pages = Object.fromEntries(
    Object.entries(kPages).map(([name, { style, headers }]) => [name, { style, headers }]),
  );
  await pack.write(out, { version, languages: languages.map(({ tag }) => tag), pages });
  await writeFile(join(out, 'obolus.d.ts'), await readText('src/host/obolus.d.ts'));
  // The budgets are for the words that shoppers get.
  if (values.languages === kLanguages && !values.whole) checkBudgets(pack);
}

main().catch((error) => {
  console.error(`build: ${error.message}`);
  process.exitCode = 1;
});
