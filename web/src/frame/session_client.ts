// The frame's calls to the server, all on its own origin (contract 4.1). What may be repeated
// safely is repeated: every call here is idempotent, a submission because it sends the same
// ciphertext again.

import { integer, list, shape, text } from '../shared/guard';
import { readState, type SessionState } from '../shared/session_state';

/** The server took the request and says the state, refused it, or could not be reached. */
export type Answer =
  | { readonly kind: 'state'; readonly state: SessionState }
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly classifier: string;
      /** JSON pointers of the members that were refused. */
      readonly pointers: readonly string[];
      /** How often a card may still be sent in this session; null when it does not say. */
      readonly attemptsLeft: number | null;
      /** Seconds until another attempt is welcome; null when it does not say. */
      readonly retryAfter: number | null;
    }
  | { readonly kind: 'unreachable' };

/** Work that was wanted, done. */
export interface Proof {
  readonly seed: string;
  readonly counters: readonly number[];
}

export interface Surroundings {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

const kCompletePath = '/complete-action';
const kTries = 3;
const kBackoffMs = [500, 1500] as const;
const kLongestRetryAfterMs = 5000;
const kRequestTimeoutMs = 20_000;

const isProblem = shape({ classifier: text(100) });
const hasAttempts = shape({ attempts_left: integer(0, 1000) });
const isNetworks = shape({ networks: list(text(40), 20) });
const hasErrors = shape({ errors: list(shape({ pointer: text(200) }), 100) });

export class SessionClient {
  constructor(
    private readonly session_key_: string,
    private readonly origin_: string,
    private readonly outside_: Surroundings,
  ) {}

  show(): Promise<Answer> {
    return this.request('GET', '', null);
  }

  complete(enc_payload: string, proof_of_work?: Proof): Promise<Answer> {
    return this.request('POST', kCompletePath, {
      action: 'tokenize_card',
      // JSON leaves out what is undefined.
      result: { enc_payload, proof_of_work },
    });
  }

  cancel(): Promise<Answer> {
    return this.request('POST', '/cancel', {});
  }

  /** The networks of a number that begins with these digits; none when the server does not say. */
  async networks(iin: string): Promise<readonly string[]> {
    const response = await this.fetchOnce('POST', '/networks', { iin });
    const json: unknown = response?.ok ? await response.json().catch(() => null) : null;
    return isNetworks(json) ? json.networks : [];
  }

  sleep(milliseconds: number): Promise<void> {
    return this.outside_.sleep(milliseconds);
  }

  /**
   * Up to three tries while the server cannot be reached, fails (5xx) or has too much to do (429).
   * A 429 to a card is an answer to the shopper, who sees how long to wait.
   */
  private async request(method: string, path: string, body: unknown): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const response = await this.fetchOnce(method, path, body);
      const busy = response?.status === 429 && path !== kCompletePath;
      const again = response === null || busy || response.status >= 500;
      if (!again || attempt === kTries) return this.read(response);
      await this.outside_.sleep(waitMs(response, attempt));
    }
  }

  private async fetchOnce(method: string, path: string, body: unknown): Promise<Response | null> {
    const url = `${this.origin_}/sessions/${encodeURIComponent(this.session_key_)}${path}`;
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), kRequestTimeoutMs);
    try {
      const response = await this.outside_.fetch(url, {
        method,
        ...(body === null
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
        referrerPolicy: 'no-referrer',
        signal: abort.signal,
      });
      // The body is read while the time limit still runs; a connection lost here counts as
      // unreachable.
      const bytes = await response.arrayBuffer();
      return new Response(response.status === 204 ? null : bytes, response);
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  private async read(response: Response | null): Promise<Answer> {
    if (response === null) return { kind: 'unreachable' };
    const json: unknown = await response.json().catch(() => null);
    const state = response.ok ? readState(json, this.origin_) : null;
    if (state) return { kind: 'state', state };
    return {
      kind: 'refused',
      status: response.ok ? 502 : response.status,
      classifier: isProblem(json) ? json.classifier : '',
      pointers: hasErrors(json) ? json.errors.map((error) => error.pointer) : [],
      attemptsLeft: hasAttempts(json) ? json.attempts_left : null,
      retryAfter: retryAfter(response, json),
    };
  }
}

/** The wait that the body or the header asks for, in seconds. */
function retryAfter(response: Response | null, json: unknown): number | null {
  const seconds = Number(
    (json as { retry_after?: unknown } | null)?.retry_after ?? response?.headers.get('retry-after'),
  );
  return seconds > 0 ? seconds : null;
}

function waitMs(response: Response | null, attempt: number): number {
  const asked = retryAfter(response, null);
  return asked === null
    ? (kBackoffMs[attempt - 1] ?? kLongestRetryAfterMs)
    : Math.min(asked * 1000, kLongestRetryAfterMs);
}
