-- Cards in a remote vault that are to be deleted there: written with the commit that makes the card
-- useless, gone when the vault has answered. An older program leaves them behind.
CREATE TABLE card_deletions (
  card_id text NOT NULL PRIMARY KEY,
  session_id uuid NOT NULL,
  due_at bigint NOT NULL,
  first_due_at bigint NOT NULL,
  attempts bigint NOT NULL,
  lease bigint NOT NULL
);
CREATE INDEX card_deletions_due ON card_deletions (due_at);

-- Security codes that replicas share, only with vault.transient_sharing: sealed, under the id of
-- their card, deleted by whoever takes them. An older program that ends a card leaves its code to
-- the next purge of a newer one.
CREATE TABLE codes (
  id uuid NOT NULL PRIMARY KEY,
  session_id uuid NOT NULL,
  key_id text NOT NULL,
  wrapped_key bytea NOT NULL,
  ciphertext bytea NOT NULL,
  valid_until bigint NOT NULL
);
CREATE INDEX codes_session ON codes (session_id);
CREATE INDEX codes_valid_until ON codes (valid_until);
