// Another language than the one that the document was served in, on the host's wish. The server has
// the texts, and chooses the nearest language that it has; here only the name is checked.

import { dictionary, anyOf, shape, text } from '../shared/guard';
import { language, setTexts, type Texts } from '../shared/texts';

const kTag = /^[a-z]{2,3}(-[a-z\d]{2,8}){0,5}$/i;

const isWords = dictionary(anyOf(text(1000), shape({ other: text(1000) })), 1000);

/** True when texts of `wanted` are to be loaded: it is a language tag, and not what is shown. */
export function isOther(wanted: string | null): wanted is string {
  if (wanted === null || wanted.length > 35 || !kTag.test(wanted)) return false;
  return !`${wanted}-`.toLowerCase().startsWith(`${language()}-`.toLowerCase());
}

/** Loads the texts nearest to `wanted`; null when they cannot be had, and all stays as it is. */
export async function loadTexts(wanted: string): Promise<Texts | null> {
  try {
    const response = await fetch(`/frame/v1/texts/${wanted}.json`, { credentials: 'omit' });
    const words: unknown = response.ok && (await response.json());
    if (!isWords(words)) return null;
    return { language: response.headers.get('content-language') ?? wanted, words };
  } catch {
    return null;
  }
}

/** Makes `texts` current, for the document too; Arabic and Hebrew run from right to left. */
export function speak(page: Document, texts: Texts): void {
  setTexts(texts);
  const root = page.documentElement;
  root.lang = texts.language;
  root.dir = /^(ar|he|fa|ur)\b/.test(texts.language) ? 'rtl' : 'ltr';
}
