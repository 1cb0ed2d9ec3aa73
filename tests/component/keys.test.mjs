// A database belongs to one key file: obolus does not start with another's, and makes none for a
// database that knows one (a restored copy, a replica on a new machine).
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, renameSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Obolus } from '../support/obolus.mjs';
import { databaseFile } from '../support/stored.mjs';

describe('the key file of a database', () => {
  let obolus;
  let other;
  before(async () => {
    [obolus, other] = await Promise.all([Obolus.start(), Obolus.start()]);
  });
  after(() => Promise.all([obolus.stop(), other.stop()]));

  const keysOf = ({ configuration }) => path.join(configuration.data_dir, 'obolus.keys');

  // What obolus says when it does not start, which must be one line that a person can follow.
  function refusal() {
    const { status, stderr } = obolus.cli('serve');
    assert.equal(status, 69, stderr);
    const line = /^obolus: cannot start: .*$/m.exec(stderr)?.[0] ?? '';
    assert.ok(line.includes(keysOf(obolus)), stderr);
    assert.ok(line.includes(databaseFile(obolus)), line);
    assert.match(line, /Put the key file of this database at/);
    return line;
  }

  test('is not replaced by one of another database, nor by a new one', async () => {
    const { session_key } = await obolus.openPayment();
    await obolus.process.stop();
    renameSync(keysOf(obolus), `${keysOf(obolus)}.kept`);
    assert.match(refusal(), /does not exist/);
    assert.equal(existsSync(keysOf(obolus)), false);
    copyFileSync(keysOf(other), keysOf(obolus));
    assert.match(refusal(), /does not hold key kek-/);
    renameSync(`${keysOf(obolus)}.kept`, keysOf(obolus));
    await obolus.launch();
    assert.equal((await obolus.state(session_key)).next_action, 'tokenize_card');
  });
});
