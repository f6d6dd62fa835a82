//! What the reaper claims, and how its attempts went.
//!
//! Rule: a claim moves the next attempt into the future before anything is tried, so that a process which dies while trying
//! leaves a lease that falls due again by itself.

use sqlx::SqliteConnection;

use super::super::audit::{self, AuditEvent, LEASEHOLD};
use super::super::columns::{Columns, to_json};
use super::super::{Store, StoreError};
use super::detail::{StoredGrant, grants_of};
use super::{lease_columns, read, read_id};
use crate::domain::{EndCause, Lease, LeaseId, TargetId, Timestamp};

/// Characters of an error that are kept.
const ERROR_LENGTH: usize = 500;

/// A lease that the caller is to take back now.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimedLease {
    /// The lease; this attempt is counted in its `attempts_made`.
    pub lease: Lease,
    /// The target whose credential takes it back.
    pub target_id: TargetId,
    /// Its grants, in the order in which they were applied.
    pub grants: Vec<StoredGrant>,
}

/// Whether a claim waits for the lease to fall due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Only where the next attempt is due.
    WhenDue,
    /// Whenever it is being taken back.
    Now,
}

// The indexes are named, because without statistics SQLite guesses, and guesses wrong.
const EXPIRE_DUE: &str = "UPDATE leases SET state = 'revoking', end_cause = ?1, next_attempt_at = ?2
     WHERE id IN (SELECT id FROM leases INDEXED BY leases_due_to_end
                  WHERE state = 'active' AND expires_at <= ?2 ORDER BY expires_at LIMIT ?3)
     RETURNING id";
const CLAIM_DUE: &str = concat!(
    "UPDATE leases SET attempts_made = attempts_made + 1, next_attempt_at = ?1
     WHERE id IN (SELECT id FROM leases INDEXED BY leases_due_for_attempt
                  WHERE state = 'revoking' AND next_attempt_at <= ?2 ORDER BY next_attempt_at LIMIT ?3)
     RETURNING ",
    lease_columns!()
);
const NEXT_DUE: &str = "SELECT min(at) FROM (
         SELECT min(expires_at) AS at FROM leases INDEXED BY leases_due_to_end WHERE state = 'active'
         UNION ALL
         SELECT min(next_attempt_at) FROM leases INDEXED BY leases_due_for_attempt WHERE state = 'revoking')";

/// The statements that run all the time, with the index that each walks.
#[cfg(test)]
pub(in super::super) fn every_sweep() -> [(&'static str, &'static str); 4] {
    [
        (EXPIRE_DUE, "leases_due_to_end"),
        (CLAIM_DUE, "leases_due_for_attempt"),
        (NEXT_DUE, "leases_due_to_end"),
        (NEXT_DUE, "leases_due_for_attempt"),
    ]
}

impl Store {
    /// `active → revoking` for leases whose time is up, the longest overdue first.
    pub async fn expire_due(&self, now: Timestamp, limit: u32) -> Result<Vec<LeaseId>, StoreError> {
        self.write(move |connection| {
            Box::pin(async move {
                let rows = sqlx::query(EXPIRE_DUE)
                    .bind(to_json("leases", "end_cause", &EndCause::Expired)?)
                    .bind(now.millis())
                    .bind(limit)
                    .fetch_all(&mut *connection)
                    .await?;
                let ids = rows.iter().map(read_id).collect::<Result<Vec<_>, _>>()?;
                append_for_each(connection, &ids, now, "lease.expire").await?;
                Ok(ids)
            })
        })
        .await
    }

    /// Claims leases whose next attempt is due, the longest overdue first: counts the attempt and puts the next one off by
    /// `hold_millis`.
    pub async fn claim_due(
        &self,
        now: Timestamp,
        hold_millis: i64,
        limit: u32,
    ) -> Result<Vec<ClaimedLease>, StoreError> {
        self.write(move |connection| {
            Box::pin(async move {
                let rows = sqlx::query(CLAIM_DUE)
                    .bind(now.plus_millis(hold_millis).millis())
                    .bind(now.millis())
                    .bind(limit)
                    .fetch_all(&mut *connection)
                    .await?;
                let mut claimed = Vec::with_capacity(rows.len());
                for row in &rows {
                    claimed.push(with_grants(connection, row).await?);
                }
                Ok(claimed)
            })
        })
        .await
    }

    /// Claims this lease, as [`Store::claim_due`] does. `None` where it is not being taken back, or not due and that matters.
    pub async fn claim(
        &self,
        lease: &LeaseId,
        when: Claim,
        now: Timestamp,
        hold_millis: i64,
    ) -> Result<Option<ClaimedLease>, StoreError> {
        let lease = lease.clone();
        self.write(move |connection| {
            Box::pin(async move {
                let row = sqlx::query(concat!(
                    "UPDATE leases SET attempts_made = attempts_made + 1, next_attempt_at = ?1
                     WHERE id = ?2 AND state = 'revoking' AND (?3 OR next_attempt_at <= ?4)
                     RETURNING ",
                    lease_columns!()
                ))
                .bind(now.plus_millis(hold_millis).millis())
                .bind(lease.as_str())
                .bind(when == Claim::Now)
                .bind(now.millis())
                .fetch_optional(&mut *connection)
                .await?;
                match &row {
                    Some(row) => with_grants(connection, row).await.map(Some),
                    None => Ok(None),
                }
            })
        })
        .await
    }

    /// The attempt failed, for this reason (its first 500 characters are kept); the next one is due then. False where the lease
    /// is not being taken back.
    pub async fn attempt_failed(
        &self,
        lease: &LeaseId,
        error: &str,
        next_attempt_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let (lease, error) = (lease.clone(), cut(error));
        self.write(move |connection| {
            Box::pin(async move {
                let changed = sqlx::query(
                    "UPDATE leases SET last_error = ?1, next_attempt_at = ?2, failures = failures + 1
                     WHERE id = ?3 AND state = 'revoking'",
                )
                .bind(error)
                .bind(next_attempt_at.millis())
                .bind(lease.as_str())
                .execute(connection)
                .await?;
                Ok(changed.rows_affected() == 1)
            })
        })
        .await
    }

    /// The attempt came to no end yet, for this reason, and is not counted; a lease that could not be issued keeps the reason for
    /// that instead; the next one is due then. False where the lease is
    /// not being taken back.
    pub async fn postpone(
        &self,
        lease: &LeaseId,
        note: &str,
        next_attempt_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let (lease, note) = (lease.clone(), cut(note));
        self.write(move |connection| {
            Box::pin(async move {
                let changed = sqlx::query(
                    "UPDATE leases
                     SET last_error = CASE json_extract(end_cause, '$.cause') WHEN 'failed' THEN coalesce(last_error, ?1) ELSE ?1 END,
                         next_attempt_at = ?2, attempts_made = max(attempts_made - 1, 0)
                     WHERE id = ?3 AND state = 'revoking'",
                )
                .bind(note)
                .bind(next_attempt_at.millis())
                .bind(lease.as_str())
                .execute(connection)
                .await?;
                Ok(changed.rows_affected() == 1)
            })
        })
        .await
    }

    /// When the next lease expires or falls due for an attempt.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let due: Option<i64> = sqlx::query_scalar(NEXT_DUE).fetch_one(self.readers()).await?;
        Ok(due.map(Timestamp::from_millis))
    }
}

async fn append_for_each(
    connection: &mut SqliteConnection,
    leases: &[LeaseId],
    now: Timestamp,
    verb: &str,
) -> Result<(), StoreError> {
    for lease in leases {
        audit::append(connection, &AuditEvent::new(now, LEASEHOLD, verb, lease.as_str())).await?;
    }
    Ok(())
}

async fn with_grants(
    connection: &mut SqliteConnection,
    row: &sqlx::sqlite::SqliteRow,
) -> Result<ClaimedLease, StoreError> {
    let lease = read(row)?;
    let grants = grants_of(connection, &lease.id).await?;
    Ok(ClaimedLease {
        target_id: Columns::of("leases", row).parse("target_id", TargetId::parse)?,
        lease,
        grants,
    })
}

pub(super) fn cut(text: &str) -> String {
    text.chars().take(ERROR_LENGTH).collect()
}
