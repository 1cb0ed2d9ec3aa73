// The frame's side of the handshake: a port that the embedding page, of an allowed origin, hands
// over is taken; a later one from the same page replaces it, because the library may have offered
// one before and after the frame's load event, or may have been started anew. A new port is told
// what the one before it had heard. Messages that do not fit the protocol are ignored.

import { isHostMessage, kConnect, type FrameMessage, type HostMessage } from '../shared/protocol';

export interface HostPort {
  send(message: FrameMessage): void;
}

/** The last one of each says how things stand. */
const kStanding: readonly string[] = ['ready', 'resize', 'title', 'state', 'change'];

/**
 * Waits for the host. `onMessage` gets every well-formed message and the way to answer. Origins in
 * `allowed` are compared exactly; "*" and "null" match nothing.
 */
export function acceptHost(
  frame: Window,
  allowed: readonly string[],
  onMessage: (message: HostMessage, host: HostPort) => void,
): void {
  if (frame.parent === frame) return;
  let port: MessagePort | undefined;
  let asked = new Set<number>();
  const standing = new Map<string, FrameMessage>();
  const host: HostPort = {
    send(message) {
      if (kStanding.includes(message.type)) standing.set(message.type, message);
      // An answer to a call of a port that is gone would be taken for another call's.
      if (!('call' in message) || asked.delete(message.call)) port?.postMessage(message);
    },
  };
  frame.addEventListener('message', (event: MessageEvent) => {
    if (event.source !== frame.parent || event.origin === 'null') return;
    if (!allowed.includes(event.origin)) return;
    const offered = event.ports[0];
    if ((event.data as { type?: unknown } | null)?.type !== kConnect || !offered) return;
    port?.close();
    port = offered;
    asked = new Set();
    const missed = [...standing.values()];
    offered.onmessage = ({ data }: MessageEvent) => {
      if (port !== offered || !isHostMessage(data)) return;
      if ('call' in data) asked.add(data.call);
      onMessage(data, host);
      if (data.type === 'configure') host.send({ type: 'title', title: frame.document.title });
      for (const message of missed.splice(0)) offered.postMessage(message);
    };
  });
}
