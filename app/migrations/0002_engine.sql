-- What the engine has learnt since: a lease can be abandoned; a grant remembers that its removal was accepted, how often it
-- was looked for in vain, and what it shares with others. SQLite changes a CHECK only by making the table anew.

CREATE TABLE leases_anew (
  id              TEXT PRIMARY KEY,
  secret_id       TEXT NOT NULL,
  secret_path     TEXT NOT NULL,
  kind            TEXT NOT NULL,
  target_id       TEXT NOT NULL,
  target_name     TEXT NOT NULL,
  state           TEXT NOT NULL
                  CHECK (state IN ('generating', 'active', 'revoking', 'revoked', 'expired', 'failed', 'abandoned')),
  holder          TEXT NOT NULL,
  reason          TEXT,
  request_id      TEXT,
  created_at      INTEGER NOT NULL,
  issued_at       INTEGER,
  expires_at      INTEGER NOT NULL,
  max_expires_at  INTEGER NOT NULL,
  ended_at        INTEGER,
  end_cause       TEXT,                       -- JSON: domain::EndCause
  renewals        INTEGER NOT NULL DEFAULT 0,
  identity        TEXT NOT NULL,
  entra_ends_at   INTEGER,
  last_error      TEXT,
  attempts_made   INTEGER NOT NULL DEFAULT 0,
  failures        INTEGER NOT NULL DEFAULT 0, -- attempts known to have failed; one under way is not among them
  next_attempt_at INTEGER,
  CHECK (expires_at <= max_expires_at),
  CHECK (state <> 'active' OR issued_at IS NOT NULL),
  CHECK ((state IN ('generating', 'active')) = (end_cause IS NULL)),
  CHECK ((state IN ('revoked', 'expired', 'failed', 'abandoned')) = (ended_at IS NOT NULL)),
  CHECK ((state = 'revoking') = (next_attempt_at IS NOT NULL))
) STRICT;

CREATE TABLE grants_anew (
  lease_id   TEXT NOT NULL REFERENCES leases_anew (id),
  seq        INTEGER NOT NULL,                -- the order in which they are applied; undone from the last
  plan       TEXT NOT NULL,                   -- JSON: backend::provider::GrantPlan, every remote name in it
  subject    TEXT,                            -- what leases of one user share: the same text means the same thing in Entra
  state      TEXT NOT NULL CHECK (state IN ('planned', 'applied', 'undone')),
  entra_id   TEXT,
  applied_at INTEGER,
  removed_at INTEGER,                         -- when Entra accepted its removal, which it may not show yet
  absent_for INTEGER NOT NULL DEFAULT 0,      -- how long it was looked for in vain, though nobody saw it removed: milliseconds
  looked_at  INTEGER,                         -- the last look that did not find it
  undone_at  INTEGER,
  PRIMARY KEY (lease_id, seq),
  CHECK (state <> 'applied' OR applied_at IS NOT NULL),
  CHECK ((state = 'undone') = (undone_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts_anew (
  id         INTEGER PRIMARY KEY,
  lease_id   TEXT NOT NULL REFERENCES leases_anew (id),
  at         INTEGER NOT NULL,
  step       TEXT NOT NULL,
  outcome    TEXT NOT NULL,
  status     INTEGER,
  request_id TEXT,
  millis     INTEGER NOT NULL
) STRICT;

INSERT INTO leases_anew
  SELECT id, secret_id, secret_path, kind, target_id, target_name, state, holder, reason, request_id, created_at, issued_at,
         expires_at, max_expires_at, ended_at, end_cause, renewals, identity, entra_ends_at, last_error, attempts_made, failures,
         next_attempt_at
  FROM leases;
INSERT INTO grants_anew (lease_id, seq, plan, state, entra_id, applied_at, undone_at)
  SELECT lease_id, seq, plan, state, entra_id, applied_at, undone_at FROM grants;
INSERT INTO attempts_anew SELECT id, lease_id, at, step, outcome, status, request_id, millis FROM attempts;

DROP TABLE attempts;
DROP TABLE grants;
DROP TABLE leases;
ALTER TABLE leases_anew RENAME TO leases;
ALTER TABLE grants_anew RENAME TO grants;
ALTER TABLE attempts_anew RENAME TO attempts;

CREATE UNIQUE INDEX leases_by_request ON leases (holder, request_id) WHERE request_id IS NOT NULL;
CREATE INDEX leases_due_to_end ON leases (expires_at) WHERE state = 'active';
CREATE INDEX leases_due_for_attempt ON leases (target_id, next_attempt_at, attempts_made) WHERE state = 'revoking';
-- Ended leases pile up for years and live ones are few: what asks for live ones never walks through the others.
CREATE INDEX leases_live ON leases (id) WHERE state IN ('generating', 'active', 'revoking');
CREATE INDEX leases_live_by_secret ON leases (secret_id) WHERE state IN ('generating', 'active', 'revoking');
CREATE INDEX leases_live_by_target ON leases (target_id) WHERE state IN ('generating', 'active', 'revoking');
CREATE INDEX leases_by_path ON leases (secret_path, id);
CREATE INDEX leases_by_target ON leases (target_name, id);
CREATE INDEX leases_by_state ON leases (state, id);
CREATE INDEX leases_by_holder ON leases (holder, id);
CREATE INDEX leases_by_holder_in_state ON leases (holder, state, id);
CREATE INDEX grants_by_subject ON grants (subject) WHERE subject IS NOT NULL AND state <> 'undone';
-- What we removed a moment ago, Entra may still show: for that, those that are gone are asked for too. Few grants have a subject.
CREATE INDEX grants_gone_by_subject ON grants (subject, undone_at) WHERE subject IS NOT NULL AND state = 'undone';
CREATE INDEX attempts_by_lease ON attempts (lease_id, id);

-- How many leases there are in each state, kept by triggers: counting a million takes too long.
CREATE TABLE lease_counts (
  state  TEXT PRIMARY KEY,
  leases INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO lease_counts SELECT state, COUNT(*) FROM leases GROUP BY state;
INSERT OR IGNORE INTO lease_counts VALUES
  ('generating', 0), ('active', 0), ('revoking', 0), ('revoked', 0), ('expired', 0), ('failed', 0), ('abandoned', 0);
CREATE TRIGGER lease_counted AFTER INSERT ON leases BEGIN
  UPDATE lease_counts SET leases = leases + 1 WHERE state = NEW.state;
END;
CREATE TRIGGER lease_recounted AFTER UPDATE OF state ON leases WHEN OLD.state <> NEW.state BEGIN
  UPDATE lease_counts SET leases = leases - 1 WHERE state = OLD.state;
  UPDATE lease_counts SET leases = leases + 1 WHERE state = NEW.state;
END;

-- The soonest end of all leases whose ids begin alike, which are those of the same four seconds: a list of what ends before a
-- moment passes over all others. An end is only ever moved to later, so it stays a lower bound.
CREATE TABLE lease_spans (
  span    TEXT PRIMARY KEY,                   -- the first 13 characters of the ids
  soonest INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO lease_spans SELECT substr(id, 1, 13), min(expires_at) FROM leases GROUP BY 1;
CREATE TRIGGER lease_spanned AFTER INSERT ON leases BEGIN
  INSERT INTO lease_spans VALUES (substr(NEW.id, 1, 13), NEW.expires_at)
    ON CONFLICT (span) DO UPDATE SET soonest = min(soonest, excluded.soonest);
END;
