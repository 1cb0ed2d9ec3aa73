// SQLite by better-sqlite3, in WAL mode and with synchronous=FULL, so that an answer after a commit
// is a promise. `write` runs its body in one of two ways: "each" is how it would be written in a
// day, one transaction and one sync a request; "grouped" runs what came in one turn of the event
// loop in one transaction and answers all of it after the commit.
import Database from 'better-sqlite3';

const kSchema = `
  CREATE TABLE IF NOT EXISTS sessions (
    id BLOB NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    terminal_id BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    document TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS sessions_due ON sessions (expires_at) WHERE state = 'open';
  CREATE TABLE IF NOT EXISTS cards (
    id BLOB NOT NULL PRIMARY KEY,
    session_id BLOB NOT NULL,
    wrapped_key BLOB NOT NULL,
    ciphertext BLOB NOT NULL,
    valid_until INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    time TEXT NOT NULL,
    body TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER,            -- NULL: delivered
    delivered_at INTEGER
  );
  CREATE INDEX IF NOT EXISTS events_due ON events (due_at) WHERE due_at IS NOT NULL;
`;

export class Store {
  constructor(file, mode) {
    this.database = new Database(file);
    for (const pragma of ['page_size = 8192', 'journal_mode = WAL', 'synchronous = FULL']) {
      this.database.pragma(pragma);
    }
    this.database.pragma('wal_autocheckpoint = 4096');
    this.database.exec(kSchema);
    const transaction = this.database.transaction((body) => body());
    this.run = (body) => transaction.immediate(body);
    this.write = mode === 'grouped' ? this.#writeGrouped : this.#writeEach;
    this.#prepare();
  }

  #queue = [];

  #prepare() {
    const sql = (text) => this.database.prepare(text);
    this.insertSession = sql('INSERT INTO sessions VALUES (?, ?, ?, ?, ?)');
    this.findSession = sql('SELECT state, expires_at, document FROM sessions WHERE id = ?');
    this.endSession = sql(
      "UPDATE sessions SET state = ?, document = ? WHERE id = ? AND state = 'open'",
    );
    this.insertCard = sql('INSERT INTO cards VALUES (?, ?, ?, ?, ?)');
    this.insertEvent = sql(
      'INSERT INTO events (id, type, subject, time, body, due_at) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.findDue = sql(
      'SELECT * FROM events WHERE due_at IS NOT NULL AND due_at <= ? ORDER BY due_at LIMIT ?',
    );
    this.countDue = sql('SELECT count(*) AS count FROM events WHERE due_at IS NOT NULL');
    this.saveDelivered = sql(
      'UPDATE events SET due_at = NULL, delivered_at = ?, attempts = attempts + 1 WHERE seq = ?',
    );
    this.saveFailed = sql('UPDATE events SET due_at = ?, attempts = attempts + 1 WHERE seq = ?');
  }

  async #writeEach(body) {
    return this.run(body);
  }

  #writeGrouped(body) {
    return new Promise((resolve, reject) => {
      if (this.#queue.push({ body, resolve, reject }) === 1) setImmediate(() => this.#flush());
    });
  }

  #flush() {
    const group = this.#queue;
    this.#queue = [];
    try {
      const results = this.run(() => group.map(({ body }) => body()));
      group.forEach(({ resolve }, index) => resolve(results[index]));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
