-- Deletions that wait for their last lease, and leases that somebody gave up.

-- Since when the row goes as soon as no lease needs it; it gives out no lease any more.
ALTER TABLE secrets ADD COLUMN deleting_at INTEGER;
ALTER TABLE targets ADD COLUMN deleting_at INTEGER;
CREATE INDEX secrets_being_deleted ON secrets (id) WHERE deleting_at IS NOT NULL;
CREATE INDEX targets_being_deleted ON targets (id) WHERE deleting_at IS NOT NULL;

-- JSON: domain::Abandonment.
ALTER TABLE leases ADD COLUMN abandoned TEXT CHECK ((state = 'abandoned') = (abandoned IS NOT NULL));
