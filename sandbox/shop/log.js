// Commerce's view beside the shop: every request and event, live, newest first.

import { followSessions, moved } from './timeline.js';

const kMaxShown = 300;
const byId = (id) => document.getElementById(id);
const shown = new Set();
let paymentId = null;

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function part(title, text) {
  if (!text) return [];
  const heading = document.createElement('h3');
  heading.textContent = title;
  const pre = document.createElement('pre');
  pre.textContent = text;
  return [heading, pre];
}

function headerText(headers) {
  return headers.map(({ name, value }) => `${name}: ${value}`).join('\n');
}

function span(className, text) {
  const made = document.createElement('span');
  made.className = className;
  made.textContent = text;
  return made;
}

function row(entry) {
  const li = document.createElement('li');
  li.className = `kind-${entry.kind}`;
  li.dataset.payment = entry.payment_id;
  li.dataset.title = entry.title;
  const details = document.createElement('details');
  const summary = document.createElement('summary');
  const time = document.createElement('time');
  time.dateTime = entry.at;
  time.textContent = new Date(entry.at).toISOString().slice(11, 23);
  const failed = entry.status >= 400 || (entry.kind !== 'state' && entry.status === 0 &&
    entry.to !== 'acs' && entry.from !== 'acs');
  const code = span(failed ? 'code bad' : 'code', entry.status || '');
  const took = entry.duration_ms ? ` · ${entry.duration_ms} ms` : '';
  const verdict = entry.verdict ? ` · ${entry.verdict}` : '';
  summary.append(time, span('title', entry.title), code,
    span('way', `${entry.from} → ${entry.to}${verdict}${took}`));
  if (entry.from === entry.to) summary.lastElementChild.textContent = entry.verdict;
  details.append(summary);
  details.addEventListener('toggle', () => {
    if (!details.open || details.childElementCount > 1) return;
    details.append(...part('Headers', headerText(entry.headers)),
      ...part('Body', pretty(entry.body)),
      ...part('Answer’s headers', headerText(entry.answer_headers)),
      ...part('Answer', pretty(entry.answer_body)));
  });
  li.append(details);
  return li;
}

function showState(entry) {
  if (entry.from !== 'commerce' || entry.payment_id !== paymentId || !entry.body) return;
  const payment = JSON.parse(entry.body);
  byId('payment-state').hidden = false;
  byId('state-id').textContent = payment.id.slice(0, 8);
  byId('state-id').title = payment.id;
  byId('state-status').textContent = payment.status;
  const action = payment.processing.requirement?.action;
  byId('state-processing').textContent = [payment.processing.status, action]
    .filter(Boolean).join(' · ');
}

function narrow(li) {
  const other = paymentId && byId('only-this').checked && li.dataset.payment !== paymentId;
  li.hidden = Boolean(other);
}

function add(entry) {
  if (shown.has(entry.number)) return;
  shown.add(entry.number);
  const log = byId('log');
  const li = row(entry);
  narrow(li);
  li.dataset.at = entry.at;
  // By when it began: a request is told when it has ended, after what happened within it.
  const older = [...log.children].find((other) => other.dataset.at <= entry.at);
  log.insertBefore(li, older ?? null);
  while (log.childElementCount > kMaxShown) log.lastElementChild.remove();
  byId('log-empty').hidden = true;
  if (entry.kind === 'state') showState(entry);
  moved();
}

/** Narrows the view to one payment. */
export function follow(id) {
  paymentId = id;
  followSessions(id);
  for (const li of byId('log').children) narrow(li);
  fetch(`/control/log?payment=${encodeURIComponent(id)}&limit=200`)
    .then((answer) => answer.json())
    .then(({ entries }) => entries.forEach((entry) => {
      add(entry);
      if (entry.kind === 'state') showState(entry);
    }))
    .catch(() => { byId('live').dataset.state = 'off'; });
}

function live(state, text) {
  byId('live').dataset.state = state;
  byId('live').textContent = text;
}

async function start() {
  const { entries } = await (await fetch('/control/log?limit=100')).json();
  entries.forEach(add);
  const after = entries.at(-1)?.number ?? 0;
  const stream = new EventSource(`/control/log/stream?after=${after}`);
  stream.addEventListener('open', () => live('on', 'live'));
  stream.addEventListener('error', () => live('off', 'reconnecting…'));
  stream.addEventListener('entry', (event) => add(JSON.parse(event.data)));
  byId('only-this').addEventListener('change', () => {
    for (const li of byId('log').children) narrow(li);
  });
}

start().catch(() => live('off', 'offline'));
