//! One lease with everything that was done for it.

use std::collections::HashMap;

use serde::Deserialize;
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
    /// How long it was looked for in vain, though nobody saw it removed: milliseconds.
    pub absent_for_millis: i64,
    /// The last look that did not find it.
    pub looked_at: Option<Timestamp>,
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
const RECORD: &str = concat!(
    "SELECT ",
    lease_columns!(),
    ", (SELECT json_group_array(json_object(
            'seq', seq, 'plan', json(plan), 'state', state, 'entra_id', entra_id, 'applied_at', applied_at,
            'removed_at', removed_at, 'absent_for', absent_for, 'looked_at', looked_at, 'undone_at', undone_at) ORDER BY seq)
        FROM grants WHERE lease_id = leases.id) AS grants,
       (SELECT json_group_array(json_object(
            'at', at, 'step', step, 'outcome', outcome, 'status', status, 'request_id', request_id, 'millis', millis) ORDER BY id)
        FROM attempts WHERE lease_id = leases.id) AS calls
     FROM leases WHERE id = ?1"
);

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
        let row = sqlx::query(RECORD)
            .bind(id.as_str())
            .fetch_optional(self.readers())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let columns = Columns::of("leases", &row);
        let grants: Vec<GrantRow> = columns.json("grants")?;
        let calls: Vec<CallRead> = columns.json("calls")?;
        Ok(Some(LeaseRecord {
            lease: read(&row)?,
            grants: grants.into_iter().map(StoredGrant::from).collect(),
            attempts: calls.into_iter().map(Attempt::from).collect(),
        }))
    }
}

/// A grant as the statement tells it.
#[derive(Deserialize)]
struct GrantRow {
    seq: i64,
    plan: Value,
    state: GrantState,
    entra_id: Option<String>,
    applied_at: Option<i64>,
    removed_at: Option<i64>,
    absent_for: i64,
    looked_at: Option<i64>,
    undone_at: Option<i64>,
}

impl From<GrantRow> for StoredGrant {
    fn from(row: GrantRow) -> Self {
        Self {
            seq: row.seq,
            plan: row.plan,
            state: row.state,
            entra_id: row.entra_id,
            applied_at: row.applied_at.map(Timestamp::from_millis),
            removed_at: row.removed_at.map(Timestamp::from_millis),
            absent_for_millis: row.absent_for,
            looked_at: row.looked_at.map(Timestamp::from_millis),
            undone_at: row.undone_at.map(Timestamp::from_millis),
        }
    }
}

/// A call as the statement tells it.
#[derive(Deserialize)]
struct CallRead {
    at: i64,
    step: String,
    outcome: String,
    status: Option<u16>,
    request_id: Option<String>,
    millis: u64,
}

impl From<CallRead> for Attempt {
    fn from(row: CallRead) -> Self {
        Self {
            at: Timestamp::from_millis(row.at),
            step: row.step,
            outcome: row.outcome,
            status: row.status,
            request_id: row.request_id,
            millis: row.millis,
        }
    }
}

/// The grants of this lease, in the order in which they are applied.
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
        "SELECT lease_id, seq, plan, state, entra_id, applied_at, removed_at, absent_for, looked_at, undone_at
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
            absent_for_millis: columns.get("absent_for")?,
            looked_at: columns.time_or_none("looked_at")?,
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
