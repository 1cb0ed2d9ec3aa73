// Hostile messages by seed: values that almost fit the protocol between the library and the card
// frame, and values that no program would send. Pages load this file, so it imports nothing.

// A small generator of numbers in [0, 1) (mulberry32): the same seed, the same messages.
export function numbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const kFields = ['number', 'expiry', 'cvc', 'name'];
const kNetworks = ['visa', 'mastercard', 'americanexpress', 'cartesbancaires'];
const kState = {
  nextAction: null,
  status: 'success',
  tokenId: 'tok_1',
  reason: null,
  reasonCode: null,
  redirectUrl: null,
  continueUrl: 'https://evil.example/',
};
const kError = { code: 'card_invalid', message: 'no', fields: ['number'] };

// One well-formed message of each kind, by direction; each would have an effect.
export const kValid = {
  toFrame: [
    {
      type: 'configure',
      locale: 'de',
      theme: 'dark',
      layout: 'line',
      variables: { colorText: '#ff0000' },
      rules: { input: { color: '#00ff00' } },
      name: 'required',
    },
    { type: 'focus', field: 'cvc' },
    { type: 'blur' },
    { type: 'clear' },
    { type: 'submit', call: 1 },
    { type: 'cancel', call: 2 },
  ],
  toHost: [
    { type: 'ready' },
    { type: 'enter' },
    { type: 'escape' },
    { type: 'resize', height: 77 },
    { type: 'title', title: 'Mine' },
    { type: 'focus', field: 'number' },
    { type: 'blur', field: 'cvc' },
    {
      type: 'change',
      empty: true,
      complete: true,
      valid: false,
      network: 'visa',
      networks: ['visa', 'cartesbancaires'],
      errors: [{ field: 'number', code: 'invalid', message: 'no' }],
    },
    { type: 'expiring', secondsLeft: 5 },
    { type: 'error', error: kError },
    { type: 'state', state: kState },
    { type: 'done', call: 1, state: kState },
    { type: 'failed', call: 1, error: kError },
  ],
};

// What fits, written a second time and by hand: `true` of a message that may have an effect. Kept
// apart from web/src/shared/protocol.ts on purpose, so that a slip there is found here.
const isText = (max) => (v) => typeof v === 'string' && v.length <= max;
const isIn = (values) => (v) => typeof v === 'string' && values.includes(v);
const isNumber = (min, max) => (v) => typeof v === 'number' && v % 1 === 0 && v >= min && v <= max;
const isFlag = (v) => v === true || v === false;
const orNull = (fits) => (v) => v === null || fits(v);
const isList = (fits, max) => (v) => {
  if (!Array.isArray(v) || v.length > max) return false;
  for (let i = 0; i < v.length; i++) if (!(i in v) || !fits(v[i])) return false;
  return true;
};
const isDictionary = (fits, max) => (v) =>
  Object.prototype.toString.call(v) === '[object Object]' &&
  !Array.isArray(v) &&
  Object.keys(v).length <= max &&
  Object.keys(v).every((key) => fits(v[key]));
const isObject = (members) => (v) =>
  typeof v === 'object' && v !== null && Object.keys(members).every((key) => members[key](v[key]));

const isField = isIn(kFields);
const isCall = isNumber(1, Number.MAX_SAFE_INTEGER);
const kCodes = [
  ...['card_invalid', 'session_not_found', 'session_expired', 'session_ended', 'network_failed'],
  ...['service_failed', 'rate_limited', 'frame_unreachable', 'not_mounted', 'already_mounted'],
  ...['destroyed', 'argument_invalid', 'browser_unsupported'],
];
const isNetwork = isIn([
  ...['visa', 'mastercard', 'americanexpress', 'discover', 'dinersclub', 'jcb', 'unionpay'],
  ...['maestro', 'cartesbancaires', 'bancontact', 'dankort'],
]);
const isError = isObject({ code: isIn(kCodes), message: isText(500), fields: isList(isField, 4) });
const isState = isObject({
  nextAction: orNull(isIn(['tokenize_card', 'wait', '3ds_challenge'])),
  status: orNull(isIn(['success', 'failure', 'pending'])),
  tokenId: orNull(isText(200)),
  reason: orNull(isText(500)),
  reasonCode: orNull(isText(100)),
  redirectUrl: orNull(isText(4096)),
  continueUrl: orNull(isText(4096)),
});
const kShapes = {
  toFrame: {
    configure: {
      locale: orNull(isText(35)),
      theme: isIn(['light', 'dark', 'auto', 'contrast']),
      layout: isIn(['grid', 'stacked', 'line']),
      variables: isDictionary(isText(60), 20),
      rules: isDictionary(isDictionary(isText(60), 20), 10),
      name: isIn(['hidden', 'optional', 'required']),
    },
    focus: { field: orNull(isField) },
    blur: {},
    clear: {},
    submit: { call: isCall },
    cancel: { call: isCall },
  },
  toHost: {
    ready: {},
    enter: {},
    escape: {},
    resize: { height: isNumber(1, 4000) },
    title: { title: isText(200) },
    focus: { field: isField },
    blur: { field: isField },
    change: {
      empty: isFlag,
      complete: isFlag,
      valid: isFlag,
      network: orNull(isNetwork),
      networks: isList(isNetwork, 11),
      errors: isList(
        isObject({
          field: isField,
          code: isIn(['empty', 'incomplete', 'invalid', 'past', 'network_not_accepted', 'refused']),
          message: isText(200),
        }),
        4,
      ),
    },
    expiring: { secondsLeft: isNumber(0, 86400) },
    error: { error: isError },
    state: { state: isState },
    done: { call: isCall, state: isState },
    failed: { call: isCall, error: isError },
  },
};

export function fits(direction, message) {
  if (typeof message !== 'object' || message === null || typeof message.type !== 'string') {
    return false;
  }
  const shapes = kShapes[direction];
  return Object.hasOwn(shapes, message.type) && isObject(shapes[message.type])(message);
}

// Makes hostile messages of one direction. None of them fits.
export class HostileMessages {
  constructor(direction, random) {
    this.direction = direction;
    this.random = random;
    this.valid = kValid[direction];
  }

  below(n) {
    return Math.floor(this.random() * n);
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  one() {
    return structuredClone(this.pick(this.valid));
  }

  deep() {
    let value = { type: 'submit', call: 1 };
    for (let i = this.below(200); i > 0; i--) {
      value = this.random() < 0.5 ? [value] : { type: value };
    }
    return value;
  }

  circle() {
    const value = this.one();
    value[this.pick(Object.keys(value))] = value;
    return value;
  }

  getter() {
    const value = this.pick(['', 'x', 7, null]);
    return Object.defineProperty({}, 'type', { get: () => value, enumerable: true });
  }

  bytes() {
    return new Uint8Array(this.below(64)).map(() => this.below(256));
  }

  // What is not like anything in the protocol.
  strange() {
    return this.pick([
      () => undefined,
      () => null,
      () => this.pick([true, false, 0, -0, NaN, Infinity, -1, 1.5, 2 ** 53, 10n, -(2n ** 64n)]),
      () => this.pick(['', 'submit', 'clear', '\u0000', '\ud800', 'x'.repeat(this.below(300_000))]),
      () => JSON.stringify(this.one()),
      () => new String(this.pick(['submit', 'clear', 'ready'])),
      () => new Date(this.below(2 ** 40)),
      () => /submit/g,
      () => new Map(Object.entries(this.one())),
      () => new Set([this.one().type]),
      () => this.bytes(),
      () => this.bytes().buffer,
      () => new DataView(new ArrayBuffer(8)),
      () => new Blob(['submit']),
      () => Object.assign(new Error('submit'), { type: 'submit' }),
      () => new DOMException('submit', 'submit'),
      () => new DOMRect(1, 2, 3, 4),
      () => [],
      () => [this.one()],
      () => new Array(this.below(50)),
      () => ({}),
      () => ({ data: this.one() }),
      () => Object.fromEntries(Array.from({ length: this.below(400) }, (_, i) => [`type${i}`, i])),
      () => this.deep(),
      () => this.circle(),
      () => Object.create(this.one()),
      () => JSON.parse(`{"__proto__": ${JSON.stringify(this.one())}}`),
      () => this.getter(),
    ])();
  }

  likeType(type) {
    if (typeof type !== 'string') return this.strange();
    return this.pick([
      () => type.toUpperCase(),
      () => ` ${type}`,
      () => `${type}\u0000`,
      () => type.replace(/[aeiou]/, (c) => String.fromCodePoint(c.codePointAt(0) + 0xfee0)),
      () => type.slice(0, -1),
      () => [type],
      () => new String(type),
      () => ({ toString: type }),
      () => this.pick(['toString', 'constructor', '__proto__', 'hasOwnProperty', 'valueOf']),
      () =>
        this.pick(['card', 'pan', 'read', 'value', 'navigate', 'eval', 'fetch', 'style', 'html']),
      () => this.strange(),
    ])();
  }

  like(value) {
    if (typeof value === 'string') {
      return this.pick([
        () => `${value}${'x'.repeat(5000)}`,
        () => value.toUpperCase() + '!',
        () => new String(value),
        () => [value],
        () => ({ value }),
        () => this.strange(),
      ])();
    }
    if (typeof value === 'number') {
      return this.pick([
        () => this.pick([0, -1, -0.5, 1.5, NaN, Infinity, -Infinity, 2 ** 53, 1e300]),
        () => String(value),
        () => BigInt(Number.isFinite(value) ? Math.trunc(value) : 1),
        () => new Number(value),
        () => [value],
        () => this.strange(),
      ])();
    }
    if (Array.isArray(value)) {
      return this.pick([
        () => [...value, this.strange()],
        () => new Array(value.length + 1),
        () => Array.from({ length: 5000 }, () => value[0]),
        () => new Set(value),
        () => ({ ...value, length: value.length }),
        () => value.map((one) => this.like(one)),
        () => this.strange(),
      ])();
    }
    if (typeof value === 'object' && value !== null) {
      const key = this.pick(Object.keys(value));
      return this.pick([
        () => ({ ...value, [key]: this.like(value[key]) }),
        () => ({ ...value, [key]: undefined }),
        () => new Map(Object.entries(value)),
        () => Object.create(value),
        () => Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, value[key]])),
        () => [value],
        () => this.strange(),
      ])();
    }
    return this.strange();
  }

  // A well-formed message with one or two things wrong.
  near() {
    const message = this.one();
    for (let changes = 1 + this.below(2); changes > 0; changes--) {
      const key = this.pick(Object.keys(message));
      if (this.random() < 0.2) delete message[key];
      else message[key] = key === 'type' ? this.likeType(message.type) : this.like(message[key]);
      if (Object.keys(message).length === 0) break;
    }
    return message;
  }

  make() {
    for (;;) {
      const value = this.random() < 0.7 ? this.near() : this.strange();
      let arrives;
      try {
        arrives = structuredClone(value);
      } catch {
        continue; // cannot be sent at all
      }
      if (!fits(this.direction, arrives)) return value;
    }
  }
}
