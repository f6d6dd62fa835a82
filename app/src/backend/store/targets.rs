//! Targets. The credential is kept sealed; the store neither opens nor makes seals.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::audit::{self, AuditEvent};
use super::columns::{Columns, to_json};
use super::cursor::{List, rows_for};
use super::{Store, StoreError};
use crate::domain::{ItemPath, Limit, Page, Target, TargetId, TargetName, TenantId};

/// A target as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredTarget {
    /// The target. On writing, its `items` is not looked at: it is counted.
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

/// How a deletion went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeleteTarget {
    /// It is gone.
    Deleted,
    /// There is none of this name.
    NotFound,
    /// Items use it: how many, and the first few.
    HasItems(u64, Vec<ItemPath>),
    /// Leases that are not ended need its credential to be taken back: how many.
    HasLiveLeases(u64),
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT t.id, t.name, t.cloud, t.tenant_id, t.sign_in, t.sealed_credential, t.credential_set_at, t.version,
                    t.created_at, t.updated_at, (SELECT COUNT(*) FROM secrets s WHERE s.target_id = t.id) AS items
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

    /// The targets, by name.
    pub async fn list_targets(&self, limit: Limit, after: Option<&str>) -> Result<Page<Target>, StoreError> {
        let after = List::Targets.key(after, TargetName::parse)?;
        let rows = sqlx::query(select!("WHERE t.name > ?1 ORDER BY t.name LIMIT ?2"))
            .bind(after.as_ref().map_or("", TargetName::as_str))
            .bind(rows_for(limit))
            .fetch_all(self.readers())
            .await?;
        let targets = rows.iter().map(|row| Ok(read(row)?.target));
        let targets = targets.collect::<Result<Vec<_>, StoreError>>()?;
        Ok(List::Targets.page(targets, limit, |target| target.name.to_string()))
    }

    /// Deletes a target that nothing needs any more.
    pub async fn delete_target(
        &self,
        name: &TargetName,
        event: AuditEvent,
    ) -> Result<DeleteTarget, StoreError> {
        let name = name.clone();
        self.write(move |connection| Box::pin(async move { delete(connection, &name, &event).await }))
            .await
    }
}

async fn by_id(connection: &mut SqliteConnection, id: &str) -> Result<Option<StoredTarget>, StoreError> {
    let row = sqlx::query(select!("WHERE t.id = ?1"))
        .bind(id)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(read).transpose()
}

async fn delete(
    connection: &mut SqliteConnection,
    name: &TargetName,
    event: &AuditEvent,
) -> Result<DeleteTarget, StoreError> {
    let Some(id) = sqlx::query_scalar::<_, String>("SELECT id FROM targets WHERE name = ?1")
        .bind(name.as_str())
        .fetch_optional(&mut *connection)
        .await?
    else {
        return Ok(DeleteTarget::NotFound);
    };
    let items: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM secrets WHERE target_id = ?1")
        .bind(&id)
        .fetch_one(&mut *connection)
        .await?;
    if items > 0 {
        let rows = sqlx::query("SELECT path FROM secrets WHERE target_id = ?1 ORDER BY path LIMIT 5")
            .bind(&id)
            .fetch_all(connection)
            .await?;
        let paths = rows
            .iter()
            .map(|row| Columns::of("secrets", row).parse("path", ItemPath::parse));
        return Ok(DeleteTarget::HasItems(
            items.unsigned_abs(),
            paths.collect::<Result<_, _>>()?,
        ));
    }
    let leases: i64 = sqlx::query(
        "SELECT COUNT(*) FROM leases WHERE target_id = ?1 AND state IN ('generating', 'active', 'revoking')",
    )
    .bind(&id)
    .fetch_one(&mut *connection)
    .await?
    .try_get(0)?;
    if leases > 0 {
        return Ok(DeleteTarget::HasLiveLeases(leases.unsigned_abs()));
    }
    sqlx::query("DELETE FROM targets WHERE id = ?1")
        .bind(&id)
        .execute(&mut *connection)
        .await?;
    audit::append(connection, event).await?;
    Ok(DeleteTarget::Deleted)
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
        },
        sealed_credential: columns.get("sealed_credential")?,
        version: columns.get("version")?,
    })
}
