// The frame's calls to the server, all on its own origin (contract 4.1). What may be repeated
// safely is repeated: every call here is idempotent, a submission because it sends the same
// ciphertext again.

import { list, shape, text } from '../shared/guard';
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
    }
  | { readonly kind: 'unreachable' };

export interface Surroundings {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

const kTries = 3;
const kBackoffMs = [500, 1500] as const;
const kLongestRetryAfterMs = 5000;
const kRequestTimeoutMs = 20_000;

const isProblem = shape({ classifier: text(100) });
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

  complete(enc_payload: string): Promise<Answer> {
    return this.request('POST', '/complete-action', {
      action: 'tokenize_card',
      result: { enc_payload },
    });
  }

  cancel(): Promise<Answer> {
    return this.request('POST', '/cancel', {});
  }

  sleep(milliseconds: number): Promise<void> {
    return this.outside_.sleep(milliseconds);
  }

  /** Up to three tries while the server cannot be reached, is overloaded (429) or fails (5xx). */
  private async request(method: string, path: string, body: unknown): Promise<Answer> {
    const url = `${this.origin_}/sessions/${encodeURIComponent(this.session_key_)}${path}`;
    for (let attempt = 1; ; attempt++) {
      const response = await this.fetchOnce(url, method, body);
      const again = response === null || response.status === 429 || response.status >= 500;
      if (!again || attempt === kTries) return this.read(response);
      await this.outside_.sleep(waitMs(response, attempt));
    }
  }

  private async fetchOnce(url: string, method: string, body: unknown): Promise<Response | null> {
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
    if (response.ok) {
      const state = readState(json, this.origin_);
      if (state) return { kind: 'state', state };
      return { kind: 'refused', status: 502, classifier: '', pointers: [] };
    }
    return {
      kind: 'refused',
      status: response.status,
      classifier: isProblem(json) ? json.classifier : '',
      pointers: hasErrors(json) ? json.errors.map((error) => error.pointer) : [],
    };
  }
}

function waitMs(response: Response | null, attempt: number): number {
  const backoff = kBackoffMs[attempt - 1] ?? kLongestRetryAfterMs;
  const retry_after = Number(response?.headers.get('retry-after') ?? NaN) * 1000;
  return retry_after > 0 ? Math.min(retry_after, kLongestRetryAfterMs) : backoff;
}
