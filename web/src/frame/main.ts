// The card frame's script (card.js): wires the fields, the server and the host page together. It runs in
// a document of our origin, one per session; card data leaves it only encrypted, and only to the server.

import type { FrameMessage, HostMessage } from '../shared/protocol';
import { publicState } from '../shared/session_state';
import { applyAppearance } from './appearance';
import { CardFields } from './card_fields';
import { toFailure } from './failure';
import { acceptHost, type HostPort } from './host_port';
import { SessionClient } from './session_client';
import { Submission } from './submission';

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function start(): void {
  const { sessionKey = '', allowedOrigins = '' } = document.body.dataset;
  let host: HostPort | null = null;
  const send = (message: FrameMessage): void => host?.send(message);

  const fields: CardFields = new CardFields(document, () => new Date(), {
    edited: () => submission.forgetPayload(),
    changed: (change) => send({ type: 'change', ...change }),
    focused: (field) => send({ type: 'focus', field }),
    blurred: (field) => send({ type: 'blur', field }),
    entered: () => send({ type: 'enter' }),
  });
  const client = new SessionClient(sessionKey, location.origin, {
    fetch: (url, init) => fetch(url, init),
    sleep,
  });
  const submission: Submission = new Submission(client, fields, (state) => {
    if (state.tokenize) fields.setAccepted(state.tokenize.schemes);
    send({ type: 'state', state: publicState(state) });
  });

  const load = async (): Promise<void> => {
    try {
      const state = await submission.load();
      const seconds = state.expiresInSeconds;
      if (state.nextAction === null) fields.close();
      else if (seconds !== null) setTimeout(() => void load(), (seconds + 1) * 1000);
    } catch (error) {
      send({ type: 'error', error: toFailure(error).toWire() });
    }
  };

  const configure = (message: Extract<HostMessage, { type: 'configure' }>): void => {
    applyAppearance(document.documentElement, message.theme, message.variables);
    fields.setNameMode(message.name);
    const form = document.getElementById('card');
    if (form) {
      const report = (): void => {
        const height = Math.ceil(form.getBoundingClientRect().height);
        if (height > 0) send({ type: 'resize', height });
      };
      new ResizeObserver(report).observe(form);
    }
    send({ type: 'ready' });
    void load();
  };

  const answer = async (call: number, work: Promise<unknown>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      send({ type: 'failed', call, error: toFailure(error).toWire() });
    }
  };

  fields.start();
  const origins = [location.origin, ...allowedOrigins.split(/\s+/).filter(Boolean)];
  acceptHost(window, origins, (message, port) => {
    host = port;
    switch (message.type) {
      case 'configure':
        configure(message);
        break;
      case 'focus':
        fields.focus(message.field);
        break;
      case 'clear':
        fields.clear();
        break;
      case 'submit':
      case 'cancel': {
        const { call, type } = message;
        const work = type === 'submit' ? submission.run() : submission.cancel();
        void answer(
          call,
          work.then((state) => send({ type: 'done', call, state: publicState(state) })),
        );
        break;
      }
    }
  });
}

start();
