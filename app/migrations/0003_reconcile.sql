-- What Entra holds of ours that no lease knows: the last check of each target, and when the next one is due by itself.
CREATE TABLE reconciliations (
  target_id TEXT PRIMARY KEY REFERENCES targets (id) ON DELETE CASCADE,
  next_at   INTEGER NOT NULL,
  report    TEXT,                             -- JSON: domain::Reconciliation, of the last check that came to an end
  failed_at INTEGER,                          -- the last check of all, where it failed, and why
  error     TEXT,
  CHECK ((failed_at IS NULL) = (error IS NULL))
) STRICT, WITHOUT ROWID;
