//! What was done, by whom, to what. Rows are only ever added; none holds a secret.

use serde_json::Value;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::columns::{Columns, to_json};
use super::cursor::{List, rows_for};
use super::{Store, StoreError};
use crate::domain::{Invalid, Limit, Page, Timestamp};

/// The actor of what the server does unasked.
pub const LEASEHOLD: &str = "leasehold";

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// When.
    pub at: Timestamp,
    /// Who: an identity's id, or [`LEASEHOLD`].
    pub actor: String,
    /// What: `lease.generate`, `target.create`.
    pub verb: String,
    /// To what: an id or a path.
    pub object: String,
    /// More about it, an object; no secret.
    pub detail: Value,
}

impl AuditEvent {
    /// An event without detail.
    pub fn new(
        at: Timestamp,
        actor: impl Into<String>,
        verb: impl Into<String>,
        object: impl Into<String>,
    ) -> Self {
        Self {
            at,
            actor: actor.into(),
            verb: verb.into(),
            object: object.into(),
            detail: Value::Object(serde_json::Map::new()),
        }
    }

    /// The same event with one more detail.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        if let Value::Object(detail) = &mut self.detail {
            detail.insert(key.to_owned(), value.into());
        }
        self
    }
}

/// An event with its number; later ones have higher numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// The number.
    pub id: i64,
    /// The event.
    pub event: AuditEvent,
}

/// Appends an event: in the transaction of what it tells.
pub(super) async fn append(connection: &mut SqliteConnection, event: &AuditEvent) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO audit_events (at, actor, verb, object, detail) VALUES (?1, ?2, ?3, ?4, ?5)")
        .bind(event.at.millis())
        .bind(&event.actor)
        .bind(&event.verb)
        .bind(&event.object)
        .bind(to_json("audit_events", "detail", &event.detail)?)
        .execute(connection)
        .await?;
    Ok(())
}

impl Store {
    /// Appends an event that tells of no change here: a refused sign-in.
    pub async fn record(&self, event: AuditEvent) -> Result<(), StoreError> {
        self.write(move |connection| Box::pin(async move { append(connection, &event).await }))
            .await
    }

    /// The events, latest first.
    pub async fn list_audit(&self, limit: Limit, after: Option<&str>) -> Result<Page<AuditRow>, StoreError> {
        let parse = |key: &str| key.parse::<i64>().map_err(|_| Invalid::new("not a number"));
        let before = List::Audit.key(after, parse)?.unwrap_or(i64::MAX);
        let rows = sqlx::query(
            "SELECT id, at, actor, verb, object, detail FROM audit_events
             WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
        )
        .bind(before)
        .bind(rows_for(limit))
        .fetch_all(self.readers())
        .await?;
        let rows = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(List::Audit.page(rows, limit, |row| row.id.to_string()))
    }
}

fn read(row: &SqliteRow) -> Result<AuditRow, StoreError> {
    let columns = Columns::of("audit_events", row);
    Ok(AuditRow {
        id: columns.get("id")?,
        event: AuditEvent {
            at: columns.time("at")?,
            actor: columns.text("actor")?,
            verb: columns.text("verb")?,
            object: columns.text("object")?,
            detail: columns.json("detail")?,
        },
    })
}
