-- How often something was tried of late, such as one card (by a keyed hash): in thousandths, as it
-- was at `at`; it leaks away since. Purged a day after the last change.
CREATE TABLE tallies (
  name bytea PRIMARY KEY,
  level bigint NOT NULL,
  at bigint NOT NULL
);
CREATE INDEX tallies_at ON tallies (at);
