//! Leases: the rows that the engine works from. Whatever happens to the process, the story can be finished from them.
//!
//! | file | what |
//! |---|---|
//! | `begin` | a lease and its planned grants, written down before Entra is asked |
//! | `progress` | grants applied, and the lease active |
//! | `life` | a lease renewed, or sent to be taken back |
//! | `reap` | what the reaper claims |
//! | `settle` | how its attempts went: grants undone, the lease ended |
//! | `calls` | the calls that were made to Entra, as the others write them |
//! | `abandon` | a lease that somebody gave up |
//! | `shared` | grants that several leases hold: whose they are, and who removes them |
//! | `list`, `detail` | for reading |
//!
//! Rule: the states of `LeaseState::can_become` and no others; each change is one `UPDATE` whose `WHERE` names the state that
//! it starts from.

mod abandon;
mod begin;
mod calls;
mod detail;
mod life;
mod list;
mod progress;
mod reap;
mod settle;
mod shared;

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::columns::Columns;
use super::{Store, StoreError};
use crate::domain::lease::ATTEMPTS_BEFORE_ATTENTION;
use crate::domain::{ItemPath, Kind, Lease, LeaseId, LeaseState, SecretId, TargetId, TargetName};

pub use abandon::Abandon;
pub(super) use begin::Beginning;
pub use begin::{Begin, NewGrant, NewLease};
pub use detail::{LeaseRecord, StoredGrant};
pub use life::Abort;
pub(super) use life::start_revoking;
pub use list::{LeaseCounts, LeaseFilter};
pub use progress::{Progress, Progressed};
pub use reap::ClaimedLease;
pub(super) use settle::Settling;
pub use settle::{Next, Settlement};
pub use shared::Leave;

#[cfg(test)]
pub(super) use {list::every_list, reap::every_sweep, shared::every_look};

/// The statements that change many leases at once.
#[cfg(test)]
pub(super) fn every_change() -> [&'static str; 5] {
    [
        begin::BEGIN,
        progress::PROGRESS,
        settle::SETTLE,
        settle::SETTLE_ENDED,
        reap::CLAIM_THESE,
    ]
}

/// The columns that `read` needs.
macro_rules! lease_columns {
    () => {
        "id, secret_id, secret_path, kind, target_id, target_name, state, holder, reason, created_at, issued_at, expires_at,
         max_expires_at, ended_at, end_cause, renewals, identity, entra_ends_at, last_error, attempts_made, failures,
         next_attempt_at, abandoned"
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
        live_of_target(&mut *self.readers().acquire().await?, target).await
    }
}

pub(super) async fn live_of_target(
    connection: &mut SqliteConnection,
    target: &TargetId,
) -> Result<Vec<LeaseId>, StoreError> {
    let rows = sqlx::query(
        "SELECT id FROM leases INDEXED BY leases_live_by_target
         WHERE target_id = ?1 AND state IN ('generating', 'active', 'revoking') ORDER BY id",
    )
    .bind(target.as_str())
    .fetch_all(connection)
    .await?;
    rows.iter().map(read_id).collect()
}

pub(super) async fn live_of_secret(
    connection: &mut SqliteConnection,
    secret: &SecretId,
) -> Result<Vec<LeaseId>, StoreError> {
    let rows = sqlx::query(
        "SELECT id FROM leases INDEXED BY leases_live_by_secret
         WHERE secret_id = ?1 AND state IN ('generating', 'active', 'revoking') ORDER BY id",
    )
    .bind(secret.as_str())
    .fetch_all(connection)
    .await?;
    rows.iter().map(read_id).collect()
}

/// Ids as the JSON array that statements about many leases take.
fn ids_json(ids: &[LeaseId]) -> String {
    ids.iter()
        .map(LeaseId::as_str)
        .collect::<serde_json::Value>()
        .to_string()
}

/// Characters of an error that are kept.
const ERROR_LENGTH: usize = 500;

fn cut(text: &str) -> String {
    text.chars().take(ERROR_LENGTH).collect()
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
        abandoned: columns.json_or_none("abandoned")?,
    })
}
