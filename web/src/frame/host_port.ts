// The frame's side of the handshake: the first port that the embedding page hands over from an
// allowed origin is taken, and no other ever. Messages that do not fit the protocol are ignored.

import { isHostMessage, kConnect, type FrameMessage, type HostMessage } from '../shared/protocol';

export interface HostPort {
  send(message: FrameMessage): void;
}

/**
 * Waits for the host. `onMessage` gets every well-formed message and the port to answer on. Origins
 * in `allowed` are compared exactly; "*" and "null" match nothing.
 */
export function acceptHost(
  frame: Window,
  allowed: readonly string[],
  onMessage: (message: HostMessage, host: HostPort) => void,
): void {
  if (frame.parent === frame) return;
  const accept = (event: MessageEvent): void => {
    if (event.source !== frame.parent || event.origin === 'null') return;
    if (!allowed.includes(event.origin)) return;
    const port = event.ports[0];
    if ((event.data as { type?: unknown } | null)?.type !== kConnect || port === undefined) return;
    frame.removeEventListener('message', accept);
    const host: HostPort = { send: (message) => port.postMessage(message) };
    port.onmessage = (received: MessageEvent) => {
      if (isHostMessage(received.data)) onMessage(received.data, host);
    };
  };
  frame.addEventListener('message', accept);
}
