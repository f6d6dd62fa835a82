//! Leases: the rows that the engine works from. Whatever happens to the process, the story can be finished from them.
//!
//! | file | what |
//! |---|---|
//! | `begin` | a lease and its planned grants, written down before Entra is asked |
//! | `life` | grants applied and undone; a lease activated, renewed, sent to be taken back, ended |
//! | `reap` | what the reaper claims, and how its attempts went |
//! | `hand` | leases left behind, and a word on one that the engine works at |
//! | `shared` | grants that several leases hold: whose they are, and who removes them |
//! | `list`, `detail` | for reading |
//!
//! Rule: the states of `LeaseState::can_become` and no others; each change is one `UPDATE` whose `WHERE` names the state that
//! it starts from.

mod begin;
mod detail;
mod hand;
mod life;
mod list;
mod reap;
mod shared;

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::columns::Columns;
use super::{Store, StoreError};
use crate::domain::lease::ATTEMPTS_BEFORE_ATTENTION;
use crate::domain::{ItemPath, Kind, Lease, LeaseId, LeaseState, SecretId, TargetId, TargetName};

pub use begin::{Begin, NewGrant, NewLease};
pub use detail::{LeaseRecord, StoredGrant};
pub(super) use life::start_revoking;
pub use list::{LeaseCounts, LeaseFilter, SecretRef};
pub use reap::{Claim, ClaimedLease};
pub use shared::Leave;

#[cfg(test)]
pub(super) use {list::every_list, reap::every_sweep, shared::every_look};

/// The columns that `read` needs.
macro_rules! lease_columns {
    () => {
        "id, secret_id, secret_path, kind, target_id, target_name, state, holder, reason, created_at, issued_at, expires_at,
         max_expires_at, ended_at, end_cause, renewals, identity, entra_ends_at, last_error, attempts_made, failures,
         next_attempt_at"
    };
}
use lease_columns;

impl Store {
    /// The leases of an item that are not ended, oldest first.
    pub async fn live_leases_of_secret(&self, secret: &SecretId) -> Result<Vec<LeaseId>, StoreError> {
        live_of_secret(&mut *self.readers().acquire().await?, secret).await
    }

    /// The leases on a target that are not ended, oldest first.
    pub async fn live_leases_of_target(&self, target: &TargetId) -> Result<Vec<LeaseId>, StoreError> {
        let rows = sqlx::query(
            "SELECT id FROM leases WHERE target_id = ?1 AND state IN ('generating', 'active', 'revoking') ORDER BY id",
        )
        .bind(target.as_str())
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(read_id).collect()
    }
}

pub(super) async fn live_of_secret(
    connection: &mut SqliteConnection,
    secret: &SecretId,
) -> Result<Vec<LeaseId>, StoreError> {
    let rows = sqlx::query(
        "SELECT id FROM leases WHERE secret_id = ?1 AND state IN ('generating', 'active', 'revoking') ORDER BY id",
    )
    .bind(secret.as_str())
    .fetch_all(connection)
    .await?;
    rows.iter().map(read_id).collect()
}

fn read_id(row: &SqliteRow) -> Result<LeaseId, StoreError> {
    Columns::of("leases", row).parse("id", LeaseId::parse)
}

fn read(row: &SqliteRow) -> Result<Lease, StoreError> {
    let columns = Columns::of("leases", row);
    let state = columns.name("state", LeaseState::from_name)?;
    let failures: u32 = columns.count("failures")?;
    Ok(Lease {
        id: columns.parse("id", LeaseId::parse)?,
        secret: columns.parse("secret_path", ItemPath::parse)?,
        secret_id: columns.parse("secret_id", SecretId::parse)?,
        kind: columns.name("kind", Kind::from_name)?,
        target: columns.parse("target_name", TargetName::parse)?,
        state,
        holder: columns.text("holder")?,
        reason: columns.get("reason")?,
        created_at: columns.time("created_at")?,
        issued_at: columns.time_or_none("issued_at")?,
        expires_at: columns.time("expires_at")?,
        max_expires_at: columns.time("max_expires_at")?,
        ended_at: columns.time_or_none("ended_at")?,
        end_cause: columns.json_or_none("end_cause")?,
        renewals: columns.count("renewals")?,
        identity: columns.text("identity")?,
        entra_ends_at: columns.time_or_none("entra_ends_at")?,
        needs_attention: state == LeaseState::Revoking && failures >= ATTEMPTS_BEFORE_ATTENTION,
        last_error: columns.get("last_error")?,
        attempts_made: columns.count("attempts_made")?,
        next_attempt_at: columns.time_or_none("next_attempt_at")?,
    })
}
