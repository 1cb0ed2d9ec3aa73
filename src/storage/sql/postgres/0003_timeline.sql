-- What happened to a session, in order; rows are only added, and go with their session. An older
-- program that purges leaves them behind: they are small and are asked for by session only.
CREATE TABLE timeline (
  session_id uuid NOT NULL,
  seq bigint NOT NULL,
  at bigint NOT NULL,
  document bytea NOT NULL,
  PRIMARY KEY (session_id, seq)
);
