//! Dynamic secrets. `list` has the lists and the folders that their paths imply.

mod list;

use std::collections::BTreeMap;

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::audit::{self, AuditEvent};
use super::columns::{Columns, to_json};
use super::{Store, StoreError, leases};
use crate::domain::{
    DynamicSecret, EndCause, ItemPath, Kind, LeaseId, NewDynamicSecret, SecretId, TargetId, TargetName,
    Timestamp, Ttl,
};

pub use list::SecretFilter;

/// What a deletion does about leases of the item that are not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveLeases {
    /// It is refused.
    Refuse,
    /// They are all sent to be taken back, on behalf of this identity.
    Revoke {
        /// Who deletes.
        by: String,
    },
}

/// How a deletion went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeleteSecret {
    /// It is gone; these leases of it have begun to be taken back.
    Deleted {
        /// The leases.
        revoking: Vec<LeaseId>,
    },
    /// There is none at this path.
    NotFound,
    /// It is protected against deletion.
    Protected,
    /// Leases of it are not ended: how many.
    HasLiveLeases(u64),
}

macro_rules! select_secrets {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.path, s.kind, t.name AS target_name, s.spec, s.names, s.default_ttl, s.max_ttl,
                    s.description, s.tags, s.delete_protection, s.created_at, s.updated_at, s.last_used_at,
                    (SELECT COUNT(*) FROM leases l
                     WHERE l.secret_id = s.id AND l.state IN ('generating', 'active', 'revoking')) AS live_leases
             FROM secrets s JOIN targets t ON t.id = s.target_id ",
            $rest
        )
    };
}
use select_secrets;

impl Store {
    /// Adds an item. [`StoreError::Taken`] where the path is, [`StoreError::Gone`] where the target is.
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

    /// Replaces what an item says, its path included; `None` where it is gone.
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
                let changed = sqlx::query(
                    "UPDATE secrets SET path = ?1, kind = ?2, target_id = ?3, spec = ?4, names = ?5, default_ttl = ?6,
                            max_ttl = ?7, description = ?8, tags = ?9, delete_protection = ?10, updated_at = ?11
                     WHERE id = ?12",
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

    /// Deletes an item that is not protected. Its leases stay, and are taken back in their time.
    pub async fn delete_secret(
        &self,
        path: &ItemPath,
        live: LiveLeases,
        now: Timestamp,
        event: AuditEvent,
    ) -> Result<DeleteSecret, StoreError> {
        let path = path.clone();
        self.write(move |connection| {
            Box::pin(async move { delete(connection, &path, &live, now, &event).await })
        })
        .await
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

async fn delete(
    connection: &mut SqliteConnection,
    path: &ItemPath,
    live: &LiveLeases,
    now: Timestamp,
    event: &AuditEvent,
) -> Result<DeleteSecret, StoreError> {
    let row = sqlx::query("SELECT id, delete_protection FROM secrets WHERE path = ?1")
        .bind(path.as_str())
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else {
        return Ok(DeleteSecret::NotFound);
    };
    let columns = Columns::of("secrets", &row);
    let id = columns.parse("id", SecretId::parse)?;
    if columns.get("delete_protection")? {
        return Ok(DeleteSecret::Protected);
    }
    let leases = leases::live_of_secret(&mut *connection, &id).await?;
    let mut revoking = Vec::new();
    match live {
        LiveLeases::Refuse if leases.is_empty() => {}
        LiveLeases::Refuse => return Ok(DeleteSecret::HasLiveLeases(leases.len() as u64)),
        LiveLeases::Revoke { by } => {
            let cause = EndCause::Revoked(by.clone());
            for lease in leases {
                let event = AuditEvent::new(now, by, "lease.revoke", lease.as_str())
                    .with("because", format!("{path} was deleted"));
                if leases::start_revoking(connection, &lease, &cause, now, &event)
                    .await?
                    .is_some()
                {
                    revoking.push(lease);
                }
            }
        }
    }
    sqlx::query("DELETE FROM secrets WHERE id = ?1")
        .bind(id.as_str())
        .execute(&mut *connection)
        .await?;
    audit::append(connection, event).await?;
    Ok(DeleteSecret::Deleted { revoking })
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
    })
}
