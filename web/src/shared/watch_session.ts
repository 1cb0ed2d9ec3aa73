// Follows a session's state, from one of our own pages or, for a challenge in a frame, from the
// shop's: Server-Sent Events first, polling every 2 s when they fail or stay silent (a proxy that
// buffers), and at once when the page is seen again (a phone stops what is hidden behind the bank's
// app). Runs until the returned function is called.

import { readState, type SessionState } from './session_state';

export interface Watching {
  onState(state: SessionState): void;
  /** The server no longer knows the session. */
  onGone(): void;
}

export const kPollMs = 2000;
const kSilenceMs = 4000;
// A stream whose connection died unnoticed says nothing, nor need the server say that a time has
// passed; one look now and then finds out.
const kLookMs = 10_000;

/** `origin`: of the server; that of the page itself where it is the server's. */
export function watchSession(
  session_key: string,
  watching: Watching,
  origin = location.origin,
): () => void {
  const url = `${origin}/sessions/${encodeURIComponent(session_key)}`;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  let streaming = false;

  const take = (json: unknown): void => {
    const state = readState(json, origin);
    if (state && !stopped) watching.onState(state);
  };

  const poll = async (): Promise<void> => {
    try {
      const response = await fetch(url, { cache: 'no-store', credentials: 'omit' });
      if (response.ok) take(await response.json());
      else if (response.status === 404 && !stopped) watching.onGone();
    } catch {
      // The network may come back; the next poll tells.
    }
    schedule(streaming ? kLookMs : kPollMs);
  };

  const schedule = (milliseconds: number): void => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void poll(), milliseconds);
  };

  const stream = new EventSource(`${url}/stream`);
  stream.addEventListener('state', (event) => {
    streaming = true;
    schedule(kLookMs);
    try {
      take(JSON.parse((event as MessageEvent<string>).data));
    } catch {
      schedule(0);
    }
  });
  stream.addEventListener('error', () => {
    stream.close();
    streaming = false;
    schedule(kPollMs);
  });
  schedule(kSilenceMs);

  const seen = (): void => {
    if (!document.hidden) schedule(0);
  };
  document.addEventListener('visibilitychange', seen);

  return () => {
    stopped = true;
    document.removeEventListener('visibilitychange', seen);
    clearTimeout(timer);
    stream.close();
  };
}
