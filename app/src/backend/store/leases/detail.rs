//! One lease with everything that was done for it.

use std::collections::HashMap;

use serde_json::Value;
use sqlx::SqliteConnection;

use super::super::columns::Columns;
use super::super::{Store, StoreError};
use super::{ids_json, lease_columns, read};
use crate::domain::{Attempt, GrantState, Lease, LeaseId, Timestamp};

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
    /// When Entra accepted its removal, which it may not show yet.
    pub removed_at: Option<Timestamp>,
    /// Looks that did not find it, though nobody saw it removed.
    pub absences: u32,
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
}

pub(super) async fn grants_of(
    connection: &mut SqliteConnection,
    lease: &LeaseId,
) -> Result<Vec<StoredGrant>, StoreError> {
    let mut all = grants_of_many(connection, std::slice::from_ref(lease)).await?;
    Ok(all.remove(lease).unwrap_or_default())
}

/// The grants of these leases, in the order in which they are applied.
pub(super) async fn grants_of_many(
    connection: &mut SqliteConnection,
    leases: &[LeaseId],
) -> Result<HashMap<LeaseId, Vec<StoredGrant>>, StoreError> {
    let rows = sqlx::query(
        "SELECT lease_id, seq, plan, state, entra_id, applied_at, removed_at, absences, undone_at
         FROM grants WHERE lease_id IN (SELECT value FROM json_each(?1)) ORDER BY lease_id, seq",
    )
    .bind(ids_json(leases))
    .fetch_all(connection)
    .await?;
    let mut grants: HashMap<LeaseId, Vec<StoredGrant>> = HashMap::with_capacity(leases.len());
    for row in &rows {
        let columns = Columns::of("grants", row);
        let grant = StoredGrant {
            seq: columns.get("seq")?,
            plan: columns.json("plan")?,
            state: columns.name("state", grant_state)?,
            entra_id: columns.get("entra_id")?,
            applied_at: columns.time_or_none("applied_at")?,
            removed_at: columns.time_or_none("removed_at")?,
            absences: columns.count("absences")?,
            undone_at: columns.time_or_none("undone_at")?,
        };
        let lease = columns.parse("lease_id", LeaseId::parse)?;
        grants.entry(lease).or_default().push(grant);
    }
    Ok(grants)
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
