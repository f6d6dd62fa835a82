//! What the reaper takes in hand: leases whose time is up, and attempts that are due.
//!
//! Rule: a claim moves the next attempt into the future before anything is tried, so that a process which dies while trying
//! leaves a lease that falls due again by itself. Each statement takes many leases at once: a thousand can end in one second.

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::super::audit::LEASEHOLD;
use super::super::columns::{Columns, to_json};
use super::super::{Store, StoreError};
use super::detail::{StoredGrant, grants_of_many};
use super::ids_json;
use crate::domain::{EndCause, LeaseId, TargetId, Timestamp};

/// A lease that the caller is to take back now.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimedLease {
    /// The lease.
    pub id: LeaseId,
    /// The target whose credential takes it back.
    pub target_id: TargetId,
    /// What a person recognises.
    pub identity: String,
    /// Why it ends.
    pub end_cause: EndCause,
    /// How often it was tried, this attempt included.
    pub attempts_made: u32,
    /// Its grants, in the order in which they were applied.
    pub grants: Vec<StoredGrant>,
}

// The indexes are named, because without statistics SQLite guesses, and guesses wrong. The event is written first: it selects
// the very leases that the update then changes.
const ANY_DUE: &str = "SELECT EXISTS (SELECT 1 FROM leases INDEXED BY leases_due_to_end
     WHERE state = 'active' AND expires_at <= ?1)";
const EXPIRE_DUE: &str = "INSERT INTO audit_events (at, actor, verb, object, detail)
       SELECT ?2, ?4, 'lease.expire', id, '{}' FROM leases INDEXED BY leases_due_to_end
       WHERE state = 'active' AND expires_at <= ?2 ORDER BY expires_at LIMIT ?3;
     UPDATE leases SET state = 'revoking', end_cause = ?1, next_attempt_at = ?2
     WHERE id IN (SELECT id FROM leases INDEXED BY leases_due_to_end
                  WHERE state = 'active' AND expires_at <= ?2 ORDER BY expires_at LIMIT ?3)
     RETURNING id";
/// The targets are found by leaping from one to the next in the index, however many leases each has.
const DUE_TARGETS: &str = "WITH RECURSIVE target (id) AS (
       SELECT min(target_id) FROM leases INDEXED BY leases_due_for_attempt WHERE state = 'revoking'
       UNION ALL
       SELECT (SELECT min(target_id) FROM leases INDEXED BY leases_due_for_attempt
               WHERE state = 'revoking' AND target_id > target.id)
       FROM target WHERE target.id IS NOT NULL)
     SELECT id FROM target
     WHERE id IS NOT NULL AND EXISTS (SELECT 1 FROM leases INDEXED BY leases_due_for_attempt
                                      WHERE state = 'revoking' AND target_id = target.id AND next_attempt_at <= ?1)";
const CLAIM_DUE: &str = "UPDATE leases SET attempts_made = attempts_made + 1, next_attempt_at = ?1
     WHERE id IN (SELECT id FROM leases INDEXED BY leases_due_for_attempt
                  WHERE state = 'revoking' AND target_id = ?4 AND next_attempt_at <= ?2
                  ORDER BY next_attempt_at, attempts_made LIMIT ?3)
     RETURNING id, target_id, identity, end_cause, attempts_made";
pub(super) const CLAIM_THESE: &str =
    "UPDATE leases SET attempts_made = attempts_made + 1, next_attempt_at = ?1
     WHERE +state = 'revoking' AND id IN (SELECT value FROM json_each(?2))
     RETURNING id, target_id, identity, end_cause, attempts_made";
const HOLD_DUE: &str = "UPDATE leases SET last_error = ?1, next_attempt_at = ?2, failures = failures + 1
     WHERE id IN (SELECT id FROM leases INDEXED BY leases_due_for_attempt
                  WHERE state = 'revoking' AND target_id = ?3 AND next_attempt_at <= ?4)";

/// The statements that run all the time, with the index that each walks.
#[cfg(test)]
pub(in super::super) fn every_sweep() -> [(&'static str, &'static str); 5] {
    [
        (ANY_DUE, "leases_due_to_end"),
        (EXPIRE_DUE, "leases_due_to_end"),
        (DUE_TARGETS, "leases_due_for_attempt"),
        (CLAIM_DUE, "leases_due_for_attempt"),
        (HOLD_DUE, "leases_due_for_attempt"),
    ]
}

impl Store {
    /// `active → revoking` for leases whose time is up, the longest overdue first; how many they were.
    pub async fn expire_due(&self, now: Timestamp, limit: u32) -> Result<usize, StoreError> {
        // Asked all the time, and mostly in vain: a look costs less than a transaction.
        let any: bool = sqlx::query_scalar(ANY_DUE)
            .bind(now.millis())
            .fetch_one(self.readers())
            .await?;
        if !any {
            return Ok(0);
        }
        self.write_leases(move |connection| {
            Box::pin(async move {
                let rows = sqlx::query(EXPIRE_DUE)
                    .bind(to_json("leases", "end_cause", &EndCause::Expired)?)
                    .bind(now.millis())
                    .bind(limit)
                    .bind(LEASEHOLD)
                    .fetch_all(&mut *connection)
                    .await?;
                Ok(rows.len())
            })
        })
        .await
    }

    /// The targets with leases whose next attempt is due.
    pub async fn due_targets(&self, now: Timestamp) -> Result<Vec<TargetId>, StoreError> {
        let rows = sqlx::query(DUE_TARGETS)
            .bind(now.millis())
            .fetch_all(self.readers())
            .await?;
        let read = |row| Columns::of("leases", row).parse("id", TargetId::parse);
        rows.iter().map(read).collect()
    }

    /// Claims leases of a target whose next attempt is due, the longest overdue and least tried first: counts the attempt and
    /// puts the next one off by `hold_millis`.
    pub async fn claim_due(
        &self,
        target: &TargetId,
        now: Timestamp,
        hold_millis: i64,
        limit: u32,
    ) -> Result<Vec<ClaimedLease>, StoreError> {
        let target = target.clone();
        self.write_leases(move |connection| {
            Box::pin(async move {
                let rows = sqlx::query(CLAIM_DUE)
                    .bind(now.plus_millis(hold_millis).millis())
                    .bind(now.millis())
                    .bind(limit)
                    .bind(target.as_str())
                    .fetch_all(&mut *connection)
                    .await?;
                with_grants(connection, &rows).await
            })
        })
        .await
    }

    /// Claims these leases, due or not, as [`Store::claim_due`] does; those that are not being taken back are left out.
    pub async fn claim(
        &self,
        leases: &[LeaseId],
        now: Timestamp,
        hold_millis: i64,
    ) -> Result<Vec<ClaimedLease>, StoreError> {
        let leases = ids_json(leases);
        self.write_leases(move |connection| {
            Box::pin(async move {
                let rows = sqlx::query(CLAIM_THESE)
                    .bind(now.plus_millis(hold_millis).millis())
                    .bind(leases)
                    .fetch_all(&mut *connection)
                    .await?;
                with_grants(connection, &rows).await
            })
        })
        .await
    }

    /// Puts off all that is due on a target that can't be reached, for this reason: a failed attempt of each, though nobody asked.
    pub async fn hold_due(
        &self,
        target: &TargetId,
        why: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<u64, StoreError> {
        let (target, why) = (target.clone(), super::cut(why));
        self.write_leases(move |connection| {
            Box::pin(async move {
                let held = sqlx::query(HOLD_DUE)
                    .bind(why)
                    .bind(until.millis())
                    .bind(target.as_str())
                    .bind(now.millis())
                    .execute(connection)
                    .await?;
                Ok(held.rows_affected())
            })
        })
        .await
    }

    /// When the next lease expires or falls due for an attempt: what tests move their clock to.
    #[cfg(test)]
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let due: Option<i64> = sqlx::query_scalar(
            "SELECT min(CASE state WHEN 'active' THEN expires_at ELSE next_attempt_at END) FROM leases
             WHERE state IN ('active', 'revoking')",
        )
        .fetch_one(self.readers())
        .await?;
        Ok(due.map(Timestamp::from_millis))
    }

    /// Makes everything that is being taken back due now: after a start, or when the clock was put back, what was put off "until
    /// then" says nothing.
    pub async fn all_due(&self, now: Timestamp) -> Result<(), StoreError> {
        self.write_leases(move |connection| {
            Box::pin(async move {
                sqlx::query("UPDATE leases SET next_attempt_at = ?1 WHERE state = 'revoking' AND next_attempt_at > ?1")
                    .bind(now.millis())
                    .execute(connection)
                    .await?;
                Ok(())
            })
        })
        .await
    }
}

async fn with_grants(
    connection: &mut SqliteConnection,
    rows: &[SqliteRow],
) -> Result<Vec<ClaimedLease>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut claimed = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let ids: Vec<_> = claimed.iter().map(|lease| lease.id.clone()).collect();
    let mut grants = grants_of_many(connection, &ids).await?;
    for lease in &mut claimed {
        lease.grants = grants.remove(&lease.id).unwrap_or_default();
    }
    Ok(claimed)
}

fn read(row: &SqliteRow) -> Result<ClaimedLease, StoreError> {
    let columns = Columns::of("leases", row);
    Ok(ClaimedLease {
        id: columns.parse("id", LeaseId::parse)?,
        target_id: columns.parse("target_id", TargetId::parse)?,
        identity: columns.text("identity")?,
        end_cause: columns.json("end_cause")?,
        attempts_made: columns.count("attempts_made")?,
        grants: Vec::new(),
    })
}
