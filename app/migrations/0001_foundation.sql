-- Times are milliseconds since 1970 in UTC; durations are seconds; JSON stands in TEXT columns named for what it holds.

-- Facts about this installation: 'instance_id' (part of the marker that everything we make in Entra bears).
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE targets (
  id                TEXT PRIMARY KEY,
  name              TEXT NOT NULL UNIQUE,
  cloud             TEXT NOT NULL,            -- JSON: domain::Cloud
  tenant_id         TEXT NOT NULL,
  sign_in           TEXT NOT NULL,            -- JSON: domain::TargetSignIn
  sealed_credential BLOB NOT NULL,            -- encrypted by backend::vault, bound to the target's id
  credential_set_at INTEGER NOT NULL,
  version           INTEGER NOT NULL,         -- counts changes, so that a cached client knows when it is out of date
  created_at        INTEGER NOT NULL,
  updated_at        INTEGER NOT NULL
) STRICT;

CREATE TABLE secrets (
  id                TEXT PRIMARY KEY,
  path              TEXT NOT NULL UNIQUE,
  kind              TEXT NOT NULL,
  target_id         TEXT NOT NULL REFERENCES targets (id),
  spec              TEXT NOT NULL,            -- JSON: domain::SecretSpec
  names             TEXT NOT NULL,            -- JSON: names of Entra's objects by id, as last seen
  default_ttl       INTEGER NOT NULL,
  max_ttl           INTEGER NOT NULL,
  description       TEXT NOT NULL,
  tags              TEXT NOT NULL,            -- JSON: array of text
  delete_protection INTEGER NOT NULL CHECK (delete_protection IN (0, 1)),
  created_at        INTEGER NOT NULL,
  updated_at        INTEGER NOT NULL,
  last_used_at      INTEGER,
  CHECK (default_ttl <= max_ttl)
) STRICT;
CREATE INDEX secrets_by_target ON secrets (target_id, path);

-- A lease outlives its item: it keeps what it was issued with, and the ids here are not foreign keys on purpose.
CREATE TABLE leases (
  id              TEXT PRIMARY KEY,
  secret_id       TEXT NOT NULL,
  secret_path     TEXT NOT NULL,
  kind            TEXT NOT NULL,
  target_id       TEXT NOT NULL,
  target_name     TEXT NOT NULL,
  state           TEXT NOT NULL CHECK (state IN ('generating', 'active', 'revoking', 'revoked', 'expired', 'failed')),
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
  CHECK ((state IN ('revoked', 'expired', 'failed')) = (ended_at IS NOT NULL)),
  CHECK ((state = 'revoking') = (next_attempt_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX leases_by_request ON leases (holder, request_id) WHERE request_id IS NOT NULL;
CREATE INDEX leases_due_to_end ON leases (expires_at) WHERE state = 'active';
CREATE INDEX leases_due_for_attempt ON leases (next_attempt_at) WHERE state = 'revoking';
-- Ended leases pile up for years and live ones are few: what asks for live ones never walks through the others.
CREATE INDEX leases_live ON leases (id) WHERE state IN ('generating', 'active', 'revoking');
CREATE INDEX leases_live_by_secret ON leases (secret_id) WHERE state IN ('generating', 'active', 'revoking');
CREATE INDEX leases_live_by_target ON leases (target_id) WHERE state IN ('generating', 'active', 'revoking');
CREATE INDEX leases_by_secret ON leases (secret_id, id);
CREATE INDEX leases_by_path ON leases (secret_path, id);
CREATE INDEX leases_by_target ON leases (target_name, id);
CREATE INDEX leases_by_state ON leases (state, id);
CREATE INDEX leases_by_holder ON leases (holder, id);

CREATE TABLE grants (
  lease_id   TEXT NOT NULL REFERENCES leases (id),
  seq        INTEGER NOT NULL,                -- the order in which they are applied; undone from the last
  plan       TEXT NOT NULL,                   -- JSON: backend::provider::GrantPlan, every remote name in it
  state      TEXT NOT NULL CHECK (state IN ('planned', 'applied', 'undone')),
  entra_id   TEXT,
  applied_at INTEGER,
  undone_at  INTEGER,
  PRIMARY KEY (lease_id, seq),
  CHECK (state <> 'applied' OR applied_at IS NOT NULL),
  CHECK ((state = 'undone') = (undone_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- The calls made to Entra for a lease.
CREATE TABLE attempts (
  id         INTEGER PRIMARY KEY,
  lease_id   TEXT NOT NULL REFERENCES leases (id),
  at         INTEGER NOT NULL,
  step       TEXT NOT NULL,
  outcome    TEXT NOT NULL,
  status     INTEGER,
  request_id TEXT,
  millis     INTEGER NOT NULL
) STRICT;
CREATE INDEX attempts_by_lease ON attempts (lease_id, id);

CREATE TABLE users (
  id            TEXT PRIMARY KEY,             -- user:admin
  name          TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,                -- PHC string, argon2id
  role          TEXT NOT NULL,
  created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
  token_hash   BLOB PRIMARY KEY,              -- SHA-256 of the cookie's value
  user_id      TEXT NOT NULL REFERENCES users (id),
  created_at   INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE tokens (
  id         TEXT PRIMARY KEY,                -- token:bootstrap
  name       TEXT NOT NULL UNIQUE,
  token_hash BLOB NOT NULL UNIQUE,            -- SHA-256 of the token
  role       TEXT NOT NULL,
  scope      TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT;

-- What was done, by whom, to what. Rows are only ever added; none holds a secret.
CREATE TABLE audit_events (
  id     INTEGER PRIMARY KEY,
  at     INTEGER NOT NULL,
  actor  TEXT NOT NULL,                       -- an identity's id, or 'leasehold' for what the server does unasked
  verb   TEXT NOT NULL,                       -- lease.generate, target.create, …
  object TEXT NOT NULL,                       -- an id or a path
  detail TEXT NOT NULL                        -- JSON object
) STRICT;
