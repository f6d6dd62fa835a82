//! Dynamic secrets. `list` has the lists and the folders that their paths imply.

mod list;

use std::collections::BTreeMap;

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::audit::{self, AuditEvent};
use super::columns::{Columns, to_json};
use super::{Store, StoreError};
use crate::domain::{
    DynamicSecret, ItemPath, Kind, NewDynamicSecret, SecretId, TargetId, TargetName, Timestamp, Ttl,
};

pub use list::SecretFilter;

#[cfg(test)]
pub(super) use list::LIST;

macro_rules! select_secrets {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.path, s.kind, t.name AS target_name, s.spec, s.names, s.default_ttl, s.max_ttl,
                    s.description, s.tags, s.delete_protection, s.created_at, s.updated_at, s.last_used_at, s.deleting_at,
                    (SELECT COUNT(*) FROM leases l INDEXED BY leases_live_by_secret
                     WHERE l.secret_id = s.id AND l.state IN ('generating', 'active', 'revoking')) AS live_leases
             FROM secrets s JOIN targets t ON t.id = s.target_id ",
            $rest
        )
    };
}
use select_secrets;

impl Store {
    /// Adds an item. [`StoreError::Taken`] where the path is, [`StoreError::Gone`] where the target is, or is being deleted.
    pub async fn insert_secret(
        &self,
        id: &SecretId,
        secret: &NewDynamicSecret,
        target: &TargetId,
        names: &BTreeMap<String, String>,
        now: Timestamp,
        event: AuditEvent,
    ) -> Result<DynamicSecret, StoreError> {
        let (id, secret, target, names) = (id.clone(), secret.clone(), target.clone(), names.clone());
        self.write(move |connection| {
            Box::pin(async move {
                refuse_leaving_target(connection, &target).await?;
                sqlx::query(
                    "INSERT INTO secrets (path, kind, target_id, spec, names, default_ttl, max_ttl, description, tags,
                                          delete_protection, updated_at, created_at, id)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12)",
                )
                .bind(secret.path.as_str())
                .bind(secret.spec.kind().as_str())
                .bind(target.as_str())
                .bind(to_json("secrets", "spec", &secret.spec)?)
                .bind(to_json("secrets", "names", &names)?)
                .bind(seconds(secret.default_ttl))
                .bind(seconds(secret.max_ttl))
                .bind(&secret.description)
                .bind(to_json("secrets", "tags", &secret.tags)?)
                .bind(secret.delete_protection)
                .bind(now.millis())
                .bind(id.as_str())
                .execute(&mut *connection)
                .await
                .map_err(target_gone)?;
                audit::append(connection, &event).await?;
                by_id(connection, &id).await?.ok_or(StoreError::Gone { what: "item" })
            })
        })
        .await
    }

    /// Replaces what an item says, its path included; `None` where it is gone or being deleted.
    pub async fn update_secret(
        &self,
        id: &SecretId,
        secret: &NewDynamicSecret,
        target: &TargetId,
        names: &BTreeMap<String, String>,
        now: Timestamp,
        event: AuditEvent,
    ) -> Result<Option<DynamicSecret>, StoreError> {
        let (id, secret, target, names) = (id.clone(), secret.clone(), target.clone(), names.clone());
        self.write(move |connection| {
            Box::pin(async move {
                refuse_leaving_target(connection, &target).await?;
                let changed = sqlx::query(
                    "UPDATE secrets SET path = ?1, kind = ?2, target_id = ?3, spec = ?4, names = ?5, default_ttl = ?6,
                            max_ttl = ?7, description = ?8, tags = ?9, delete_protection = ?10, updated_at = ?11
                     WHERE id = ?12 AND deleting_at IS NULL",
                )
                .bind(secret.path.as_str())
                .bind(secret.spec.kind().as_str())
                .bind(target.as_str())
                .bind(to_json("secrets", "spec", &secret.spec)?)
                .bind(to_json("secrets", "names", &names)?)
                .bind(seconds(secret.default_ttl))
                .bind(seconds(secret.max_ttl))
                .bind(&secret.description)
                .bind(to_json("secrets", "tags", &secret.tags)?)
                .bind(secret.delete_protection)
                .bind(now.millis())
                .bind(id.as_str())
                .execute(&mut *connection)
                .await
                .map_err(target_gone)?;
                if changed.rows_affected() == 0 {
                    return Ok(None);
                }
                audit::append(connection, &event).await?;
                by_id(connection, &id).await
            })
        })
        .await
    }

    /// The item at this path.
    pub async fn secret_by_path(&self, path: &ItemPath) -> Result<Option<DynamicSecret>, StoreError> {
        let row = sqlx::query(select_secrets!("WHERE s.path = ?1"))
            .bind(path.as_str())
            .fetch_optional(self.readers())
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The item of this id.
    pub async fn secret_by_id(&self, id: &SecretId) -> Result<Option<DynamicSecret>, StoreError> {
        by_id(&mut *self.readers().acquire().await?, id).await
    }
}

async fn by_id(
    connection: &mut SqliteConnection,
    id: &SecretId,
) -> Result<Option<DynamicSecret>, StoreError> {
    let row = sqlx::query(select_secrets!("WHERE s.id = ?1"))
        .bind(id.as_str())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(read).transpose()
}

/// A target that is being deleted takes no item: with it, it would never go.
async fn refuse_leaving_target(
    connection: &mut SqliteConnection,
    target: &TargetId,
) -> Result<(), StoreError> {
    let leaving: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM targets WHERE id = ?1 AND deleting_at IS NOT NULL)")
            .bind(target.as_str())
            .fetch_one(connection)
            .await?;
    if leaving {
        Err(StoreError::Gone { what: "target" })
    } else {
        Ok(())
    }
}

fn target_gone(error: sqlx::Error) -> StoreError {
    let is_missing = error
        .as_database_error()
        .is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation);
    if is_missing {
        StoreError::Gone { what: "target" }
    } else {
        error.into()
    }
}

fn seconds(ttl: Ttl) -> i64 {
    ttl.millis() / 1000
}

fn read(row: &SqliteRow) -> Result<DynamicSecret, StoreError> {
    let columns = Columns::of("secrets", row);
    let ttl = |column: &'static str| {
        Ttl::from_seconds(columns.count(column)?).map_err(|why| columns.corrupt(column, why.0))
    };
    Ok(DynamicSecret {
        id: columns.parse("id", SecretId::parse)?,
        path: columns.parse("path", ItemPath::parse)?,
        kind: columns.name("kind", Kind::from_name)?,
        target: columns.parse("target_name", TargetName::parse)?,
        spec: columns.json("spec")?,
        default_ttl: ttl("default_ttl")?,
        max_ttl: ttl("max_ttl")?,
        description: columns.text("description")?,
        tags: columns.json("tags")?,
        delete_protection: columns.get("delete_protection")?,
        names: columns.json("names")?,
        created_at: columns.time("created_at")?,
        updated_at: columns.time("updated_at")?,
        live_leases: columns.count("live_leases")?,
        last_used_at: columns.time_or_none("last_used_at")?,
        deleting_at: columns.time_or_none("deleting_at")?,
    })
}
