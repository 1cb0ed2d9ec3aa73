// Obolus's own account of the shown payment, beside Commerce's: what its sessions went through, who
// caused it, and whether Commerce was told. Read again whenever Commerce's journal moves, and every
// few seconds, because a shopper who does nothing moves only Obolus.

const kEveryMs = 3000;
const kSoonMs = 250;
const byId = (id) => document.getElementById(id);
let paymentId = null;
let soon = null;

// "+00:12.345" since the session opened.
export function sinceOpening(opening, at) {
  const ms = new Date(at) - new Date(opening);
  const gone = Math.abs(ms);
  const two = (number) => String(Math.floor(number)).padStart(2, '0');
  const rest = String(gone % 1000).padStart(3, '0');
  return `${ms < 0 ? '-' : '+'}${two(gone / 60_000)}:${two((gone / 1000) % 60)}.${rest}`;
}

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function row(entry, opening) {
  const li = document.createElement('li');
  li.dataset.what = entry.what;
  const changed = entry.from === entry.to ? entry.to : `${entry.from} → ${entry.to}`;
  const event = entry.event ? ` · ${entry.event}` : '';
  li.append(element('time', '', sinceOpening(opening.at, entry.at)),
    element('span', 'title', `${entry.side} → ${entry.what}`),
    element('span', 'way', changed + event));
  li.title = Object.entries(entry.details).map(([name, value]) => `${name}: ${value}`).join('\n');
  return li;
}

function show({ sessions }) {
  byId('timeline').hidden = sessions.length === 0;
  byId('timeline-sessions').replaceChildren(...sessions.flatMap(({ kind, state, timeline }) => {
    const list = document.createElement('ol');
    list.append(...timeline.map((entry) => row(entry, timeline[0])));
    const what = kind === '3ds' ? 'Challenge' : 'Card session';
    return [element('h3', '', `${what}: ${state}`), list];
  }));
}

async function read() {
  const asked = paymentId;
  if (!asked || document.hidden) return;
  const answer = await fetch(`/control/timeline?payment=${encodeURIComponent(asked)}`);
  // Without an operator listener to ask there is nothing to show, and nothing to complain about.
  if (answer.ok && asked === paymentId) show(await answer.json());
}

/** Reads again shortly: something happened. */
export function moved() {
  clearTimeout(soon);
  soon = setTimeout(() => read().catch(() => {}), kSoonMs);
}

/** Shows the sessions of that payment from now on. */
export function followSessions(id) {
  if (paymentId === null) setInterval(() => read().catch(() => {}), kEveryMs);
  paymentId = id;
  moved();
}
