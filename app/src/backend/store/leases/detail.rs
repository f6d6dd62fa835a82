//! One lease with everything that was done for it.

use serde_json::Value;
use sqlx::SqliteConnection;

use super::super::columns::Columns;
use super::super::{Store, StoreError};
use super::{lease_columns, read};
use crate::domain::{Attempt, GrantState, Lease, LeaseId, Timestamp};

/// Calls to Entra that are kept for a lease: the latest.
const ATTEMPTS_KEPT: i64 = 200;

/// A grant as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredGrant {
    /// Its place in the order in which grants are applied, from 0.
    pub seq: i64,
    /// What the provider planned.
    pub plan: Value,
    /// Where it is in its life.
    pub state: GrantState,
    /// Entra's id of it, once known.
    pub entra_id: Option<String>,
    /// When it was put into Entra.
    pub applied_at: Option<Timestamp>,
    /// When it was found to be gone.
    pub undone_at: Option<Timestamp>,
}

/// A lease with its grants and the calls made for it.
#[derive(Debug, Clone, PartialEq)]
pub struct LeaseRecord {
    /// The lease.
    pub lease: Lease,
    /// Its grants, in the order in which they are applied.
    pub grants: Vec<StoredGrant>,
    /// The latest calls, oldest first.
    pub attempts: Vec<Attempt>,
}

const LEASE: &str = concat!("SELECT ", lease_columns!(), " FROM leases WHERE id = ?1");

impl Store {
    /// The lease of this id.
    pub async fn lease(&self, id: &LeaseId) -> Result<Option<Lease>, StoreError> {
        let row = sqlx::query(LEASE)
            .bind(id.as_str())
            .fetch_optional(self.readers())
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The lease of this id with its grants and calls, all as of one moment.
    pub async fn lease_record(&self, id: &LeaseId) -> Result<Option<LeaseRecord>, StoreError> {
        let mut snapshot = self.readers().begin().await?;
        let row = sqlx::query(LEASE)
            .bind(id.as_str())
            .fetch_optional(&mut *snapshot)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let record = LeaseRecord {
            lease: read(&row)?,
            grants: grants_of(&mut snapshot, id).await?,
            attempts: attempts_of(&mut snapshot, id).await?,
        };
        snapshot.rollback().await?;
        Ok(Some(record))
    }

    /// Keeps the calls that were made to Entra for a lease; of all of them the latest 200.
    pub async fn log_attempts(&self, lease: &LeaseId, attempts: Vec<Attempt>) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.write(move |connection| Box::pin(async move { log(connection, &lease, &attempts).await }))
            .await
    }
}

async fn log(
    connection: &mut SqliteConnection,
    lease: &LeaseId,
    attempts: &[Attempt],
) -> Result<(), StoreError> {
    for attempt in attempts {
        sqlx::query(
            "INSERT INTO attempts (lease_id, at, step, outcome, status, request_id, millis)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )
        .bind(lease.as_str())
        .bind(attempt.at.millis())
        .bind(&attempt.step)
        .bind(&attempt.outcome)
        .bind(attempt.status)
        .bind(&attempt.request_id)
        .bind(i64::try_from(attempt.millis).unwrap_or(i64::MAX))
        .execute(&mut *connection)
        .await?;
    }
    // A lease that Entra refuses to give back is tried for ever.
    sqlx::query(
        "DELETE FROM attempts WHERE lease_id = ?1
         AND id <= (SELECT id FROM attempts WHERE lease_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
    )
    .bind(lease.as_str())
    .bind(ATTEMPTS_KEPT)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn grants_of(
    connection: &mut SqliteConnection,
    lease: &LeaseId,
) -> Result<Vec<StoredGrant>, StoreError> {
    let rows = sqlx::query(
        "SELECT seq, plan, state, entra_id, applied_at, undone_at FROM grants WHERE lease_id = ?1 ORDER BY seq",
    )
    .bind(lease.as_str())
    .fetch_all(connection)
    .await?;
    let grants = rows.iter().map(|row| {
        let columns = Columns::of("grants", row);
        Ok(StoredGrant {
            seq: columns.get("seq")?,
            plan: columns.json("plan")?,
            state: columns.name("state", grant_state)?,
            entra_id: columns.get("entra_id")?,
            applied_at: columns.time_or_none("applied_at")?,
            undone_at: columns.time_or_none("undone_at")?,
        })
    });
    grants.collect()
}

fn grant_state(name: &str) -> Option<GrantState> {
    [GrantState::Planned, GrantState::Applied, GrantState::Undone]
        .into_iter()
        .find(|state| state.as_str() == name)
}

async fn attempts_of(connection: &mut SqliteConnection, lease: &LeaseId) -> Result<Vec<Attempt>, StoreError> {
    let rows = sqlx::query(
        "SELECT at, step, outcome, status, request_id, millis FROM attempts WHERE lease_id = ?1 ORDER BY id",
    )
    .bind(lease.as_str())
    .fetch_all(connection)
    .await?;
    let attempts = rows.iter().map(|row| {
        let columns = Columns::of("attempts", row);
        Ok(Attempt {
            at: columns.time("at")?,
            step: columns.text("step")?,
            outcome: columns.text("outcome")?,
            status: columns.get("status")?,
            request_id: columns.get("request_id")?,
            millis: columns.count("millis")?,
        })
    });
    attempts.collect()
}
