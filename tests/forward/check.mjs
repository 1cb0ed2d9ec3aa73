// make forward-check: every way in tests/forward/attempts.mjs to send a card where it must not go,
// as a table, and how many were refused.
import { tryAll } from './attempts.mjs';

const rows = await tryAll();
for (const { name, refused, why } of rows) {
  console.log(`${refused ? 'refused' : 'DONE   '}  ${why}  ${name}`);
}
const refused = rows.filter((row) => row.refused).length;
console.log(`forward-check: ${refused} of ${rows.length} refused`);
process.exit(refused === rows.length && rows.length > 0 ? 0 : 1);
