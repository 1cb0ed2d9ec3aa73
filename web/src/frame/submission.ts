// Sends the typed card: read, encrypt, post, and make one outcome of whatever comes back. The
// ciphertext of a submission whose answer was lost is kept, and sent again instead of a new one,
// until a field is changed: the server then recognises it and a card is never taken twice.

import { utf8 } from '../shared/base64url';
import type { FieldName } from '../shared/card_rules';
import type { Expiry } from '../shared/expiry';
import { encryptJwe, type EcPublicJwk } from '../shared/jwe';
import type { SessionState, Tokenize } from '../shared/session_state';
import { Failure } from './failure';
import { solveWork } from './proof_of_work';
import type { Answer, Proof, SessionClient } from './session_client';

export interface TypedCard {
  readonly number: string;
  readonly expiry: Expiry;
  readonly cvc: string;
  readonly name: string;
  /** The shopper's choice, where the card works with more than one network. */
  readonly network: string | null;
}

/** What a submission needs of the form. */
export interface CardSource {
  /** The card, or the fields that are wrong, which then show why. */
  read(): TypedCard | readonly FieldName[];
  /** The server refused these fields. */
  refuse(fields: readonly FieldName[]): void;
  /** What the server says of further attempts: how many are left, and how long to wait. */
  hold(attempts_left: number | null, seconds: number | null): void;
  /** Work is being done before the card is sent, or no longer. */
  work(under_way: boolean): void;
  /** That wait is not over yet. */
  readonly held: boolean;
  /** The card was taken: empty the fields and lock them. */
  wipe(): void;
  /** The session is over without a card: lock the fields. */
  close(): void;
}

const kPollMs = 2000;
const kPolls = 30;

const kPointerFields: Readonly<Record<string, FieldName>> = {
  account_number: 'number',
  expiry_month: 'expiry',
  expiry_year: 'expiry',
  security_code: 'cvc',
  cardholder_name: 'name',
};

export class Submission {
  private payload_: string | null = null;
  private state_: SessionState | null = null;
  private running_: Promise<SessionState> | null = null;

  constructor(
    private readonly client_: SessionClient,
    private readonly source_: CardSource,
    private readonly onState_: (state: SessionState) => void,
  ) {}

  /** A field changed: what was encrypted before is no longer what is typed. */
  forgetPayload(): void {
    this.payload_ = null;
  }

  /** Asks the server for the state. Rejects with a Failure. */
  async load(): Promise<SessionState> {
    return this.settle(await this.client_.show());
  }

  /**
   * Sends the card. A call while one is under way gets the same outcome. Rejects with a Failure.
   */
  run(): Promise<SessionState> {
    this.running_ ??= this.submit().finally(() => {
      this.running_ = null;
    });
    return this.running_;
  }

  /**
   * Cancels the session; one that had failed or been cancelled already counts as cancelled, so that
   * a lost answer does no harm. Rejects with a Failure: `session_ended` when a card had been taken.
   */
  async cancel(): Promise<SessionState> {
    const answer = await this.client_.cancel();
    const late = answer.kind === 'refused' && answer.status === 409;
    const state = late ? await this.load() : await this.settle(answer);
    if (late && state.status !== 'failure') throw new Failure('session_ended');
    this.source_.close();
    return state;
  }

  private async submit(): Promise<SessionState> {
    const state = this.state_ ?? (await this.load());
    if (state.nextAction === 'wait') return this.follow(state);
    if (state.nextAction !== 'tokenize_card' || state.tokenize === null) return state;
    if (this.source_.held) throw new Failure('rate_limited');
    const card = this.source_.read();
    if (!('number' in card)) throw new Failure('card_invalid', card);
    // What is to be solved is good for minutes only: it is asked for when it is needed.
    const fresh = state.tokenize.work ? await this.load() : state;
    if (fresh.tokenize === null) return this.follow(fresh);
    return this.send(card, fresh.tokenize, true);
  }

  private async solve({ work }: Tokenize): Promise<Proof | undefined> {
    if (work === null) return undefined;
    this.source_.work(true);
    const counters = await solveWork(work, () => this.client_.sleep(0));
    this.source_.work(false);
    return { seed: work.seed, counters };
  }

  private async send(card: TypedCard, to: Tokenize, may_rekey: boolean): Promise<SessionState> {
    this.payload_ ??= await encryptCard(card, to.key);
    const sent = this.payload_;
    const answer = await this.client_.complete(sent, await this.solve(to));
    if (answer.kind === 'refused' && answer.status === 429 && to.work === null) {
      // Since we asked, there may have come to be a reason to want work first.
      const { tokenize, retryAfterSeconds } = await this.load();
      if (tokenize?.work && retryAfterSeconds === null) return this.send(card, tokenize, may_rekey);
    }
    if (answer.kind === 'refused') this.source_.hold(answer.attemptsLeft, answer.retryAfter);
    if (answer.kind === 'refused' && answer.status === 422) {
      this.payload_ = null;
      const fields = refusedFields(answer.pointers);
      if (fields.length === 0 && may_rekey) {
        // Not a member of the card but the ciphertext itself: the key may have been rotated since.
        const state = await this.load();
        if (state.tokenize) return this.send(card, state.tokenize, false);
      }
      if (fields.length === 0) throw new Failure('service_failed');
      this.source_.refuse(fields);
      throw new Failure('card_invalid', fields);
    }
    if (answer.kind === 'refused' && answer.status === 409) return this.conflict(answer.classifier);
    const state = await this.settle(answer);
    this.payload_ = null;
    if (state.nextAction === 'tokenize_card') {
      this.source_.refuse(['number']);
      throw new Failure('card_invalid', ['number']);
    }
    this.source_.wipe();
    return this.follow(state);
  }

  /** The session is no longer open. What it has become is what the shopper must see. */
  private async conflict(classifier: string): Promise<SessionState> {
    if (classifier === 'SESSION_EXPIRED') {
      this.source_.close();
      throw new Failure('session_expired');
    }
    const state = await this.load();
    if (state.nextAction === 'tokenize_card') throw new Failure('service_failed');
    this.payload_ = null;
    this.source_.wipe();
    return this.follow(state);
  }

  /** Polls while the server works on the card; gives up waiting, not the card, after a minute. */
  private async follow(state: SessionState): Promise<SessionState> {
    let current = state;
    for (let poll = 0; current.nextAction === 'wait' && poll < kPolls; poll++) {
      await this.client_.sleep(kPollMs);
      const answer = await this.client_.show();
      if (answer.kind === 'state') current = await this.settle(answer);
      else if (answer.kind === 'refused' && answer.status === 404) await this.settle(answer);
    }
    return current;
  }

  private async settle(answer: Answer): Promise<SessionState> {
    if (answer.kind === 'state') {
      this.state_ = answer.state;
      this.onState_(answer.state);
      return answer.state;
    }
    if (answer.kind === 'unreachable') throw new Failure('network_failed');
    if (answer.status === 404 || answer.status === 409) this.source_.close();
    throw new Failure(codeFor(answer.status, answer.classifier, this.state_ !== null));
  }
}

function codeFor(status: number, classifier: string, known: boolean): Failure['code'] {
  if (status === 404) return known ? 'session_expired' : 'session_not_found';
  if (status === 409) return classifier === 'SESSION_EXPIRED' ? 'session_expired' : 'session_ended';
  return status === 429 ? 'rate_limited' : 'service_failed';
}

/** The fields that the server's JSON pointers name, each once. */
export function refusedFields(pointers: readonly string[]): FieldName[] {
  const fields = new Set<FieldName>();
  for (const pointer of pointers) {
    const field = kPointerFields[pointer.split('/').pop() ?? ''];
    if (field) fields.add(field);
  }
  return [...fields];
}

/** The card as contract 4.1 spells it, encrypted. */
async function encryptCard(card: TypedCard, key: EcPublicJwk): Promise<string> {
  if (!globalThis.crypto?.subtle) throw new Failure('browser_unsupported');
  const plaintext = utf8(
    JSON.stringify({
      account_number: card.number,
      expiry_month: card.expiry.month,
      expiry_year: card.expiry.year,
      security_code: card.cvc,
      // JSON leaves out what is undefined.
      additional_data: {
        cardholder_name: card.name || undefined,
        card_network: card.network ?? undefined,
      },
    }),
  );
  return encryptJwe(plaintext, key);
}
