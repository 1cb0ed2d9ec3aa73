import '../../tests/support/web_crypto';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compactDecrypt, exportJWK, generateKeyPair, type JWK, type KeyLike } from 'jose';
import type { FieldName } from '../shared/card_rules';
import type { ErrorCode } from '../shared/error_codes';
import { readState } from '../shared/session_state';
import { Failure } from './failure';
import type { Answer, Proof, SessionClient } from './session_client';
import { Submission, refusedFields, type TypedCard } from './submission';

const kCard: TypedCard = {
  number: '4242424242424242',
  expiry: { month: 12, year: 2030 },
  cvc: '123',
  name: 'Ada',
  network: null,
};

function stateOf(json: object): Answer {
  const state = readState(json, 'https://pay.example.com');
  assert.ok(state);
  return { kind: 'state', state };
}

function refused(status: number, classifier = '', ...pointers: string[]): Answer {
  return { kind: 'refused', status, classifier, pointers, attemptsLeft: null, retryAfter: null };
}

const kDone = stateOf({ next_action: null, status: 'success', data: { token_id: 'tok' } });
const kCancelled = stateOf({ next_action: null, status: 'failure', data: {} });
const kWait = stateOf({ next_action: 'wait', data: {} });
const kLost: Answer = { kind: 'unreachable' };

/** A submission against scripted answers; `open` is what show() says while its script is empty. */
async function stage(script: {
  complete?: Answer[];
  show?: Answer[];
  cancel?: Answer;
  typed?: TypedCard | FieldName[];
}) {
  const { publicKey, privateKey } = await generateKeyPair('ECDH-ES', {
    crv: 'P-256',
    extractable: true,
  });
  const open = openState(await exportJWK(publicKey), 'k1');
  const payloads: string[] = [];
  const proofs: (Proof | undefined)[] = [];
  const did: string[] = [];
  let held = false;
  const client = {
    show: async () => script.show?.shift() ?? open,
    complete: async (payload: string, proof?: Proof) => {
      payloads.push(payload);
      proofs.push(proof);
      return script.complete?.shift() ?? kDone;
    },
    cancel: async () => script.cancel ?? kCancelled,
    sleep: async () => undefined,
  };
  const source = {
    read: () => script.typed ?? kCard,
    refuse: (fields: readonly FieldName[]) => void did.push(`refuse ${fields.join()}`),
    work: (under_way: boolean) => void did.push(under_way ? 'work' : 'worked'),
    wipe: () => void did.push('wipe'),
    close: () => void did.push('close'),
    hold: (attempts_left: number | null, seconds: number | null) => {
      held ||= seconds !== null;
      if (attempts_left ?? seconds) did.push(`hold ${attempts_left} ${seconds}`);
    },
    get held() {
      return held;
    },
  };
  const submission = new Submission(client as unknown as SessionClient, source, () => undefined);
  return { submission, payloads, proofs, did, privateKey, script, open };
}

function openState(jwk: JWK, kid: string): Answer {
  return stateOf({ next_action: 'tokenize_card', data: { jwk_ec: { ...jwk, kid } } });
}

async function opened(payload: string | undefined, key: KeyLike): Promise<unknown> {
  return JSON.parse(new TextDecoder().decode((await compactDecrypt(payload ?? '', key)).plaintext));
}

function failsWith(code: ErrorCode, ...fields: FieldName[]) {
  return (error: unknown) => {
    assert.ok(error instanceof Failure);
    assert.deepEqual([error.code, error.fields], [code, fields]);
    return true;
  };
}

test('a card is sent as the contract spells it, and wiped', async () => {
  const { submission, payloads, did, privateKey } = await stage({});
  assert.equal((await submission.run()).tokenId, 'tok');
  assert.deepEqual(await opened(payloads[0], privateKey), {
    account_number: '4242424242424242',
    expiry_month: 12,
    expiry_year: 2030,
    security_code: '123',
    additional_data: { cardholder_name: 'Ada' },
  });
  assert.deepEqual(did, ['wipe']);
});

test('two calls at once are one submission', async () => {
  const { submission, payloads } = await stage({});
  const [first, second] = await Promise.all([submission.run(), submission.run()]);
  assert.equal(first, second);
  assert.equal(payloads.length, 1);
});

test('after a lost answer the same ciphertext is sent again', async () => {
  const { submission, payloads } = await stage({ complete: [kLost, kDone] });
  await assert.rejects(submission.run(), failsWith('network_failed'));
  await submission.run();
  assert.equal(payloads.length, 2);
  assert.equal(payloads[0], payloads[1]);
});

test('after a lost answer a changed card is encrypted anew', async () => {
  const { submission, payloads } = await stage({ complete: [kLost, kDone] });
  await assert.rejects(submission.run(), failsWith('network_failed'));
  submission.forgetPayload();
  await submission.run();
  assert.notEqual(payloads[0], payloads[1]);
});

test('a wrong field keeps everything here', async () => {
  const { submission, payloads, did } = await stage({ typed: ['expiry', 'cvc'] });
  await assert.rejects(submission.run(), failsWith('card_invalid', 'expiry', 'cvc'));
  assert.deepEqual([payloads, did], [[], []]);
});

test('a 422 that names members marks their fields and keeps what is typed', async () => {
  const pointers = ['/result/enc_payload/account_number', '/result/enc_payload/expiry_year'];
  const { submission, did } = await stage({
    complete: [refused(422, 'VALIDATION_ERROR', ...pointers)],
  });
  await assert.rejects(submission.run(), failsWith('card_invalid', 'number', 'expiry'));
  assert.deepEqual(did, ['refuse number,expiry']);
});

test('a 422 about the ciphertext fetches the key again and encrypts once more, once', async () => {
  const unreadable = refused(422, 'VALIDATION_ERROR', '/result/enc_payload');
  const { submission, payloads, script } = await stage({ complete: [unreadable] });
  const rotated = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
  await submission.load();
  script.show = [openState(await exportJWK(rotated.publicKey), 'k2')];
  await submission.run();
  assert.equal(payloads.length, 2);
  await opened(payloads[1], rotated.privateKey);

  const hopeless = await stage({ complete: [unreadable, unreadable] });
  await assert.rejects(hopeless.submission.run(), failsWith('service_failed'));
  assert.equal(hopeless.payloads.length, 2);
});

test('a conflict shows what the session has become', async () => {
  const { submission, did, open } = await stage({ complete: [refused(409, 'CONFLICT')], show: [] });
  await assert.rejects(submission.run(), failsWith('service_failed'), 'still open: try again');
  const ended = await stage({ complete: [refused(409, 'CONFLICT')] });
  ended.script.show = [open, kDone];
  assert.equal((await ended.submission.run()).status, 'success');
  assert.deepEqual([did, ended.did], [[], ['wipe']]);
});

test('expired, unknown, limited and failing say so', async () => {
  const expired = await stage({ complete: [refused(409, 'SESSION_EXPIRED')] });
  await assert.rejects(expired.submission.run(), failsWith('session_expired'));
  assert.deepEqual(expired.did, ['close']);
  const unknown = await stage({ show: [refused(404, 'NOT_FOUND')] });
  await assert.rejects(unknown.submission.run(), failsWith('session_not_found'));
  const gone = await stage({ complete: [refused(404, 'NOT_FOUND')] });
  await assert.rejects(gone.submission.run(), failsWith('session_expired'));
  const limited = await stage({ complete: [refused(429, 'RATE_LIMITED')] });
  await assert.rejects(limited.submission.run(), failsWith('rate_limited'));
  const failing = await stage({ complete: [refused(503, 'UNAVAILABLE')] });
  await assert.rejects(failing.submission.run(), failsWith('service_failed'));
});

test('a session that waits is polled until it has ended, lost polls included', async () => {
  const { submission, script } = await stage({ complete: [kWait] });
  await submission.load();
  script.show = [kWait, kLost, kWait, kDone];
  assert.equal((await submission.run()).status, 'success');
  assert.deepEqual(script.show, []);
});

test('cancelling twice is cancelling; cancelling what has succeeded is refused', async () => {
  const first = await stage({});
  assert.equal((await first.submission.cancel()).status, 'failure');
  assert.deepEqual(first.did, ['close']);
  const again = await stage({ cancel: refused(409, 'CONFLICT'), show: [kCancelled] });
  assert.equal((await again.submission.cancel()).status, 'failure');
  const late = await stage({ cancel: refused(409, 'CONFLICT'), show: [kDone] });
  await assert.rejects(late.submission.cancel(), failsWith('session_ended'));
});

test('pointers become fields, each once, unknown ones not at all', () => {
  const names = [
    'expiry_month',
    'expiry_year',
    'security_code',
    'additional_data/cardholder_name',
    'x',
    '',
  ];
  assert.deepEqual(refusedFields(names.map((name) => `/result/enc_payload/${name}`)), [
    'expiry',
    'cvc',
    'name',
  ]);
});

test('the network that the shopper chose is sent as the session spells it', async () => {
  const { submission, payloads, privateKey } = await stage({
    typed: { ...kCard, name: '', network: 'cartesbancaires' },
  });
  await submission.run();
  const sent = (await opened(payloads[0], privateKey)) as { additional_data: unknown };
  assert.deepEqual(sent.additional_data, { card_network: 'cartesbancaires' });
});

test('attempts left and the wait are passed on; nothing is sent while it lasts', async () => {
  const refusal: Answer = {
    kind: 'refused',
    status: 422,
    classifier: 'VALIDATION_ERROR',
    pointers: ['/result/enc_payload/security_code'],
    attemptsLeft: 2,
    retryAfter: 30,
  };
  const { submission, payloads, did } = await stage({ complete: [refusal] });
  await assert.rejects(submission.run(), failsWith('card_invalid', 'cvc'));
  assert.deepEqual(did, ['hold 2 30', 'refuse cvc']);
  await assert.rejects(submission.run(), failsWith('rate_limited'));
  assert.equal(payloads.length, 1);
});

test('a 429 to a card is told, and the same ciphertext may be sent afterwards', async () => {
  const busy: Answer = {
    kind: 'refused',
    status: 429,
    classifier: 'RATE_LIMITED',
    pointers: [],
    attemptsLeft: null,
    retryAfter: null,
  };
  const { submission, payloads } = await stage({ complete: [busy] });
  await assert.rejects(submission.run(), failsWith('rate_limited'));
  await submission.run();
  assert.equal(payloads.length, 2);
  assert.equal(payloads[0], payloads[1]);
});

/** The open state, with work to do. */
function withWork(open: Answer, seed = 'seed'): Answer {
  assert.ok(open.kind === 'state' && open.state.tokenize);
  const work = { seed, bits: 4, parts: 2 };
  return { kind: 'state', state: { ...open.state, tokenize: { ...open.state.tokenize, work } } };
}

test('work that the state asks for is done first, and said', async () => {
  const { submission, proofs, did, script, open } = await stage({ show: [] });
  script.show?.push(withWork(open, 'old'), withWork(open, 'new'));
  assert.equal((await submission.run()).tokenId, 'tok');
  assert.equal(proofs.length, 1);
  assert.equal(proofs[0]?.seed, 'new', 'a seed is asked for when it is needed');
  assert.equal(proofs[0]?.counters.length, 2);
  assert.deepEqual(did, ['work', 'worked', 'wipe']);
});

test('work that is wanted only now is done without asking the shopper', async () => {
  const { submission, payloads, proofs, did, script, open } = await stage({ show: [] });
  script.complete = [refused(429, 'RATE_LIMITED')];
  script.show?.push(open, withWork(open));
  assert.equal((await submission.run()).tokenId, 'tok');
  assert.deepEqual([proofs.length, proofs[0], proofs[1]?.seed], [2, undefined, 'seed']);
  assert.equal(payloads[0], payloads[1]);
  assert.deepEqual(did, ['work', 'worked', 'wipe']);
});

test('a limit that wants no work is a wait', async () => {
  const { submission, payloads } = await stage({ complete: [refused(429, 'RATE_LIMITED')] });
  await assert.rejects(submission.run(), failsWith('rate_limited'));
  assert.equal(payloads.length, 1);
});

test('work that is not enough is not done again and again', async () => {
  const { submission, payloads, script, open } = await stage({ show: [] });
  script.complete = [refused(429, 'RATE_LIMITED')];
  script.show?.push(withWork(open), withWork(open));
  await assert.rejects(submission.run(), failsWith('rate_limited'));
  assert.equal(payloads.length, 1);
});
