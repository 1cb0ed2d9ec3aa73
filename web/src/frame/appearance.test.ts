import assert from 'node:assert/strict';
import { test } from 'node:test';
import { customProperties } from './appearance';

test('known variables with plain colours and lengths become custom properties', () => {
  assert.deepEqual(
    customProperties({ colorText: '#1a2b3c', colorAccent: 'Teal', radius: '0.5rem', gap: '8px' }),
    [
      ['--text', '#1a2b3c'],
      ['--accent', 'Teal'],
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
    fontSize: '1e9px',
    gap: '-5px',
    fontFamily: 'x',
    constructor: '#fff',
    toString: '#fff',
    ['__proto__']: '#fff',
  };
  assert.deepEqual(customProperties(hostile), []);
});
