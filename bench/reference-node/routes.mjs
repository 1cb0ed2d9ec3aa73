// The routes of the reference service: open a session, show it, take its card, cancel it. Answers
// have the members that Obolus's have.
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { isGood, masked } from './card.mjs';
import { newOrderedId, toUuid } from './keys.mjs';
import { kCardBody, kOpenBody, kOpened } from './schemas.mjs';

const kSchemes = ['visa', 'mastercard', 'americanexpress', 'discover', 'dinersclub', 'jcb'];
const kCardValidMs = 86_400_000;

function problem(reply, status, classifier, detail) {
  const body = { status, code: status, classifier, title: classifier, detail, message: detail };
  return reply.code(status).type('application/problem+json').send(body);
}

export class Routes {
  // `parts`: {store, keys, relay?, apiKeyDigest, publicUrl}
  constructor(app, parts) {
    Object.assign(this, parts);
    const opening = { schema: { body: kOpenBody, response: { 201: kOpened } } };
    app.post('/sessions', opening, (request, reply) => this.open(request, reply));
    app.get('/sessions/:key', (request, reply) => this.show(request, reply));
    const completing = { schema: { body: kCardBody } };
    app.post('/sessions/:key/complete-action', completing, (request, reply) =>
      this.takeCard(request, reply),
    );
    app.post('/sessions/:key/cancel', (request, reply) => this.cancel(request, reply));
  }

  #isKnown(apiKey) {
    const hash = createHash('sha256').update(apiKey ?? '');
    return timingSafeEqual(hash.digest(), this.apiKeyDigest);
  }

  #find(key) {
    const id = this.keys.open(key);
    const row = id && this.store.findSession.get(id);
    if (!row || row.expires_at <= Date.now()) return null;
    return { ...row, id, document: JSON.parse(row.document) };
  }

  // The end of a session, its event, and its card if there is one, in one transaction. False: the
  // session had ended.
  #commit(session, state, event, card) {
    const { store } = this;
    return store.write(() => {
      const document = JSON.stringify(session.document);
      if (store.endSession.run(state, document, session.id).changes === 0) return false;
      if (card) store.insertCard.run(...card);
      const subject = session.document.terminal_id;
      const body = JSON.stringify({ terminal_id: subject, ...event.data });
      const now = new Date();
      const time = now.toISOString();
      store.insertEvent.run(randomUUID(), event.type, subject, time, body, now.getTime());
      return true;
    });
  }

  #next({ state, document }) {
    if (state === 'created') {
      const data = { token_id: document.card_session.id };
      return { next_action: null, status: 'success', data };
    }
    if (state === 'cancelled') {
      const data = { reason: 'The shopper cancelled.', reason_code: 'CANCELLED_BY_SHOPPER' };
      return { next_action: null, status: 'failure', data };
    }
    const { jwk, jwk_ec } = this.keys;
    const data = { provider: 'obolus', base_url: this.publicUrl, jwk, jwk_ec };
    return { next_action: 'tokenize_card', data: { ...data, allowed_schemes: kSchemes } };
  }

  #state(session) {
    const { expires_at, document } = session;
    return {
      ...this.#next(session),
      terminal_id: document.terminal_id,
      expires_at: new Date(expires_at).toISOString(),
      expires_in: Math.max(0, Math.floor((expires_at - Date.now()) / 1000)),
      payment: document.payment ?? null,
      merchant: null,
      locale: document.locale ?? null,
      continue_url: null,
      commerce_state: null,
      attempts_left: 5,
    };
  }

  async open(request, reply) {
    if (!this.#isKnown(request.headers['x-api-key'])) {
      return problem(reply, 401, 'UNAUTHORIZED', 'no or a wrong API key');
    }
    const { expires_in = 900, ...asked } = request.body;
    const id = newOrderedId();
    const terminal_id = asked.terminal_id ?? toUuid(id);
    const terminal = Buffer.from(terminal_id.replaceAll('-', ''), 'hex');
    const until = Date.now() + expires_in * 1000;
    const document = JSON.stringify({ ...asked, terminal_id, request_id: request.id });
    const row = [id, 'open', terminal, until, document];
    await this.store.write(() => this.store.insertSession.run(...row));
    const expires_at = new Date(until).toISOString();
    reply.code(201);
    return { session_key: this.keys.sessionKey(id), terminal_id, expires_at, expires_in };
  }

  async show(request, reply) {
    const session = this.#find(request.params.key);
    return session ? this.#state(session) : problem(reply, 404, 'NOT_FOUND', 'no such session');
  }

  async takeCard(request, reply) {
    const session = this.#find(request.params.key);
    if (!session) return problem(reply, 404, 'NOT_FOUND', 'no such session');
    const card = await this.keys.decrypt(request.body.result.enc_payload).catch(() => null);
    if (!card || !isGood(card)) {
      return problem(reply, 422, 'VALIDATION_ERROR', 'enc_payload does not hold a valid card');
    }
    const { security_code, ...kept } = card;
    const id = newOrderedId();
    const until = Date.now() + kCardValidMs;
    const { wrapped, ciphertext } = this.keys.seal(kept, id, session.id);
    const valid_until = new Date(until).toISOString();
    const card_session = { id: toUuid(id), provider: 'embedded', valid_until, data: masked(card) };
    session.document.card_session = card_session;
    const event = { type: 'CardSessionCreated', data: { card_session } };
    const row = [id, session.id, wrapped, ciphertext, until];
    return this.#end(session, 'created', event, row, reply);
  }

  async cancel(request, reply) {
    const session = this.#find(request.params.key);
    if (!session) return problem(reply, 404, 'NOT_FOUND', 'no such session');
    const reason = { code: 'CANCELLED_BY_SHOPPER', message: 'The shopper cancelled.' };
    const event = { type: 'CardSessionFailed', data: { reason } };
    return this.#end(session, 'cancelled', event, undefined, reply);
  }

  async #end(session, state, event, card, reply) {
    if (!(await this.#commit(session, state, event, card))) {
      return problem(reply, 409, 'CONFLICT', 'the session has ended');
    }
    this.relay?.pump();
    return this.#state({ ...session, state });
  }
}
