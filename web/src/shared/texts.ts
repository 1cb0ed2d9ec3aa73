// The words that shoppers read or hear, in one language at a time. A document of ours carries the
// texts of its scripts in a data block (<script type="application/json" id="texts">), written by
// build.mjs from src/languages/<language>.json, so that no request is spent on them; another
// language is loaded when the host asks for it. Plurals follow Intl.PluralRules.

import type english from '../languages/en.json';

export type TextKey = keyof typeof english;

/** One text, or one for each plural category of the language ("other" always). */
export type Text = string | ({ readonly other: string } & Readonly<Record<string, string>>);

export interface Texts {
  /** BCP 47, of the language that the texts are in. */
  readonly language: string;
  readonly words: Readonly<Partial<Record<string, Text>>>;
}

export type Values = Readonly<Record<string, string | number>>;

let current: Texts = { language: 'en', words: {} };

export function setTexts(texts: Texts): void {
  current = texts;
}

export function language(): string {
  return current.language;
}

/** Reads the document's own data block; a document without one keeps what was set. */
export function readTexts(page: Document): void {
  const words: unknown = JSON.parse(page.getElementById('texts')?.textContent ?? 'null');
  if (typeof words === 'object' && words !== null) {
    setTexts({ language: page.documentElement.lang, words: words as Texts['words'] });
  }
}

/**
 * The text of `key` with `{name}` replaced by `values.name`; numbers in the language's own digits.
 * `values.n` chooses the plural. A key without a text gives the key: a test proves there is none.
 */
export function text(key: TextKey, values: Values = {}): string {
  const found = current.words[key] ?? key;
  return fillIn(typeof found === 'string' ? found : plural(found, values['n']), values);
}

function plural(forms: Exclude<Text, string>, n: string | number | undefined): string {
  const category = new Intl.PluralRules(current.language).select(Number(n));
  return (forms as Readonly<Record<string, string>>)[category] ?? forms.other;
}

function fillIn(pattern: string, values: Values): string {
  return pattern.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? value.toLocaleString(current.language) : value;
  });
}
