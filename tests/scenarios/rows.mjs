// The rows of the transition table as `obolus states` prints it, and those that sessions went
// through as their timelines tell. A row is "kind: from --trigger--> to".
import { programPath, run } from '../support/processes.mjs';

const kKinds = { Payment: 'payment', '3-D': '3ds' };

// Rows that change nothing are on the timeline under words of their own.
const kTriggers = { start_again: 'start_challenge', return_again: 'return' };

const rowOf = (kind, { from, what, to }) => `${kind}: ${from} --${what}--> ${to}`;

// What the machine can do: [row].
export function tableRows() {
  const { stdout } = run(programPath('obolus'), ['states']);
  const rows = [];
  let kind;
  for (const line of stdout.split('\n')) {
    const title = line.match(/^## (\S+)/);
    if (title) kind = kKinds[title[1]];
    const cells = line.split('|').map((cell) => cell.trim());
    if (cells.length < 6 || cells[1] === 'from' || cells[1].startsWith('-')) continue;
    rows.push(rowOf(kind, { from: cells[1], what: cells[2], to: cells[3] }));
  }
  return rows;
}

// What these sessions did: the set of rows, by the operator listener at `url`.
export async function rowsReached(url, ids) {
  const reached = new Set();
  for (const id of ids) {
    const answer = await fetch(`${url}/sessions/${id}`);
    if (answer.status !== 200) throw new Error(`session ${id}: ${answer.status}`);
    const { kind, timeline } = await answer.json();
    for (const entry of timeline) {
      reached.add(rowOf(kind, { ...entry, what: kTriggers[entry.what] ?? entry.what }));
    }
  }
  return reached;
}
