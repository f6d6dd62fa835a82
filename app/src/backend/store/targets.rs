//! Targets. The credential is kept sealed; the store neither opens nor makes seals.

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::audit::{self, AuditEvent};
use super::columns::{Columns, to_json};
use super::cursor::{List, rows_for};
use super::{Store, StoreError};
use crate::domain::{Limit, Page, Target, TargetId, TargetName, TenantId};

/// A target as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredTarget {
    /// The target. On writing, its `items` is not looked at: it is counted. Its `live_leases` is [counted](Store::count_live_leases)
    /// only for those who show it, because the engine reads targets all the time.
    pub target: Target,
    /// The credential, sealed by the vault and bound to the target's id.
    pub sealed_credential: Vec<u8>,
    /// Counts changes, from 1: a client that was made for another version is out of date.
    pub version: i64,
}

impl std::fmt::Debug for StoredTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredTarget")
            .field("target", &self.target)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT t.id, t.name, t.cloud, t.tenant_id, t.sign_in, t.sealed_credential, t.credential_set_at, t.version,
                    t.created_at, t.updated_at, t.deleting_at, (SELECT COUNT(*) FROM secrets s WHERE s.target_id = t.id) AS items
             FROM targets t ",
            $rest
        )
    };
}

impl Store {
    /// Adds a target; its `version` is taken as given. [`StoreError::Taken`] where the name is.
    pub async fn insert_target(&self, target: &StoredTarget, event: AuditEvent) -> Result<(), StoreError> {
        let stored = target.clone();
        self.write(move |connection| {
            Box::pin(async move {
                let target = &stored.target;
                sqlx::query(
                    "INSERT INTO targets (id, name, cloud, tenant_id, sign_in, sealed_credential, credential_set_at,
                                          version, created_at, updated_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                )
                .bind(target.id.as_str())
                .bind(target.name.as_str())
                .bind(to_json("targets", "cloud", &target.cloud)?)
                .bind(target.tenant_id.as_str())
                .bind(to_json("targets", "sign_in", &target.auth)?)
                .bind(&stored.sealed_credential)
                .bind(target.credential_set_at.millis())
                .bind(stored.version)
                .bind(target.created_at.millis())
                .bind(target.updated_at.millis())
                .execute(&mut *connection)
                .await?;
                audit::append(connection, &event).await
            })
        })
        .await
    }

    /// Replaces a target that was read at `target.version`, and answers with it at the next version; `None` where it is gone
    /// or somebody else changed it since.
    pub async fn update_target(
        &self,
        target: &StoredTarget,
        event: AuditEvent,
    ) -> Result<Option<StoredTarget>, StoreError> {
        let stored = target.clone();
        self.write(move |connection| {
            Box::pin(async move {
                let target = &stored.target;
                let changed = sqlx::query(
                    "UPDATE targets SET name = ?1, cloud = ?2, tenant_id = ?3, sign_in = ?4, sealed_credential = ?5,
                            credential_set_at = ?6, updated_at = ?7, version = version + 1
                     WHERE id = ?8 AND version = ?9",
                )
                .bind(target.name.as_str())
                .bind(to_json("targets", "cloud", &target.cloud)?)
                .bind(target.tenant_id.as_str())
                .bind(to_json("targets", "sign_in", &target.auth)?)
                .bind(&stored.sealed_credential)
                .bind(target.credential_set_at.millis())
                .bind(target.updated_at.millis())
                .bind(target.id.as_str())
                .bind(stored.version)
                .execute(&mut *connection)
                .await?;
                if changed.rows_affected() == 0 {
                    return Ok(None);
                }
                audit::append(connection, &event).await?;
                by_id(connection, target.id.as_str()).await
            })
        })
        .await
    }

    /// The target of this name.
    pub async fn target_by_name(&self, name: &TargetName) -> Result<Option<StoredTarget>, StoreError> {
        let row = sqlx::query(select!("WHERE t.name = ?1"))
            .bind(name.as_str())
            .fetch_optional(self.readers())
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The target of this id.
    pub async fn target_by_id(&self, id: &TargetId) -> Result<Option<StoredTarget>, StoreError> {
        by_id(&mut *self.readers().acquire().await?, id.as_str()).await
    }

    /// How many leases on a target are not ended.
    pub async fn count_live_leases(&self, target: &TargetId) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM leases INDEXED BY leases_live_by_target
             WHERE target_id = ?1 AND state IN ('generating', 'active', 'revoking')",
        )
        .bind(target.as_str())
        .fetch_one(self.readers())
        .await?;
        Ok(count.unsigned_abs())
    }

    /// The targets, by name.
    pub async fn list_targets(&self, limit: Limit, after: Option<&str>) -> Result<Page<Target>, StoreError> {
        let after = List::Targets.key(after, TargetName::parse)?;
        let rows = sqlx::query(select!("WHERE t.name > ?1 ORDER BY t.name LIMIT ?2"))
            .bind(after.as_ref().map_or("", TargetName::as_str))
            .bind(rows_for(limit))
            .fetch_all(self.readers())
            .await?;
        let targets = rows.iter().map(|row| Ok(read(row)?.target));
        let mut targets = targets.collect::<Result<Vec<_>, StoreError>>()?;
        for target in &mut targets {
            target.live_leases = self.count_live_leases(&target.id).await?;
        }
        Ok(List::Targets.page(targets, limit, |target| target.name.to_string()))
    }
}

async fn by_id(connection: &mut SqliteConnection, id: &str) -> Result<Option<StoredTarget>, StoreError> {
    let row = sqlx::query(select!("WHERE t.id = ?1"))
        .bind(id)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &SqliteRow) -> Result<StoredTarget, StoreError> {
    let columns = Columns::of("targets", row);
    Ok(StoredTarget {
        target: Target {
            id: columns.parse("id", TargetId::parse)?,
            name: columns.parse("name", TargetName::parse)?,
            cloud: columns.json("cloud")?,
            tenant_id: columns.parse("tenant_id", TenantId::parse)?,
            auth: columns.json("sign_in")?,
            credential_set_at: columns.time("credential_set_at")?,
            created_at: columns.time("created_at")?,
            updated_at: columns.time("updated_at")?,
            items: columns.count("items")?,
            live_leases: 0,
            deleting_at: columns.time_or_none("deleting_at")?,
        },
        sealed_credential: columns.get("sealed_credential")?,
        version: columns.get("version")?,
    })
}
