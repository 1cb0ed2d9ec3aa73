// A page that listens: the stream of a session's states, for tests.
import http from 'node:http';

// How often a stream looks by itself (src/http/session_stream.cpp).
export const kTick = 5_000;

// Opens the stream and collects its states.
export function listen(obolus, key) {
  const stream = { states: [], closed: false };
  const url = `http://127.0.0.1:${obolus.ports.shopper}/sessions/${key}/stream`;
  stream.call = http.get(url, { headers: { accept: 'text/event-stream' } }, (answer) => {
    Object.assign(stream, { status: answer.statusCode, headers: answer.headers });
    let rest = '';
    answer.setEncoding('utf8').on('data', (chunk) => {
      const events = (rest + chunk).split('\n\n');
      rest = events.pop();
      for (const event of events) {
        const data = /^event: state\ndata: (.*)$/m.exec(event);
        if (data) stream.states.push(JSON.parse(data[1]));
      }
    });
    answer.on('close', () => (stream.closed = true));
  });
  stream.call.on('error', () => (stream.closed = true));
  return stream;
}
