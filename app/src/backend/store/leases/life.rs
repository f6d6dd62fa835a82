//! The life of a lease and of its grants, step by step. Each answers whether the step was taken.

use sqlx::SqliteConnection;

use super::super::audit::{self, AuditEvent};
use super::super::columns::{Columns, to_json};
use super::super::{Store, StoreError};
use super::{lease_columns, read};
use crate::domain::{EndCause, Lease, LeaseId, Timestamp, Ttl};

impl Store {
    /// `planned → applied`: the grant is in Entra, under this id where it has one. False where it is not planned (any more):
    /// somebody undid it meanwhile, and whoever applied it must take it back.
    pub async fn grant_applied(
        &self,
        lease: &LeaseId,
        seq: i64,
        entra_id: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (lease, entra_id) = (lease.clone(), entra_id.map(str::to_owned));
        self.write(move |connection| {
            Box::pin(async move {
                let changed = sqlx::query(
                    "UPDATE grants SET state = 'applied', entra_id = ?1, applied_at = ?2
                     WHERE lease_id = ?3 AND seq = ?4 AND state = 'planned'",
                )
                .bind(entra_id)
                .bind(now.millis())
                .bind(lease.as_str())
                .bind(seq)
                .execute(connection)
                .await?;
                Ok(changed.rows_affected() == 1)
            })
        })
        .await
    }

    /// `planned | applied → undone`, of a lease that is being taken back, or was given up during that attempt: the grant was found to be gone from Entra.
    pub async fn grant_undone(&self, lease: &LeaseId, seq: i64, now: Timestamp) -> Result<bool, StoreError> {
        let lease = lease.clone();
        self.write(move |connection| {
            Box::pin(async move {
                let changed = sqlx::query(
                    "UPDATE grants SET state = 'undone', undone_at = ?1
                     WHERE lease_id = ?2 AND seq = ?3 AND state IN ('planned', 'applied')
                       AND EXISTS (SELECT 1 FROM leases WHERE id = ?2 AND state IN ('revoking', 'abandoned'))",
                )
                .bind(now.millis())
                .bind(lease.as_str())
                .bind(seq)
                .execute(connection)
                .await?;
                Ok(changed.rows_affected() == 1)
            })
        })
        .await
    }

    /// `generating → active`, where every grant is applied.
    pub async fn activate(&self, lease: &LeaseId, now: Timestamp) -> Result<bool, StoreError> {
        let lease = lease.clone();
        self.write(move |connection| {
            Box::pin(async move {
                let changed = sqlx::query(
                    "UPDATE leases SET state = 'active', issued_at = ?1
                     WHERE id = ?2 AND state = 'generating'
                       AND NOT EXISTS (SELECT 1 FROM grants WHERE lease_id = ?2 AND state <> 'applied')",
                )
                .bind(now.millis())
                .bind(lease.as_str())
                .execute(connection)
                .await?;
                Ok(changed.rows_affected() == 1)
            })
        })
        .await
    }

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
        self.write(move |connection| {
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
        self.write(move |connection| {
            Box::pin(async move { start_revoking(connection, &lease, &cause, now, &event).await })
        })
        .await
    }

    /// `revoking →` the state that its cause leads to, where every grant is undone.
    pub async fn finish(
        &self,
        lease: &LeaseId,
        now: Timestamp,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let lease = lease.clone();
        self.write(move |connection| Box::pin(async move { finish(connection, &lease, now, &event).await }))
            .await
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

async fn finish(
    connection: &mut SqliteConnection,
    lease: &LeaseId,
    now: Timestamp,
    event: &AuditEvent,
) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT end_cause FROM leases WHERE id = ?1 AND state = 'revoking'")
        .bind(lease.as_str())
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Ok(false) };
    let cause: EndCause = Columns::of("leases", &row).json("end_cause")?;
    let changed = sqlx::query(
        "UPDATE leases SET state = ?1, ended_at = ?2, next_attempt_at = NULL
         WHERE id = ?3 AND state = 'revoking'
           AND NOT EXISTS (SELECT 1 FROM grants WHERE lease_id = ?3 AND state <> 'undone')",
    )
    .bind(cause.final_state().as_str())
    .bind(now.millis())
    .bind(lease.as_str())
    .execute(&mut *connection)
    .await?;
    if changed.rows_affected() == 0 {
        return Ok(false);
    }
    audit::append(connection, event).await?;
    Ok(true)
}
