// Proves that pages and scripts have no words of their own: what a shopper can see or hear comes
// from the language files. Reads the templates and, as TypeScript sees them, the scripts; the test
// of the built pages (tests/words.test.ts) shows the same from the outside, in a browser.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { kNetworkRules } from '../shared/networks';
import english from './en.json';

const kSources = join(process.cwd(), 'src');

/** Whose strings a shopper meets. Errors of the library (src/host) are for the shop's developer. */
const kRooms = ['frame', 'page', 'shared'];

/** What the merchant says, not we. */
const kMerchants = ['{{merchant_name}}', '{{amount}}'];

/** Names that are written alike in every language. */
const kBrands = Object.values(kNetworkRules).map(({ label }) => label);

const kSpokenAttributes = ['alt', 'aria-description', 'aria-label', 'placeholder', 'title'];
const kSpokenProperties = ['textContent', 'innerText', 'ariaLabel', 'alt', 'placeholder', 'title'];

const kLetter = /\p{L}/u;
const kSelector = /^[.#:[]/;
const kTwoWords = /\p{L}[,:;.]? +\p{L}/u;

function filesOf(ending: string): string[] {
  return kRooms.flatMap((room) =>
    readdirSync(join(kSources, room))
      .filter((name) => name.endsWith(ending) && !name.includes('.test.'))
      .map((name) => join(room, name)),
  );
}

/** The texts and spoken attributes of a template that are not placeholders for words. */
function wordsInTemplate(html: string): string[] {
  const shown = html
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/<(script|style)\b[\s\S]*?<\/\1>/g, '');
  const attributes = [...shown.matchAll(/ ([\w-]+)="([^"]*)"/g)]
    .filter(([, name = '']) => kSpokenAttributes.includes(name))
    .map(([, , value = '']) => value);
  const texts = shown.split(/<[^>]*>/).map((text) => text.trim());
  return [...attributes, ...texts].filter(
    (text) =>
      kLetter.test(text) &&
      !/^\{\{(t\.[\w.*-]+|fields)\}\}$/.test(text) &&
      !kMerchants.includes(text),
  );
}

function calledName(node: ts.Node): string {
  if (ts.isNewExpression(node)) return `new ${node.expression.getText()}`;
  return ts.isCallExpression(node) ? node.expression.getText() : '';
}

/** True for what only a developer reads: errors that are bugs, and the key of a text. */
function isForDevelopers(node: ts.Node, text: string): boolean {
  const is_key = Object.keys(english).some((key) => key.includes(text));
  return is_key || /^new \w*Error$/.test(calledName(node.parent));
}

function isSpoken(node: ts.Node): boolean {
  for (let at = node.parent; at !== undefined && !ts.isStatement(at); at = at.parent) {
    if (ts.isBinaryExpression(at) && at.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
      const { left, right } = at;
      const inside = right.pos <= node.pos && node.end <= right.end;
      if (inside && ts.isPropertyAccessExpression(left))
        return kSpokenProperties.includes(left.name.text);
    }
    if (ts.isCallExpression(at) && /\.setAttribute$/.test(calledName(at))) {
      const [name, value] = at.arguments;
      const named = name !== undefined && ts.isStringLiteralLike(name) ? name.text : '';
      return node !== name && value !== undefined && kSpokenAttributes.includes(named);
    }
  }
  return false;
}

/** The string literals of a script, and the fixed parts of its templates, that look like words. */
function wordsInScript(name: string, source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || isTemplatePart(node)) {
      const { text } = node as ts.LiteralLikeNode;
      const owner = ts.isStringLiteralLike(node) ? node : templateOf(node);
      const wordy =
        (kTwoWords.test(text) && !kSelector.test(text)) || (kLetter.test(text) && isSpoken(owner));
      if (wordy && !isForDevelopers(owner, text) && !kBrands.includes(text)) found.push(text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(name, source, ts.ScriptTarget.ES2022, true));
  return found;
}

function isTemplatePart(node: ts.Node): boolean {
  return ts.isTemplateMiddle(node) || ts.isTemplateTail(node);
}

function templateOf(node: ts.Node): ts.Node {
  return ts.isTemplateExpression(node) ? node : templateOf(node.parent);
}

test('the checks of this test find words', () => {
  const html = '<p title="Hello">{{t.a}}</p><b>Pay</b><input placeholder="{{t.b}}">{{amount}}';
  assert.deepEqual(wordsInTemplate(html), ['Hello', 'Pay']);
  const script = [
    "x.textContent = 'Pay';",
    'x.textContent = `Pay ${amount}`;',
    "x.setAttribute('aria-label', a ? 'Close' : text('frame.title'));",
    "say('Something went wrong.');",
    "x.className = 'row'; y.textContent = text('frame.title');",
    "throw new Error('a bug of ours');",
  ].join('\n');
  const expected = ['Pay', 'Pay ', 'Close', 'Something went wrong.'];
  assert.deepEqual(wordsInScript('x.ts', script), expected);
});

for (const name of filesOf('.html')) {
  test(`${name} has no words of its own`, () => {
    assert.deepEqual(wordsInTemplate(readFileSync(join(kSources, name), 'utf8')), []);
  });
}

test('no script has words of its own', () => {
  for (const name of filesOf('.ts')) {
    const words = wordsInScript(name, readFileSync(join(kSources, name), 'utf8'));
    assert.deepEqual(words, [], name);
  }
});
