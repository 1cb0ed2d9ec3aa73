-- How often something was tried of late, such as one card (by a keyed hash): in thousandths, as it
-- was at `at`; it leaks away since. Purged a day after the last change.
CREATE TABLE tallies (
  name BLOB PRIMARY KEY NOT NULL,
  level INTEGER NOT NULL,
  at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX tallies_at ON tallies (at);
