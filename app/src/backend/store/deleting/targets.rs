//! Deleting a target. Its credential stays until the last lease on it has ended: nothing else can take that back.

use sqlx::SqliteConnection;

use super::super::audit::{self, AuditEvent};
use super::columns::Columns;
use super::{LiveLeases, StoreError, leases, send_out};
use crate::backend::store::Store;
use crate::domain::{ItemPath, LeaseId, TargetId, TargetName, Timestamp};

/// How the deletion of a target went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeleteTarget {
    /// It is gone.
    Deleted,
    /// It is marked, now or before, and goes with the last lease on it; these have begun to be taken back now.
    Deleting {
        /// The target.
        id: TargetId,
        /// The leases.
        revoking: Vec<LeaseId>,
    },
    /// There is none of this name.
    NotFound,
    /// Items use it: how many, and the first few.
    HasItems(u64, Vec<ItemPath>),
    /// Leases that are not ended need its credential to be taken back: how many.
    HasLiveLeases(u64),
}

impl Store {
    /// Deletes a target that no item uses: at once where no lease lives on it, otherwise, if that is asked for, with the last
    /// lease. Leases of items that are gone or have moved on count too.
    pub async fn delete_target(
        &self,
        name: &TargetName,
        live: LiveLeases,
        now: Timestamp,
        event: AuditEvent,
    ) -> Result<DeleteTarget, StoreError> {
        let name = name.clone();
        self.write(move |connection| {
            Box::pin(async move { delete(connection, &name, &live, now, &event).await })
        })
        .await
    }
}

async fn delete(
    connection: &mut SqliteConnection,
    name: &TargetName,
    live: &LiveLeases,
    now: Timestamp,
    event: &AuditEvent,
) -> Result<DeleteTarget, StoreError> {
    let row = sqlx::query("SELECT id, deleting_at FROM targets WHERE name = ?1")
        .bind(name.as_str())
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else {
        return Ok(DeleteTarget::NotFound);
    };
    let columns = Columns::of("targets", &row);
    let id = columns.parse("id", TargetId::parse)?;
    let marked = columns.time_or_none("deleting_at")?.is_some();
    if let Some(refused) = refused_for_items(connection, &id).await? {
        return Ok(refused);
    }
    let leases = leases::live_of_target(connection, &id).await?;
    if leases.is_empty() {
        sqlx::query("DELETE FROM targets WHERE id = ?1")
            .bind(id.as_str())
            .execute(&mut *connection)
            .await?;
        audit::append(connection, event).await?;
        return Ok(DeleteTarget::Deleted);
    }
    if marked {
        // Somebody who asks again wants an attempt now.
        sqlx::query(
            "UPDATE leases SET next_attempt_at = min(next_attempt_at, ?1) WHERE target_id = ?2 AND state = 'revoking'",
        )
        .bind(now.millis())
        .bind(id.as_str())
        .execute(connection)
        .await?;
        return Ok(DeleteTarget::Deleting {
            id,
            revoking: Vec::new(),
        });
    }
    let LiveLeases::Revoke { by } = live else {
        return Ok(DeleteTarget::HasLiveLeases(leases.len() as u64));
    };
    sqlx::query("UPDATE targets SET deleting_at = ?1 WHERE id = ?2")
        .bind(now.millis())
        .bind(id.as_str())
        .execute(&mut *connection)
        .await?;
    let event = event.clone().with("leases", leases.len());
    audit::append(connection, &event).await?;
    let revoking = send_out(connection, leases, by, now, &event).await?;
    Ok(DeleteTarget::Deleting { id, revoking })
}

async fn refused_for_items(
    connection: &mut SqliteConnection,
    target: &TargetId,
) -> Result<Option<DeleteTarget>, StoreError> {
    let items: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM secrets WHERE target_id = ?1")
        .bind(target.as_str())
        .fetch_one(&mut *connection)
        .await?;
    if items == 0 {
        return Ok(None);
    }
    let rows = sqlx::query("SELECT path FROM secrets WHERE target_id = ?1 ORDER BY path LIMIT 5")
        .bind(target.as_str())
        .fetch_all(connection)
        .await?;
    let paths = rows
        .iter()
        .map(|row| Columns::of("secrets", row).parse("path", ItemPath::parse));
    Ok(Some(DeleteTarget::HasItems(
        items.unsigned_abs(),
        paths.collect::<Result<_, _>>()?,
    )))
}
