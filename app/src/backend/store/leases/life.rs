//! Renewals, and the ways out: a lease is sent to be taken back, with or without having been issued.
//!
//! Each change answers whether it was made.

use sqlx::SqliteConnection;

use super::super::audit::{self, AuditEvent};
use super::super::columns::to_json;
use super::super::{Store, StoreError};
use super::calls::{CallRow, keep_calls};
use super::{cut, ids_json, lease_columns, read};
use crate::domain::{Attempt, EndCause, Lease, LeaseId, Timestamp, Ttl};

/// A lease that could not be issued.
#[derive(Debug, Clone, PartialEq)]
pub struct Abort {
    /// The lease.
    pub lease: LeaseId,
    /// Why, in words (the first 500 characters are kept).
    pub why: String,
    /// Grants that are not in Entra for certain, by their place.
    pub absent: Vec<i64>,
    /// The calls that were made.
    pub calls: Vec<Attempt>,
}

impl Store {
    /// Moves the end to `now + ttl`, never earlier than it is, never past the latest. `None` where the lease is not active, has
    /// reached its end, or already ends at the latest. The event is told the new end.
    pub async fn renew_for(
        &self,
        lease: &LeaseId,
        ttl: Ttl,
        now: Timestamp,
        event: AuditEvent,
    ) -> Result<Option<Lease>, StoreError> {
        let lease = lease.clone();
        self.write_leases(move |connection| {
            Box::pin(async move {
                let row = sqlx::query(concat!(
                    "UPDATE leases
                     SET expires_at = min(max(?1, expires_at), max_expires_at), renewals = renewals + 1
                     WHERE id = ?2 AND state = 'active' AND expires_at > ?3 AND expires_at < max_expires_at
                     RETURNING ",
                    lease_columns!()
                ))
                .bind(now.plus(ttl).millis())
                .bind(lease.as_str())
                .bind(now.millis())
                .fetch_optional(&mut *connection)
                .await?;
                let Some(renewed) = row.as_ref().map(read).transpose()? else {
                    return Ok(None);
                };
                let event = event.with("expires_at", renewed.expires_at.to_string());
                audit::append(connection, &event).await?;
                Ok(Some(renewed))
            })
        })
        .await
    }

    /// `generating | active → revoking`, due at once. `None` where it is in neither state. An interruption ends only what is still
    /// `generating`: a lease that became active in the meantime was not interrupted.
    pub async fn start_revoking(
        &self,
        lease: &LeaseId,
        cause: &EndCause,
        now: Timestamp,
        event: AuditEvent,
    ) -> Result<Option<Lease>, StoreError> {
        let (lease, cause) = (lease.clone(), cause.clone());
        self.write_leases(move |connection| {
            Box::pin(async move { start_revoking(connection, &lease, &cause, now, &event).await })
        })
        .await
    }

    /// `generating → revoking` for a lease that could not be issued: with the reason, the calls, and what needs no undoing.
    pub async fn abort(&self, abort: Abort, now: Timestamp, event: AuditEvent) -> Result<(), StoreError> {
        self.write_leases(move |connection| {
            Box::pin(async move {
                start_revoking(connection, &abort.lease, &EndCause::Failed, now, &event).await?;
                let calls: Vec<_> = abort.calls.iter().map(CallRow::of).collect();
                let told =
                    serde_json::json!([{ "lease": abort.lease, "calls": calls, "absent": abort.absent }]);
                sqlx::query(concat!(
                    keep_calls!(),
                    "UPDATE leases SET last_error = ?2 WHERE id = ?3;
                     UPDATE grants SET state = 'undone', undone_at = ?4
                     WHERE lease_id = ?3 AND state = 'planned'
                       AND seq IN (SELECT value FROM json_each(?1, '$[0].absent'))
                       AND EXISTS (SELECT 1 FROM leases WHERE id = ?3 AND state = 'revoking')"
                ))
                .bind(told.to_string())
                .bind(cut(&abort.why))
                .bind(abort.lease.as_str())
                .bind(now.millis())
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// The leases that are being issued, by this process or by one that died.
    pub async fn generating_leases(&self) -> Result<Vec<LeaseId>, StoreError> {
        let rows = sqlx::query(
            "SELECT id FROM leases INDEXED BY leases_by_state WHERE state = 'generating' ORDER BY id",
        )
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(super::read_id).collect()
    }

    /// Which of these leases have not ended.
    pub async fn unended(&self, leases: &[LeaseId]) -> Result<Vec<LeaseId>, StoreError> {
        let rows = sqlx::query(
            "SELECT id FROM leases
             WHERE id IN (SELECT value FROM json_each(?1)) AND +state IN ('generating', 'active', 'revoking')",
        )
        .bind(ids_json(leases))
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(super::read_id).collect()
    }
}

pub(in super::super) async fn start_revoking(
    connection: &mut SqliteConnection,
    lease: &LeaseId,
    cause: &EndCause,
    now: Timestamp,
    event: &AuditEvent,
) -> Result<Option<Lease>, StoreError> {
    let row = sqlx::query(concat!(
        "UPDATE leases SET state = 'revoking', end_cause = ?1, next_attempt_at = ?2
         WHERE id = ?3 AND (state = 'generating' OR (state = 'active' AND ?4))
         RETURNING ",
        lease_columns!()
    ))
    .bind(to_json("leases", "end_cause", cause)?)
    .bind(now.millis())
    .bind(lease.as_str())
    .bind(*cause != EndCause::Interrupted)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(lease) = row.as_ref().map(read).transpose()? else {
        return Ok(None);
    };
    audit::append(connection, event).await?;
    Ok(Some(lease))
}
