// The npm packages as a shop gets them: packed, installed from the tarballs without network,
// type-checked, bundled by Vite, and opened in Chromium, where they take a card. Also as plain
// files in a page, in Node, and unused.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, before, test } from 'node:test';
import { build } from 'esbuild';
import type * as Testing from '../client/testing';
import { complaints, kPan, newKey, page, standIn } from './support/stage';

const kWeb = process.cwd();
const kCard = { number: '4242 4242 4242 4242', expiry: '12/30', cvc: '123', name: 'Ada Lovelace' };
const kQuiet = ['--no-audit', '--no-fund', '--loglevel=error'];

/** What the shop brings itself; from here, so that nothing is fetched. */
const kTools = ['vite', 'typescript', 'react', '@types/react'];

let shop: string;

function run(folder: string, program: string, ...args: string[]): string {
  try {
    return execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(' ')}\n${stdout}\n${stderr}`);
  }
}

const node = (...args: string[]) => run(shop, process.execPath, ...args);

function tsc(files: string[], ...options: string[]): string {
  const compiler = join(kWeb, 'node_modules', 'typescript', 'bin', 'tsc');
  const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2022'];
  return node(compiler, ...strict, ...options, ...files);
}

function write(path: string, text: string): void {
  writeFileSync(join(shop, path), text);
}

before(() => {
  shop = mkdtempSync(join(tmpdir(), 'obolus-shop-'));
  write('package.json', '{"name": "shop", "private": true, "type": "module"}');
  for (const name of ['client', 'react']) {
    run(join(kWeb, name), 'npm', 'pack', '--pack-destination', shop, ...kQuiet);
  }
  const tarballs = readdirSync(shop).filter((file) => file.endsWith('.tgz'));
  assert.equal(tarballs.length, 2);
  const install = ['install', '--offline', '--legacy-peer-deps', ...kQuiet];
  run(shop, 'npm', ...install, ...tarballs.map((file) => `./${file}`));
  mkdirSync(join(shop, 'node_modules', '@types'));
  for (const tool of kTools) {
    symlinkSync(join(kWeb, 'node_modules', tool), join(shop, 'node_modules', tool));
  }
});

after(() => rmSync(shop, { recursive: true, force: true }));

/** A page of the shop that mounts the form and pays on click, by the installed test helper. */
async function payIn(path: string, key: string): Promise<void> {
  await page.goto(`${standIn.shop}${path}`);
  const helper = join(shop, 'node_modules/@obolus/client/dist/testing.mjs');
  const { fillCard } = (await import(pathToFileURL(helper).href)) as typeof Testing;
  await fillCard(page, kCard);
  await page.getByRole('button', { name: 'Pay' }).click();
  await page.getByText('success').waitFor();
  const [card] = standIn.sessions.get(key)?.cards ?? [];
  assert.deepEqual(
    [card?.['account_number'], card?.['additional_data']],
    [kPan, { cardholder_name: kCard.name }],
  );
  assert.deepEqual(complaints, []);
}

const kBody = '<div id="card"></div><button id="pay">Pay</button><p id="result"></p>';

/** The body of a shop's script, once `init` is there. */
function shopScript(key: string): string {
  return `
    init('${key}', { baseUrl: '${standIn.origin}', locale: 'en' }).then((obolus) => {
      obolus.card({ name: 'optional' }).mount('#card');
      document.querySelector('#pay').addEventListener('click', async () => {
        const { status } = await obolus.submit();
        document.querySelector('#result').textContent = status;
      });
    });`;
}

test('a fresh shop of Vite and TypeScript type-checks, builds, and takes a card', async () => {
  const key = newKey();
  standIn.open(key);
  write('index.html', `<!doctype html>${kBody}<script type="module" src="/main.ts"></script>`);
  write(
    'main.ts',
    `import { init, ObolusError, type CardChange } from '@obolus/client';
    export const networkOf = ({ network }: CardChange) => network;
    export const failed = (error: unknown): boolean => error instanceof ObolusError;
    ${shopScript(key).replaceAll("')", "')!")}`,
  );
  tsc(['main.ts'], '--module', 'esnext', '--moduleResolution', 'bundler');
  node(join(kWeb, 'node_modules/vite/bin/vite.js'), 'build', '--base', '/vite/');
  for (const file of readdirSync(join(shop, 'dist/assets'))) {
    standIn.shopFiles.set(`/vite/assets/${file}`, readFileSync(join(shop, 'dist/assets', file)));
  }
  standIn.shopFiles.set('/vite/', readFileSync(join(shop, 'dist/index.html')));
  await payIn('/vite/', key);
});

test('plain pages take a card with the files of the package', async () => {
  const dist = join(shop, 'node_modules/@obolus/client/dist');
  for (const [path, file] of [
    ['/umd', 'obolus.umd.js'],
    ['/esm', 'obolus.mjs'],
  ] as const) {
    const key = newKey();
    standIn.open(key);
    standIn.shopFiles.set(`/vendor/${file}`, readFileSync(join(dist, file)));
    const classic = file !== 'obolus.mjs';
    const tag = classic ? `<script src="/vendor/${file}"></script>` : '';
    const start = classic ? 'const { init } = Obolus;' : `import { init } from '/vendor/${file}';`;
    const script = `<script type="module">${start}${shopScript(key)}</script>`;
    standIn.shopFiles.set(path, `<!doctype html>${kBody}${tag}${script}`);
    await payIn(path, key);
  }
});

test('from a place of the shop the library does not guess where the server is', async () => {
  const file = join(shop, 'node_modules/@obolus/client/dist/obolus.mjs');
  standIn.shopFiles.set('/own/obolus.mjs', readFileSync(file));
  await page.goto(`${standIn.shop}/`);
  const code = await page.evaluate(async (url) => {
    const { init } = (await import(url)) as typeof window.Obolus;
    return init('pay_0123456789').catch(({ code, message }) => `${code}: ${message}`);
  }, '/own/obolus.mjs');
  assert.match(String(code), /^argument_invalid: baseUrl must be/);
});

test('imported or required in Node it does nothing, and has what it should', () => {
  const said = node(
    '--input-type=module',
    '-e',
    `const before = Reflect.ownKeys(globalThis).length;
    const library = await import('@obolus/client');
    library.defineObolusCard();
    const { createRequire } = await import('node:module');
    const required = createRequire(import.meta.url)('@obolus/client');
    const testing = createRequire(import.meta.url)('@obolus/client/testing');
    const error = await library.init('pay_0123456789').catch((error) => error);
    console.log(JSON.stringify([Reflect.ownKeys(globalThis).length - before,
      Object.keys(library).sort(), Object.keys(required).sort(), Object.keys(testing).sort(),
      error instanceof library.ObolusError]));`,
  );
  const names = ['ObolusError', 'defineObolusCard', 'init'];
  assert.deepEqual(JSON.parse(said), [0, names, names, ['fillCard', 'kTestIds'], true]);
});

test('what is imported and not used is not in the bundle', async () => {
  write('unused.js', "import { init } from '@obolus/client'; import '@obolus/react';");
  write('used.js', "import { ObolusError } from '@obolus/client'; console.log(ObolusError);");
  const size = async (entry: string) => {
    const result = await build({
      absWorkingDir: shop,
      entryPoints: [entry],
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
      external: ['react'],
      logLevel: 'silent',
    });
    return result.outputFiles[0]?.contents.length;
  };
  assert.equal(await size('unused.js'), 0);
  assert.ok((await size('used.js')) ?? 0 > 1000);
});

test('the types are found by every way of resolving, of both packages', () => {
  const use = "void init('k').then((obolus) => obolus.card().mount('#card'));";
  write('esm.mts', `import { init } from '@obolus/client';\n${use}`);
  write('cjs.cts', `import client = require('@obolus/client');\nconst { init } = client;\n${use}`);
  write(
    'test.mts',
    `import { fillCard } from '@obolus/client/testing';
    export const fill = (page: Parameters<typeof fillCard>[0]) =>
      fillCard(page, { number: '4242', expiry: '12/30', cvc: '123' });`,
  );
  write(
    'react.mts',
    `import { createElement } from 'react';
    import { ObolusCard, ObolusProvider, useObolus } from '@obolus/react';
    export const form = createElement(ObolusProvider, { sessionKey: 'k', baseUrl: 'https://p' },
      createElement(ObolusCard, { name: 'optional', onChange: ({ complete }) => !complete }));
    export const usePay = () => useObolus()?.submit();`,
  );
  const wrong = ['init(42)', "createElement(ObolusCard, { name: 'maybe' })", 'useObolus().card()'];
  write(
    'wrong.mts',
    `import { init } from '@obolus/client';
    import { createElement } from 'react';
    import { ObolusCard, useObolus } from '@obolus/react';
    ${wrong.map((use) => `// @ts-expect-error: as said in the types\nvoid ${use};`).join('\n')}`,
  );
  tsc(['esm.mts', 'cjs.cts', 'test.mts', 'react.mts', 'wrong.mts'], '--module', 'node16');
});
