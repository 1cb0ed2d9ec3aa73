// What obolus has stored, seen from outside: the whole database as text, so that a test can say
// that a refused request left nothing behind.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { run } from './processes.mjs';

export function databaseFile(obolus) {
  const folder = obolus.configuration.data_dir;
  const file = readdirSync(folder).find((name) => /\.(db|sqlite3?)$/.test(name));
  assert.ok(file, `no database in ${readdirSync(folder)}`);
  return path.join(folder, file);
}

// Every row of these tables (none named: of every table) as SQL text, but for the one that health
// checks write.
export function storedText(obolus, ...tables) {
  const dump = ['.dump', ...tables].join(' ');
  const { status, stdout, stderr } = run('sqlite3', ['-readonly', databaseFile(obolus), dump], {
    maxBuffer: 256 * 1024 * 1024,
  });
  assert.equal(status, 0, stderr);
  return stdout.replace(/^INSERT INTO health .*\n/gm, '');
}

// Runs `action` and demands that the database is the same afterwards, and that obolus still lives.
export async function storesNothing(obolus, action) {
  await obolus.settled();
  const before = storedText(obolus);
  const result = await action();
  assert.equal(storedText(obolus), before, 'something was stored');
  assert.equal((await obolus.operator('GET', '/healthz')).status, 200);
  return result;
}

// A refusal: the status, classifier, and the pointers of the members at fault when given.
export function assertRefused(answer, status, classifier, pointers) {
  assert.equal(answer.status, status, `${answer.status} ${answer.text}`);
  assert.equal(answer.json.classifier, classifier, answer.text);
  if (pointers) {
    const found = (answer.json.errors ?? []).map(({ pointer }) => pointer);
    assert.deepEqual(found, pointers, answer.text);
  }
}
