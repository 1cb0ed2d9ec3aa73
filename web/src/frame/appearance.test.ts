import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { customProperties, declarations } from './appearance';

test('known variables with plain colours and lengths become custom properties', () => {
  assert.deepEqual(
    customProperties({ colorText: '#1a2b3c', colorAccent: 'Teal', radius: '0.5rem', gap: '8px' }),
    [
      ['--color-text', '#1a2b3c'],
      ['--color-accent', 'Teal'],
      ['--radius', '0.5rem'],
      ['--gap', '8px'],
    ],
  );
});

test('anything that could load a resource, or is not on the list, is left out', () => {
  const hostile = {
    colorText: 'url(https://evil.example/x)',
    colorField: '#fff;background:url(//evil.example)',
    colorBorder: 'var(--text)',
    colorDanger: 'image-set("//evil.example" 1x)',
    radius: 'calc(1px + 1px)',
    colorMuted: 'transparent',
    colorAccent: 'rgb(0 0 0 / 0)',
    fontSize: '1e9px',
    gap: '-5px',
    fontFamily: 'x',
    constructor: '#fff',
    toString: '#fff',
    ['__proto__']: '#fff',
  };
  assert.deepEqual(customProperties(hostile), []);
});

test('rules take the listed properties in either spelling', () => {
  const rule = {
    color: 'navy',
    backgroundColor: 'rgba(0, 0, 0, .04)',
    'border-color': 'transparent',
    'border-width': '0 0 2px',
    borderRadius: '0.25rem 4px',
    'box-shadow': 'inset 0 1px 3px #0002',
    padding: '10px 14px',
    'font-size': '0.875em',
    'font-weight': '600',
    'font-style': 'italic',
    letterSpacing: '0.05em',
    'text-transform': 'uppercase',
  };
  assert.deepEqual(
    declarations(rule).map(([property]) => property),
    [
      'color',
      'background-color',
      'border-color',
      'border-width',
      'border-radius',
      'box-shadow',
      'padding',
      'font-size',
      'font-weight',
      'font-style',
      'letter-spacing',
      'text-transform',
    ],
  );
});

test('no rule can load anything, leave its declaration, or hide what the form says', () => {
  const values: [property: string, ...values: string[]][] = [
    ['color', 'transparent', 'TRANSPARENT', 'rgba(0,0,0,0)', '#0000', 'var(--x)', 'red;x:y', ''],
    ['background-color', 'url(//evil.example)', 'red url(x)', 'expression(1)', '#fff}*{color:red'],
    ['background-color', 'image-set("x" 1x)', 'rgb(var(--x))', 'color-mix(in srgb, red, blue)'],
    ['border-width', '-1px', '100px', '1px;', '1vw', 'calc(1px)', '1px 1px 1px 1px 1px', '1 px'],
    ['box-shadow', '0 0 url(x)', '0 0 0 red\\', '0 0 red @import', '0 0 0 0 0 red', 'red'],
    ['padding', '-999px', '1000px', '50%', '10rem\n}'],
    ['font-size', '0', '0px', '1px', '0.1em', '9rem', '90px', '-1rem', 'smaller', '0.74em'],
    ['letter-spacing', '-1em', '-99px', '99px', '1em'],
    ['font-weight', 'bolder', '1000', '0'],
    ['text-transform', 'full-width', 'url(x)'],
    ['display', 'none'],
    ['opacity', '0', '1'],
    ['visibility', 'hidden'],
    ['position', 'absolute'],
    ['content', 'x'],
    ['background-image', 'none'],
    ['font-family', 'x'],
    ['text-indent', '1px'],
    ['--color-text', 'red'],
    ['constructor', 'red'],
    ['__proto__', 'red'],
  ];
  for (const [property, ...each] of values) {
    for (const value of each) {
      const rule = Object.fromEntries([[property, value]]) as Record<string, string>;
      assert.deepEqual(declarations(rule), [], `${property}: ${value}`);
    }
  }
});

test('the example in the guide for integrators has no wish that is left out', () => {
  const guide = readFileSync('../docs/integrating.md', 'utf8');
  const example = /card\.update\(({\n[\s\S]*?\n})\);/.exec(guide)?.[1] ?? '';
  const { variables, rules } = (
    new Function(`return ${example}`)() as {
      appearance: Record<'variables', Record<string, string>> & {
        rules: Record<string, Record<string, string>>;
      };
    }
  ).appearance;
  assert.equal(customProperties(variables).length, Object.keys(variables).length);
  assert.ok(Object.keys(rules).length > 0);
  for (const [part, rule] of Object.entries(rules)) {
    assert.equal(declarations(rule).length, Object.keys(rule).length, part);
  }
});
