-- Ids are 16-byte blobs, times are milliseconds since 1970. Ids of sessions and events are
-- time-ordered, so new rows lie side by side, and so do those of every index on the way of an
-- insert, but for ids that Commerce chose: that is what makes durable inserts cheap.

-- What SQL asks about stands in columns; the rest of the session is its document (JSON).
CREATE TABLE sessions (
  id BLOB NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  version INTEGER NOT NULL,
  terminal_id BLOB,          -- NULL: it is the id
  payment_terminal_id BLOB,
  payment_id BLOB,           -- NULL: the payment has no id, or one that is no UUID
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  due_at INTEGER,            -- the earlier of expires_at and the lease; NULL once it has ended
  ended_at INTEGER,          -- NULL: it has not
  document TEXT NOT NULL
) WITHOUT ROWID;

-- One session of a kind and terminal that has not ended; those that have are found by the other.
CREATE UNIQUE INDEX sessions_open_terminal ON sessions (terminal_id, kind)
  WHERE terminal_id IS NOT NULL AND ended_at IS NULL;
CREATE INDEX sessions_ended_terminal ON sessions (terminal_id, kind, id)
  WHERE terminal_id IS NOT NULL AND ended_at IS NOT NULL;
CREATE INDEX sessions_challenge_of ON sessions (payment_terminal_id, id)
  WHERE payment_terminal_id IS NOT NULL;
CREATE INDEX sessions_payment ON sessions (payment_id, id) WHERE payment_id IS NOT NULL;
CREATE INDEX sessions_due ON sessions (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX sessions_ended ON sessions (ended_at, id) WHERE ended_at IS NOT NULL;

-- The outbox. `seq` is the order of commits. `claim_at` is due_at where the event is the oldest
-- pending one of its session, else NULL: so a claim reads only rows that it takes, however long
-- the backlog is. `leased` is 1 from a claim until its delivery is saved; then due_at is the end of
-- the lease.
CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  session_id BLOB NOT NULL,
  type TEXT NOT NULL,
  subject TEXT NOT NULL,
  traceparent TEXT NOT NULL,
  request_id TEXT NOT NULL,
  time INTEGER NOT NULL,
  body BLOB NOT NULL,
  status TEXT NOT NULL,      -- pending, delivered, parked
  attempts INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  first_due_at INTEGER NOT NULL,
  settled_at INTEGER,
  last_error TEXT NOT NULL,
  claim_at INTEGER,
  leased INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX events_session ON events (session_id, status);
CREATE INDEX events_claim ON events (claim_at) WHERE claim_at IS NOT NULL;
CREATE INDEX events_leased ON events (leased) WHERE leased = 1;
CREATE INDEX events_unsettled ON events (status) WHERE status <> 'delivered';

CREATE TABLE answers (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  request_digest BLOB NOT NULL,
  status INTEGER NOT NULL,
  body BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
);
CREATE INDEX answers_created ON answers (created_at);

CREATE TABLE received_events (
  seq INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  subjects BLOB NOT NULL,    -- ids, one after the other
  data TEXT NOT NULL,
  applied INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  UNIQUE (source, id)
);
CREATE INDEX received_events_received ON received_events (received_at);

-- Where an event that was not applied is found by what it may be about.
CREATE TABLE unapplied_subjects (
  subject BLOB NOT NULL,
  event_seq INTEGER NOT NULL,
  PRIMARY KEY (subject, event_seq)
) WITHOUT ROWID;

CREATE TABLE cards (
  id BLOB NOT NULL PRIMARY KEY,
  session_id BLOB NOT NULL,
  key_id TEXT NOT NULL,
  wrapped_key BLOB NOT NULL,
  ciphertext BLOB NOT NULL,
  valid_until INTEGER NOT NULL
);
CREATE INDEX cards_session ON cards (session_id);
CREATE INDEX cards_valid_until ON cards (valid_until);

-- One row that a health check writes.
CREATE TABLE health (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  checks INTEGER NOT NULL
);
INSERT INTO health (id, checks) VALUES (1, 0);
