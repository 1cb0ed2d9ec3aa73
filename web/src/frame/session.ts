// The second script of the frame (session.js): everything between the form and the server. It is
// loaded when the fields already take input, as nothing in it is needed to show them.

import type { PublicState } from '../shared/protocol';
import { publicState, type SessionState } from '../shared/session_state';
import { SessionClient } from './session_client';
import { SessionClock } from './session_clock';
import { Submission, type CardSource } from './submission';

export interface SessionEvents {
  state(state: PublicState): void;
  /** The networks that the session accepts; none means all. */
  accepts(networks: readonly string[]): void;
  expiring(seconds_left: number): void;
  failed(error: unknown): void;
}

export class FrameSession {
  private readonly client_: SessionClient;
  private readonly submission_: Submission;
  private readonly clock_: SessionClock;

  constructor(
    key: string,
    private readonly source_: CardSource,
    private readonly events_: SessionEvents,
  ) {
    this.client_ = new SessionClient(key, location.origin, {
      fetch: (url, init) => fetch(url, init),
      sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    });
    this.submission_ = new Submission(this.client_, source_, (state) => this.note(state));
    this.clock_ = new SessionClock(
      () => Date.now(),
      () => void this.load(),
      (seconds_left) => events_.expiring(seconds_left),
    );
  }

  /** Learns the session's state, and closes the form of a session that is over. */
  async load(): Promise<void> {
    try {
      const { nextAction, attemptsLeft, retryAfterSeconds } = await this.submission_.load();
      if (nextAction === null) this.source_.close();
      // The form was loaded again while the server wants no other card yet.
      else if (retryAfterSeconds) this.source_.hold(attemptsLeft, retryAfterSeconds);
    } catch (error) {
      this.clock_.runOn();
      this.events_.failed(error);
    }
  }

  forgetPayload(): void {
    this.submission_.forgetPayload();
  }

  networks(iin: string): Promise<readonly string[]> {
    return this.client_.networks(iin);
  }

  async submit(): Promise<PublicState> {
    return publicState(await this.submission_.run());
  }

  async cancel(): Promise<PublicState> {
    return publicState(await this.submission_.cancel());
  }

  private note(state: SessionState): void {
    if (state.tokenize) this.events_.accepts(state.tokenize.schemes);
    this.clock_.set(state.nextAction === null ? null : state.expiresInSeconds);
    this.events_.state(publicState(state));
  }
}
