-- Cards by the key-encryption key that they are under: for wrapping them anew, and for saying
-- whether a key is still needed.
CREATE INDEX cards_key ON cards (key_id, id);
