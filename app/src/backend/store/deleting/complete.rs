//! The end of a deletion: what is marked goes as soon as no live lease needs it. Nobody has to ask.

use sqlx::SqliteConnection;

use super::super::audit::{self, AuditEvent, LEASEHOLD};
use super::StoreError;
use super::columns::Columns;
use crate::backend::store::Store;
use crate::domain::lease::ATTEMPTS_BEFORE_ATTENTION;
use crate::domain::{Deletion, DeletionState, ItemPath, SecretId, TargetId, TargetName, Timestamp};

// The indexes are named, because without statistics SQLite guesses, and guesses wrong.
macro_rules! items_to_go {
    () => {
        "SELECT s.id FROM secrets s INDEXED BY secrets_being_deleted WHERE s.deleting_at IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM leases l INDEXED BY leases_live_by_secret
                           WHERE l.secret_id = s.id AND l.state IN ('generating', 'active', 'revoking'))"
    };
}
macro_rules! targets_to_go {
    () => {
        "SELECT t.id FROM targets t INDEXED BY targets_being_deleted WHERE t.deleting_at IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM secrets s WHERE s.target_id = t.id)
           AND NOT EXISTS (SELECT 1 FROM leases l INDEXED BY leases_live_by_target
                           WHERE l.target_id = t.id AND l.state IN ('generating', 'active', 'revoking'))"
    };
}
const LOOK: &str = concat!(
    "SELECT EXISTS (",
    items_to_go!(),
    ") OR EXISTS (",
    targets_to_go!(),
    ") AS due, EXISTS (SELECT 1 FROM secrets INDEXED BY secrets_being_deleted WHERE deleting_at IS NOT NULL)
       OR EXISTS (SELECT 1 FROM targets INDEXED BY targets_being_deleted WHERE deleting_at IS NOT NULL) AS any_left"
);

/// What a look at the deletions found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completed {
    /// Items that are gone now.
    pub items: Vec<ItemPath>,
    /// Targets that are gone now.
    pub targets: Vec<TargetId>,
    /// Whether deletions are left that wait for leases.
    pub waiting: bool,
}

/// What a deletion is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deleting {
    /// These items.
    Items(Vec<SecretId>),
    /// This target.
    Target(TargetId),
}

impl Store {
    /// Deletes what is marked and needed by no live lease. Where there is nothing to do, it only reads.
    pub async fn complete_deletions(&self, now: Timestamp) -> Result<Completed, StoreError> {
        let row = sqlx::query(LOOK).fetch_one(self.readers()).await?;
        let columns = Columns::of("secrets", &row);
        if !columns.get::<bool>("due")? {
            return Ok(Completed {
                waiting: columns.get("any_left")?,
                ..Completed::default()
            });
        }
        self.write(move |connection| Box::pin(async move { complete(connection, now).await }))
            .await
    }

    /// How far a deletion is.
    pub async fn deletion(&self, what: &Deleting) -> Result<Deletion, StoreError> {
        let (statement, ids) = match what {
            Deleting::Items(ids) => {
                let ids: Vec<_> = ids.iter().map(SecretId::as_str).collect();
                (ITEMS_LEFT, serde_json::Value::from(ids).to_string())
            }
            Deleting::Target(id) => (TARGET_LEFT, id.to_string()),
        };
        let row = sqlx::query(statement)
            .bind(ids)
            .bind(ATTEMPTS_BEFORE_ATTENTION)
            .fetch_one(self.readers())
            .await?;
        let columns = Columns::of("leases", &row);
        if columns.count::<u64>("things_left")? == 0 {
            return Ok(Deletion::done());
        }
        Ok(Deletion {
            state: DeletionState::Deleting,
            items_left: columns.count("items_left")?,
            leases_left: columns.count("leases_left")?,
            needs_attention: columns.count("needs_attention")?,
            last_error: columns.get("last_error")?,
        })
    }
}

const ITEMS_LEFT: &str = "WITH items AS (SELECT id FROM secrets WHERE id IN (SELECT value FROM json_each(?1))),
       live AS (SELECT l.state, l.failures, l.last_error
                FROM items CROSS JOIN leases l INDEXED BY leases_live_by_secret
                WHERE l.secret_id = items.id AND l.state IN ('generating', 'active', 'revoking'))
     SELECT (SELECT COUNT(*) FROM items) AS things_left, (SELECT COUNT(*) FROM items) AS items_left,
            (SELECT COUNT(*) FROM live) AS leases_left,
            (SELECT COUNT(*) FROM live WHERE state = 'revoking' AND failures >= ?2) AS needs_attention,
            (SELECT last_error FROM live WHERE last_error IS NOT NULL ORDER BY failures DESC LIMIT 1) AS last_error";
const TARGET_LEFT: &str = "WITH live AS (SELECT state, failures, last_error FROM leases INDEXED BY leases_live_by_target
                WHERE target_id = ?1 AND state IN ('generating', 'active', 'revoking'))
     SELECT (SELECT COUNT(*) FROM targets WHERE id = ?1) AS things_left, 0 AS items_left,
            (SELECT COUNT(*) FROM live) AS leases_left,
            (SELECT COUNT(*) FROM live WHERE state = 'revoking' AND failures >= ?2) AS needs_attention,
            (SELECT last_error FROM live WHERE last_error IS NOT NULL ORDER BY failures DESC LIMIT 1) AS last_error";

async fn complete(connection: &mut SqliteConnection, now: Timestamp) -> Result<Completed, StoreError> {
    let gone = |verb: &str, object: &str| AuditEvent::new(now, LEASEHOLD, verb, object);
    let rows = sqlx::query(concat!(
        "DELETE FROM secrets WHERE id IN (",
        items_to_go!(),
        ") RETURNING path"
    ))
    .fetch_all(&mut *connection)
    .await?;
    let mut done = Completed::default();
    for row in &rows {
        let path = Columns::of("secrets", row).parse("path", ItemPath::parse)?;
        audit::append(connection, &gone("secret.deleted", path.as_str())).await?;
        done.items.push(path);
    }
    let rows = sqlx::query(concat!(
        "DELETE FROM targets WHERE id IN (",
        targets_to_go!(),
        ") RETURNING id, name"
    ))
    .fetch_all(&mut *connection)
    .await?;
    for row in &rows {
        let columns = Columns::of("targets", row);
        let name = columns.parse("name", TargetName::parse)?;
        audit::append(connection, &gone("target.deleted", name.as_str())).await?;
        done.targets.push(columns.parse("id", TargetId::parse)?);
    }
    let row = sqlx::query(LOOK).fetch_one(connection).await?;
    done.waiting = Columns::of("secrets", &row).get("any_left")?;
    Ok(done)
}

/// The statement that runs all the time while something is being deleted, with the indexes that it walks.
#[cfg(test)]
pub(in super::super) fn look() -> (&'static str, [&'static str; 4]) {
    let indexes = [
        "secrets_being_deleted",
        "targets_being_deleted",
        "leases_live_by_secret",
        "leases_live_by_target",
    ];
    (LOOK, indexes)
}
