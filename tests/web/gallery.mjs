// A picture of every state that a shopper can meet, in light and dark, from left to right and from
// right to left, and of the wordiest states in every language; and one page that shows them all.
// For people to look at: `make gallery` writes build/gallery/, which is not kept.
//
//   node tests/web/gallery.mjs [--out DIR] [--only TEXT]
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { kRoot } from '../support/processes.mjs';
import { Stage } from './stage.mjs';
import { kStates, reach } from './states.mjs';

const kViewport = { width: 480, height: 620 };
const kWordy = ['card errors: empty', 'card co-badged', 'checkout paying', 'bank end: failed'];

const nameOf = ({ where, name }) => `${where} ${name}`;

function languages() {
  const files = readdirSync(path.join(kRoot, 'web/src/languages'));
  return files.filter((file) => file.endsWith('.json')).map((file) => path.basename(file, '.json'));
}

const directionOf = (lang) => (['ar', 'he'].includes(lang) ? 'rtl' : 'ltr');

// {title, looks} of each part of the page.
function sections(only) {
  const states = kStates.filter((state) => nameOf(state).includes(only));
  const themes = [
    { lang: 'en', theme: 'light' },
    { lang: 'en', theme: 'dark' },
    { lang: 'ar', theme: 'light' },
    { lang: 'ar', theme: 'dark' },
  ];
  const wordy = states.filter((state) => kWordy.includes(nameOf(state)));
  const every = languages().map((lang) => ({ lang, theme: 'light' }));
  return [
    ...states.map((state) => ({ title: nameOf(state), state, looks: themes })),
    ...wordy.map((state) => ({ title: `${nameOf(state)}, every language`, state, looks: every })),
  ];
}

async function picture(stage, folder, state, look) {
  const dir = directionOf(look.lang);
  const visit = await reach(stage, state, { ...look, dir, viewport: kViewport });
  const file = `${nameOf(state)} ${look.lang} ${look.theme}.png`.replace(/[^\w.]+/g, '-');
  // The frame's height follows its content by a message.
  await visit.page.waitForTimeout(150);
  await visit.page.screenshot({ path: path.join(folder, file), animations: 'disabled' });
  await visit.close();
  return { file, ...look, dir };
}

function html(parts) {
  const figure = ({ file, lang, theme, dir }) =>
    `<figure><img src="${file}" width="240" alt="" loading="lazy">` +
    `<figcaption>${lang}, ${theme}, ${dir}</figcaption></figure>`;
  const section = ({ title, pictures }) =>
    `<section><h2>${title}</h2><div>${pictures.map(figure).join('\n')}</div></section>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Obolus: every state</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; margin: 24px; background: #e9edf1; color: #1b1f24 }
  div { display: flex; flex-wrap: wrap; gap: 16px }
  figure { margin: 0 } img { border: 1px solid #7a848f; display: block }
  figcaption { font-size: 13px }
</style></head>
<body><h1>Every state</h1>
${parts.map(section).join('\n')}
</body></html>
`;
}

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: path.join(kRoot, 'build/gallery') },
    only: { type: 'string', default: '' },
  },
});
mkdirSync(values.out, { recursive: true });
const stage = await Stage.start();
const parts = [];
try {
  for (const { title, state, looks } of sections(values.only)) {
    const pictures = [];
    for (const look of looks) pictures.push(await picture(stage, values.out, state, look));
    parts.push({ title, pictures });
  }
} finally {
  await stage.stop();
}
const index = path.join(values.out, 'index.html');
writeFileSync(index, html(parts));
const count = parts.reduce((sum, { pictures }) => sum + pictures.length, 0);
console.log(`${count} pictures in ${index}`);
