-- How often an event was claimed: the fence that keeps a relay whose lease ran out from saving.
ALTER TABLE events ADD COLUMN lease INTEGER NOT NULL DEFAULT 0;

-- Events by when trying began, so that a claim finds the new ones however long the backlog is.
CREATE INDEX events_fresh ON events (first_due_at, claim_at) WHERE claim_at IS NOT NULL;

-- Which programs can use the database after each step: those that know a step up to
-- `oldest_program`. So an older obolus can go on, or come back, after a step that it can live with.
CREATE TABLE schema_steps (
  version INTEGER NOT NULL PRIMARY KEY,
  oldest_program INTEGER NOT NULL
);
