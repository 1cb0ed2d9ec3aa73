// Accessibility, machine-checked: axe-core's rules for WCAG 2.2 AA and its best practices, in every
// state of states.mjs, light and dark, left to right (English) and right to left (Arabic). Prints
// how much was checked. That the harness can fail is shown by breaking what it must find.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inspect } from './axe.mjs';
import { kGrounds, Stage } from './stage.mjs';
import { kStates, reach } from './states.mjs';

const kLanguages = [
  { lang: 'en', dir: 'ltr' },
  { lang: 'ar', dir: 'rtl' },
];
const kThemes = ['light', 'dark'];

// A frame is part of a page: nobody skips over blocks in it, and axe leaves that to people.
const isKnown = (line) => /^bypass: .*iframe/.test(line);

let stage;
before(async () => {
  stage = await Stage.start();
});
after(() => stage.stop());

async function setTheme({ page, form, look, inShop }, theme) {
  await page.emulateMedia({ colorScheme: theme });
  look.theme = theme;
  if (!inShop) return;
  await page.evaluate((name) => {
    document.body.className = name;
    window.card.update({ appearance: { theme: name } });
  }, theme);
  await form.waitForFunction((name) => document.documentElement.dataset.theme === name, theme);
}

const directionOf = (frame) => frame.evaluate(() => getComputedStyle(document.body).direction);

const totals = new Map();

function count({ where }, { lang }, theme, { checks }) {
  const row = totals.get(where) ?? new Map();
  const column = `${lang} ${theme}`;
  row.set(column, (row.get(column) ?? 0) + checks);
  totals.set(where, row);
}

for (const language of kLanguages) {
  for (const state of kStates) {
    test(`${state.where}, ${state.name}, ${language.dir}: nothing to object to`, async () => {
      const visit = await reach(stage, state, { ...language, theme: kThemes[0] });
      try {
        for (const frame of [visit.page, visit.form].filter(Boolean)) {
          assert.equal(await directionOf(frame), language.dir);
        }
        for (const theme of kThemes) {
          await setTheme(visit, theme);
          const found = await inspect(visit.page, visit.form, kGrounds[theme]);
          assert.deepEqual(found.violations, [], theme);
          assert.deepEqual(
            found.unsure.filter((line) => !isKnown(line)),
            [],
            theme,
          );
          count(state, language, theme, found);
        }
        assert.deepEqual(visit.complaints, []);
      } finally {
        await visit.close();
      }
    });
  }
}

test('what is broken is found: a label, a contrast, a name of a button, the language', async () => {
  const empty = kStates.find(({ name }) => name === 'empty');
  const visit = await reach(stage, empty, { lang: 'en', theme: 'light' });
  const found = async () => {
    const { violations } = await inspect(visit.page, visit.form, kGrounds.light);
    return [...new Set(violations.map((line) => line.split(':')[0]))].sort();
  };
  assert.deepEqual(await found(), []);
  await visit.form.evaluate(() => {
    document.querySelector('label[for=cvc]').remove();
    document.querySelector('#cvc').placeholder = '';
    document.querySelector('label[for=expiry]').style.color = '#ccc';
  });
  await visit.page.evaluate(() => {
    document.documentElement.removeAttribute('lang');
    document.querySelector('#pay').textContent = '';
  });
  const expected = ['button-name', 'color-contrast', 'html-has-lang', 'label', 'label-title-only'];
  assert.deepEqual(await found(), expected);
  await visit.close();
});

after(() => {
  const columns = kLanguages.flatMap(({ lang }) => kThemes.map((theme) => `${lang} ${theme}`));
  const rows = [['checks passed', ...columns]];
  for (const [where, row] of totals) {
    const states = kStates.filter((state) => state.where === where).length;
    rows.push([`${where} (${states} states)`, ...columns.map((column) => row.get(column) ?? 0)]);
  }
  const lines = rows.map((row) => row.map((cell) => String(cell).padStart(20)).join(''));
  console.log(lines.join('\n'));
});
