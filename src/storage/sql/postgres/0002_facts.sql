-- What is true of the whole database, by name: whose keys it was used with.
CREATE TABLE facts (
  name text NOT NULL PRIMARY KEY,
  value bytea NOT NULL
);
