-- Cards in a remote vault that are to be deleted there: written with the commit that makes the card
-- useless, gone when the vault has answered. An older program leaves them behind.
CREATE TABLE card_deletions (
  card_id TEXT NOT NULL PRIMARY KEY,
  session_id BLOB NOT NULL,
  due_at INTEGER NOT NULL,
  first_due_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  lease INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX card_deletions_due ON card_deletions (due_at);
