// Proves that every language says everything that English says, in its own script and grammar:
// nothing missing, nothing left in English, nothing that would break the form. A new key of en.json
// fails here until all languages have it.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Text } from '../shared/texts';

const kFolder = join(process.cwd(), 'src', 'languages');

/** The official languages of the EU, and the others that shops asked for. */
const kLanguages = [
  ...['bg', 'cs', 'da', 'de', 'el', 'en', 'es', 'et', 'fi', 'fr', 'ga', 'hr', 'hu', 'it', 'lt'],
  ...['lv', 'mt', 'nl', 'pl', 'pt', 'ro', 'sk', 'sl', 'sv'],
  ...['ar', 'he', 'ja', 'nb', 'tr', 'uk', 'zh'],
];

/** The letters of a language; all others are written in Latin letters. */
const kScripts: Readonly<Record<string, RegExp>> = {
  ar: /\p{Script=Arabic}/u,
  bg: /\p{Script=Cyrillic}/u,
  el: /\p{Script=Greek}/u,
  he: /\p{Script=Hebrew}/u,
  ja: /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]/u,
  uk: /\p{Script=Cyrillic}/u,
  zh: /\p{Script=Han}/u,
};
const kLatin = /\p{Script=Latin}/u;

/** Proper names that keep their Latin letters in every script. */
const kNames = /JavaScript/g;

/** Texts that read the same as in English, each with the reason why that is right. */
const kSameAsEnglish: readonly { key: string; languages: readonly string[]; why: string }[] = [
  {
    key: 'frame.number.placeholder',
    languages: kLanguages,
    why: 'digits only, grouped as on cards everywhere',
  },
  {
    key: 'frame.expiry.placeholder',
    languages: ['ar', 'he', 'ja', 'zh'],
    why: 'cards and shops there print MM/YY, and the field runs left to right',
  },
  {
    key: 'frame.expiry.placeholder',
    languages: ['lt'],
    why: 'month and year both begin with m in Lithuanian; shops there use the international form',
  },
];

/** So that everything fits the form at 320 px; a placeholder counts as what usually is there. */
const kLimits: readonly { keys: RegExp; characters: number }[] = [
  { keys: /^(checkout\.(pay|pay_amount|cancel|back)|start\.continue)$/, characters: 28 },
  { keys: /^frame\.\w+\.label$|^frame\.title$/, characters: 32 },
  { keys: /^frame\.cvc\.hint$|\.placeholder$/, characters: 24 },
  { keys: /^fault\./, characters: 120 },
  { keys: /\.title$/, characters: 60 },
  { keys: /./, characters: 300 },
];
const kUsualWidths: Readonly<Record<string, number>> = { n: 1, time: 4, amount: 8 };

type Words = Readonly<Record<string, Text>>;

function wordsOf(language: string): Words {
  return JSON.parse(readFileSync(join(kFolder, `${language}.json`), 'utf8')) as Words;
}

const kEnglish = wordsOf('en');

function formsOf(text: Text | undefined): string[] {
  return typeof text === 'string' ? [text] : Object.values(text ?? {});
}

function placeholdersIn(text: string): string[] {
  return [...text.matchAll(/\{\w+\}/g)].map(String).sort();
}

function lettersOf(text: string): string[] {
  return [...text.replace(/\{\w+\}/g, '').replace(kNames, '')].filter((c) => /\p{L}/u.test(c));
}

function isSame(key: string, language: string): boolean {
  return kSameAsEnglish.some((same) => same.key === key && same.languages.includes(language));
}

/** True when the plural category stands for one number only, which then need not be written. */
function standsForOneNumber(language: string, category: string): boolean {
  const rules = new Intl.PluralRules(language);
  const numbers = Array.from({ length: 1000 }, (_, n) => n);
  return numbers.filter((n) => rules.select(n) === category).length === 1;
}

test('the 31 languages are there, and no other', () => {
  const files = readdirSync(kFolder).filter((name) => name.endsWith('.json'));
  assert.deepEqual(files.sort(), kLanguages.map((language) => `${language}.json`).sort());
  for (const language of kLanguages) {
    assert.deepEqual(Intl.PluralRules.supportedLocalesOf(language), [language]);
  }
});

for (const language of kLanguages) {
  test(`${language}: every key of English, in the same order, in prettier's layout`, () => {
    const words = wordsOf(language);
    assert.deepEqual(Object.keys(words), Object.keys(kEnglish));
    const source = readFileSync(join(kFolder, `${language}.json`), 'utf8');
    assert.equal(source, `${JSON.stringify(words, null, 2)}\n`);
  });

  test(`${language}: no text is left in English, and no reviewed likeness is out of date`, () => {
    const words = wordsOf(language);
    const same = Object.keys(kEnglish).filter((key) =>
      formsOf(words[key]).some((form) => formsOf(kEnglish[key]).includes(form)),
    );
    const reviewed = Object.keys(kEnglish).filter((key) => isSame(key, language));
    if (language !== 'en') assert.deepEqual(same, reviewed);
  });

  test(`${language}: plural categories and placeholders as Intl and English have them`, () => {
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    for (const [key, text] of Object.entries(wordsOf(language))) {
      const expected = placeholdersIn(formsOf(kEnglish[key]).at(-1) ?? '');
      assert.equal(typeof text, typeof kEnglish[key], key);
      if (typeof text === 'string') {
        assert.deepEqual(placeholdersIn(text), expected, key);
        continue;
      }
      assert.deepEqual(Object.keys(text).sort(), [...pluralCategories].sort(), key);
      for (const [category, form] of Object.entries(text)) {
        const found = placeholdersIn(form);
        if (found.length === 0 && standsForOneNumber(language, category)) continue;
        assert.deepEqual(found, expected, `${key}, ${category}`);
      }
    }
  });

  test(`${language}: clean text in the language's own letters`, () => {
    const own = kScripts[language] ?? kLatin;
    for (const [key, text] of Object.entries(wordsOf(language))) {
      for (const form of formsOf(text)) {
        const said = `${key}: ${form}`;
        assert.equal(form, form.trim().normalize('NFC'), said);
        assert.doesNotMatch(form, /[\p{Cc}\p{Cf}]| {2}|[<>&"]/u, said);
        if (language !== 'en') assert.doesNotMatch(form, /'/, said);
        if (isSame(key, language)) continue;
        const letters = lettersOf(form);
        assert.notEqual(letters.length, 0, said);
        const foreign = letters.filter((letter) => !own.test(letter));
        assert.deepEqual(foreign, [], said);
      }
    }
  });

  test(`${language}: everything fits the form at 320 px`, () => {
    for (const [key, text] of Object.entries(wordsOf(language))) {
      const limit = kLimits.find(({ keys }) => keys.test(key))?.characters ?? 0;
      for (const form of formsOf(text)) {
        const shown = form.replace(/\{(\w+)\}/g, (_, name: string) =>
          'x'.repeat(kUsualWidths[name] ?? 0),
        );
        assert.ok([...shown].length <= limit, `${key}: ${form} is longer than ${limit}`);
      }
    }
  });
}
