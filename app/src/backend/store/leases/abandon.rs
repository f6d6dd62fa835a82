//! Giving up: `revoking → abandoned`. Its grants stay as they are, and tell what remains in Entra.
//!
//! An attempt may be under way meanwhile. It can't change the lease any more, because `settle` asks for `revoking`; a grant that it still
//! finds gone is noted as such, since that is the truth.

use sqlx::SqliteConnection;

use super::super::audit::{self, AuditEvent};
use super::super::columns::{Columns, to_json};
use super::super::{Store, StoreError};
use super::detail::{StoredGrant, grants_of};
use crate::domain::{Abandonment, LeaseId, LeaseState, Timestamp};

/// How giving up went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Abandon {
    /// Nobody tries any more.
    Abandoned,
    /// There is none of this id.
    NotFound,
    /// It is in this state, in which there is nothing to give up.
    NotRevoking(LeaseState),
    /// No attempt has failed yet.
    NeverFailed,
}

impl Store {
    /// `revoking → abandoned`, where an attempt has failed. The event is told what `remains` makes of the grants as they are then.
    pub async fn abandon_lease(
        &self,
        lease: &LeaseId,
        why: Abandonment,
        now: Timestamp,
        event: AuditEvent,
        remains: impl FnOnce(&[StoredGrant]) -> Vec<String> + Send + 'static,
    ) -> Result<Abandon, StoreError> {
        let lease = lease.clone();
        self.write_leases(move |connection| {
            Box::pin(async move { abandon(connection, &lease, &why, now, event, remains).await })
        })
        .await
    }
}

async fn abandon(
    connection: &mut SqliteConnection,
    lease: &LeaseId,
    why: &Abandonment,
    now: Timestamp,
    event: AuditEvent,
    remains: impl FnOnce(&[StoredGrant]) -> Vec<String>,
) -> Result<Abandon, StoreError> {
    let row = sqlx::query("SELECT state FROM leases WHERE id = ?1")
        .bind(lease.as_str())
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else {
        return Ok(Abandon::NotFound);
    };
    let state = Columns::of("leases", &row).name("state", LeaseState::from_name)?;
    if state != LeaseState::Revoking {
        return Ok(Abandon::NotRevoking(state));
    }
    let changed = sqlx::query(
        "UPDATE leases SET state = 'abandoned', ended_at = ?1, next_attempt_at = NULL, abandoned = ?2
         WHERE id = ?3 AND state = 'revoking' AND failures > 0",
    )
    .bind(now.millis())
    .bind(to_json("leases", "abandoned", why)?)
    .bind(lease.as_str())
    .execute(&mut *connection)
    .await?;
    if changed.rows_affected() == 0 {
        return Ok(Abandon::NeverFailed);
    }
    let remains = remains(&grants_of(connection, lease).await?);
    let event = event.with("reason", why.reason.as_str()).with("remains", remains);
    audit::append(connection, &event).await?;
    Ok(Abandon::Abandoned)
}
