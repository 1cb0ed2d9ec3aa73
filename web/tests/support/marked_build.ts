// A build whose only language is marked: every text of English in ⟦…⟧, so that a word which is not
// from the language files shows. Import this before the stand-in, which then serves it.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import english from '../../src/languages/en.json';
import type { Text } from '../../src/shared/texts';

const kMarked = Object.entries<Text>(english).map(([key, text]) => [
  key,
  typeof text === 'string'
    ? `⟦${text}⟧`
    : Object.fromEntries(Object.entries(text).map(([category, form]) => [category, `⟦${form}⟧`])),
]);

const folder = mkdtempSync(join(tmpdir(), 'obolus-marked-'));
const languages = join(folder, 'languages');
mkdirSync(languages);
writeFileSync(join(languages, 'en.json'), JSON.stringify(Object.fromEntries(kMarked)));
const dist = join(folder, 'dist');
execFileSync(process.execPath, ['build.mjs', '--out', dist, '--languages', languages]);
process.env['OBOLUS_WEB_DIST'] = dist;
after(() => rmSync(folder, { recursive: true }));

/** Runs in a page: what is said in it, by text or attribute, outside of the marks. */
export function unmarkedWords(names: readonly string[]): string[] {
  const attributes = ['alt', 'aria-description', 'aria-label', 'aria-valuetext', 'placeholder'];
  const found: string[] = [];
  const look = (text: string) => {
    const rest = text.replace(/⟦[^⟦⟧]*⟧/g, '').trim();
    if (/\p{L}/u.test(rest) && !names.includes(rest)) found.push(rest);
  };
  look(document.title);
  for (const element of document.querySelectorAll('body, body *')) {
    if (element.matches('script, style, noscript, .merchant *, #amount')) continue;
    for (const name of [...attributes, 'title']) look(element.getAttribute(name) ?? '');
    // One text around the time that counts down.
    if (element.matches('#time, #time *')) {
      if (element.id === 'time') look(element.textContent ?? '');
      continue;
    }
    for (const node of element.childNodes)
      if (node.nodeType === Node.TEXT_NODE) look(node.textContent ?? '');
  }
  return found;
}
