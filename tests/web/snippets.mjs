// The examples of a document that are marked `runnable` behind their language, and the pages that
// run them against a real obolus. Used by snippets.test.mjs.
import { createRequire } from 'node:module';
import path from 'node:path';
import { kRoot } from '../support/processes.mjs';

const kWeb = path.join(kRoot, 'web');
const { build } = createRequire(path.join(kWeb, 'package.json'))('esbuild');
export const kServer = 'https://pay.example.com';
const kNonce = 'R4nd0m';

// [{language, kind, text, line}] in order; `kind` is what stands behind `runnable=`.
export function runnable(markdown) {
  const found = [];
  let block;
  markdown.split('\n').forEach((text, index) => {
    const fence = /^```(\w+)?(?: runnable(?:=(\w+))?)?$/.exec(text);
    if (!fence) return void block?.lines.push(text);
    if (block) {
      if (block.isRunnable) found.push({ ...block, text: block.lines.join('\n') });
      block = undefined;
    } else {
      const [, language, kind] = fence;
      const isRunnable = text.includes(' runnable');
      block = { language, kind, isRunnable, line: index + 1, lines: [] };
    }
  });
  return found;
}

// The packages' own sources, as npm would give them.
export async function bundled({ language, text }, format) {
  const { outputFiles } = await build({
    stdin: { contents: text, loader: language, resolveDir: kWeb },
    alias: {
      '@obolus/client/testing': path.join(kWeb, 'client/testing.ts'),
      '@obolus/client': path.join(kWeb, 'src/host/module.ts'),
      '@obolus/react': path.join(kWeb, 'react/obolus_react.ts'),
    },
    define: { OBOLUS_CHALLENGE: '""' },
    bundle: true,
    write: false,
    format,
    target: 'es2022',
    jsx: 'automatic',
    nodePaths: [path.join(kWeb, 'node_modules')],
    logLevel: 'silent',
  });
  return outputFiles[0].text;
}

// The body of a shop's page that has what the example takes for granted.
export async function bodyOf(snippet) {
  if (snippet.language === 'html') {
    return snippet.text.replace(/<script(?! src)/g, `<script nonce="${kNonce}"`);
  }
  const code = await bundled(snippet, 'esm');
  const place =
    snippet.language === 'tsx'
      ? '<div id="root"></div>'
      : '<div id="card"></div><button id="pay">Pay</button>';
  const script = code.replaceAll('</script', '<\\/script');
  return `${place}<script type="module" nonce="${kNonce}">${script}</script>`;
}

// A shop's page with that body, for that session: {html, policy}.
export function shopPage(body, { obolusUrl, key, header }) {
  const real = (text) => text.replaceAll(kServer, obolusUrl).replaceAll('SESSION_KEY', key);
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
    <link rel="icon" href="data:,"></head><body>
    <script nonce="${kNonce}">const sessionKey = '${key}';</script>${real(body)}</body></html>`;
  return { html, policy: real(header).replace('Content-Security-Policy: ', '') };
}
