import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFrameMessage, isHostMessage } from './protocol';

const kConfigure = {
  type: 'configure',
  locale: null,
  theme: 'auto',
  layout: 'grid',
  variables: { colorText: '#000' },
  rules: {},
  name: 'hidden',
};
const kState = {
  nextAction: null,
  status: 'success',
  tokenId: 't',
  reason: null,
  reasonCode: null,
  redirectUrl: null,
  continueUrl: null,
};
const kError = { code: 'card_invalid', message: 'm', fields: ['number'] };

const kHostMessages = [
  kConfigure,
  { type: 'focus', field: null },
  { type: 'focus', field: 'cvc' },
  { type: 'blur' },
  { type: 'clear' },
  { type: 'submit', call: 1 },
  { type: 'cancel', call: 2 },
];
const kFrameMessages = [
  { type: 'ready' },
  { type: 'enter' },
  { type: 'escape' },
  { type: 'expiring', secondsLeft: 120 },
  { type: 'resize', height: 180 },
  { type: 'title', title: 'Card details' },
  { type: 'focus', field: 'number' },
  { type: 'blur', field: 'name' },
  {
    type: 'change',
    empty: false,
    complete: true,
    valid: true,
    network: 'visa',
    networks: ['visa'],
    errors: [],
  },
  {
    type: 'change',
    empty: false,
    complete: false,
    valid: false,
    network: null,
    networks: [],
    errors: [{ field: 'number', code: 'invalid', message: 'm' }],
  },
  { type: 'error', error: kError },
  { type: 'state', state: kState },
  { type: 'done', call: 1, state: kState },
  { type: 'failed', call: 1, error: kError },
];

test('every message of the protocol is let in, with members that are not known yet', () => {
  for (const message of kHostMessages)
    assert.ok(isHostMessage({ ...message, later: 1 }), message.type);
  for (const message of kFrameMessages)
    assert.ok(isFrameMessage({ ...message, later: 1 }), message.type);
});

test('a message with any member missing or of another type is kept out', () => {
  const bad = [undefined, null, 'x', -1, 1.5, NaN, {}, [], [null], [{}], true, 'x'.repeat(5000)];
  const check = (message: object, guard: (value: unknown) => boolean) => {
    for (const member of Object.keys(message)) {
      const rest: Record<string, unknown> = { ...message };
      delete rest[member];
      assert.equal(guard(rest), false, `${JSON.stringify(message)} without ${member}`);
      const tolerated = bad.filter((value) => guard({ ...message, [member]: value }));
      // A nullable member takes null, a dictionary takes {}, a list takes [], text any short text.
      for (const value of tolerated) {
        const fits =
          value === null ||
          (['variables', 'rules'].includes(member) && JSON.stringify(value) === '{}') ||
          (['errors', 'networks'].includes(member) && Array.isArray(value) && value.length === 0) ||
          (['locale', 'title'].includes(member) && value === 'x') ||
          typeof value === 'boolean';
        assert.ok(fits, `${member}: ${JSON.stringify(value)}`);
      }
    }
  };
  for (const message of kHostMessages) check(message, isHostMessage);
  for (const message of kFrameMessages) check(message, isFrameMessage);
});

test('what is no message at all is kept out', () => {
  const junk = [
    null,
    undefined,
    0,
    '',
    'submit',
    [],
    [['type', 'submit']],
    {},
    { type: 'SUBMIT', call: 1 },
  ];
  for (const value of [
    ...junk,
    { type: { toString: () => 'clear' } },
    new Map([['type', 'clear']]),
  ]) {
    assert.equal(isHostMessage(value), false);
    assert.equal(isFrameMessage(value), false);
  }
});

test('neither side takes the other side for itself', () => {
  for (const message of kHostMessages) {
    if (message.type === 'focus' || message.type === 'blur') continue;
    assert.equal(isFrameMessage(message), false, message.type);
  }
  for (const message of kFrameMessages) {
    if (message.type === 'focus' || message.type === 'blur') continue;
    assert.equal(isHostMessage(message), false, message.type);
  }
});

test('holes in a list and objects without members of their own are kept out', () => {
  const change = kFrameMessages.find(({ type }) => type === 'change');
  assert.equal(isFrameMessage({ ...change, errors: new Array(2) }), false);
  assert.equal(isFrameMessage({ ...change, networks: [, 'visa'] }), false);
  for (const odd of [new Map([['a', 'b']]), new Date(0), new Uint8Array(3), ['a'], /a/]) {
    assert.equal(isHostMessage({ ...kConfigure, variables: odd }), false, String(odd));
    assert.equal(isHostMessage({ ...kConfigure, rules: { input: odd } }), false, String(odd));
  }
});
