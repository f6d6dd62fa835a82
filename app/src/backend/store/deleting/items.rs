//! Deleting an item, or all items of a folder or none of them.

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::super::audit::{self, AuditEvent};
use super::columns::Columns;
use super::{LiveLeases, StoreError, leases, send_out};
use crate::backend::store::Store;
use crate::domain::{FolderPath, ItemPath, LeaseId, SecretId, Timestamp};

/// Paths that a refusal names.
const NAMED: usize = 5;

/// How the deletion of an item went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeleteSecret {
    /// It is gone.
    Deleted,
    /// It is marked, now or before, and goes with its last lease; these have begun to be taken back now.
    Deleting {
        /// The item.
        id: SecretId,
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

/// Items that keep their folder from being deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blocked {
    /// How many.
    pub items: u64,
    /// Of these the first few, by path.
    pub named: Vec<ItemPath>,
}

impl Blocked {
    fn add(&mut self, path: &ItemPath) {
        self.items += 1;
        if self.named.len() < NAMED {
            self.named.push(path.clone());
        }
    }
}

/// How the deletion of a folder went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeleteFolder {
    /// Items without leases are gone, the others are marked and go with their last leases.
    Begun {
        /// Those that are marked.
        marked: Vec<SecretId>,
    },
    /// No item stands in it or below it.
    Empty,
    /// Nothing was changed.
    Refused {
        /// Protected items.
        protected: Blocked,
        /// Items with leases that are not ended.
        in_use: Blocked,
        /// How many leases these are.
        leases: u64,
    },
}

/// An item that is to go.
struct Doomed {
    id: SecretId,
    path: ItemPath,
    protected: bool,
    marked: bool,
    leases: Vec<LeaseId>,
}

impl Store {
    /// Deletes an item that is not protected: at once where no lease of it lives, otherwise, if that is asked for, with its last
    /// lease. Ended leases stay.
    pub async fn delete_secret(
        &self,
        path: &ItemPath,
        live: LiveLeases,
        now: Timestamp,
        event: AuditEvent,
    ) -> Result<DeleteSecret, StoreError> {
        let path = path.clone();
        self.write(move |connection| {
            Box::pin(async move { delete_one(connection, &path, &live, now, &event).await })
        })
        .await
    }

    /// Deletes every item in a folder and below it, or none of them. `event` is told of each item, with the item as its object.
    pub async fn delete_folder(
        &self,
        folder: &FolderPath,
        live: LiveLeases,
        now: Timestamp,
        event: AuditEvent,
    ) -> Result<DeleteFolder, StoreError> {
        let folder = folder.clone();
        self.write(move |connection| {
            Box::pin(async move { delete_all(connection, &folder, &live, now, &event).await })
        })
        .await
    }
}

async fn delete_one(
    connection: &mut SqliteConnection,
    path: &ItemPath,
    live: &LiveLeases,
    now: Timestamp,
    event: &AuditEvent,
) -> Result<DeleteSecret, StoreError> {
    let row = sqlx::query("SELECT id, path, delete_protection, deleting_at FROM secrets WHERE path = ?1")
        .bind(path.as_str())
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else {
        return Ok(DeleteSecret::NotFound);
    };
    let item = doomed(connection, &row).await?;
    if item.protected && !item.marked {
        return Ok(DeleteSecret::Protected);
    }
    if *live == LiveLeases::Refuse && !item.marked && !item.leases.is_empty() {
        return Ok(DeleteSecret::HasLiveLeases(item.leases.len() as u64));
    }
    let id = item.id.clone();
    Ok(match carry_out(connection, item, live, now, event).await? {
        None => DeleteSecret::Deleted,
        Some(revoking) => DeleteSecret::Deleting { id, revoking },
    })
}

async fn delete_all(
    connection: &mut SqliteConnection,
    folder: &FolderPath,
    live: &LiveLeases,
    now: Timestamp,
    event: &AuditEvent,
) -> Result<DeleteFolder, StoreError> {
    // "0" follows "/" in ASCII: between the two lies what begins with "/prod/".
    let rows = sqlx::query(
        "SELECT id, path, delete_protection, deleting_at FROM secrets WHERE path > ?1 AND path < ?2 ORDER BY path",
    )
    .bind(format!("{folder}/"))
    .bind(format!("{folder}0"))
    .fetch_all(&mut *connection)
    .await?;
    if rows.is_empty() {
        return Ok(DeleteFolder::Empty);
    }
    let mut items = Vec::with_capacity(rows.len());
    let (mut protected, mut in_use, mut leases) = (Blocked::default(), Blocked::default(), 0);
    for row in &rows {
        let item = doomed(connection, row).await?;
        if !item.marked && item.protected {
            protected.add(&item.path);
        }
        if !item.marked && !item.leases.is_empty() && *live == LiveLeases::Refuse {
            in_use.add(&item.path);
            leases += item.leases.len() as u64;
        }
        items.push(item);
    }
    if protected.items + in_use.items > 0 {
        return Ok(DeleteFolder::Refused {
            protected,
            in_use,
            leases,
        });
    }
    let mut marked = Vec::new();
    for item in items {
        let event = AuditEvent {
            object: item.path.to_string(),
            ..event.clone()
        };
        let id = item.id.clone();
        if carry_out(connection, item, live, now, &event).await?.is_some() {
            marked.push(id);
        }
    }
    Ok(DeleteFolder::Begun { marked })
}

async fn doomed(connection: &mut SqliteConnection, row: &SqliteRow) -> Result<Doomed, StoreError> {
    let columns = Columns::of("secrets", row);
    let id = columns.parse("id", SecretId::parse)?;
    Ok(Doomed {
        leases: leases::live_of_secret(connection, &id).await?,
        id,
        path: columns.parse("path", ItemPath::parse)?,
        protected: columns.get("delete_protection")?,
        marked: columns.time_or_none("deleting_at")?.is_some(),
    })
}

/// Deletes an item without live leases, and marks any other; then gives those that have begun to be taken back.
async fn carry_out(
    connection: &mut SqliteConnection,
    item: Doomed,
    live: &LiveLeases,
    now: Timestamp,
    event: &AuditEvent,
) -> Result<Option<Vec<LeaseId>>, StoreError> {
    if item.leases.is_empty() {
        sqlx::query("DELETE FROM secrets WHERE id = ?1")
            .bind(item.id.as_str())
            .execute(&mut *connection)
            .await?;
        audit::append(connection, event).await?;
        return Ok(None);
    }
    if item.marked {
        // Somebody who asks again wants an attempt now.
        sqlx::query(
            "UPDATE leases SET next_attempt_at = min(next_attempt_at, ?1) WHERE secret_id = ?2 AND state = 'revoking'",
        )
        .bind(now.millis())
        .bind(item.id.as_str())
        .execute(connection)
        .await?;
        return Ok(Some(Vec::new()));
    }
    let LiveLeases::Revoke { by } = live else {
        return Ok(Some(Vec::new()));
    };
    sqlx::query("UPDATE secrets SET deleting_at = ?1 WHERE id = ?2")
        .bind(now.millis())
        .bind(item.id.as_str())
        .execute(&mut *connection)
        .await?;
    let event = event.clone().with("leases", item.leases.len());
    audit::append(connection, &event).await?;
    send_out(connection, item.leases, by, now, &event).await.map(Some)
}
