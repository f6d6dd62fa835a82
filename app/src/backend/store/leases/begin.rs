//! The start: a lease and its planned grants, written down before Entra is asked for anything.

use serde_json::Value;
use sqlx::SqliteConnection;

use super::super::audit::{self, AuditEvent};
use super::super::columns::to_json;
use super::super::{Store, StoreError};
use super::{read_id, shared};
use crate::domain::{ItemPath, Kind, LeaseId, SecretId, TargetId, TargetName, Timestamp};

/// A lease to be.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLease {
    /// Its id.
    pub id: LeaseId,
    /// The item.
    pub secret_id: SecretId,
    /// The item's path.
    pub secret_path: ItemPath,
    /// The item's kind.
    pub kind: Kind,
    /// The target that it acts on.
    pub target_id: TargetId,
    /// The target's name.
    pub target_name: TargetName,
    /// Who asks.
    pub holder: String,
    /// Why.
    pub reason: Option<String>,
    /// The caller's own name for this request: the same one never gives a second lease.
    pub request_id: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The latest that it could ever end.
    pub max_expires_at: Timestamp,
    /// What a person will recognise.
    pub identity: String,
    /// When Entra itself ends it.
    pub entra_ends_at: Option<Timestamp>,
    /// Its grants, in the order in which they will be applied.
    pub grants: Vec<NewGrant>,
}

/// A grant to be.
#[derive(Debug, Clone, PartialEq)]
pub struct NewGrant {
    /// The provider's plan.
    pub plan: Value,
    /// What it may share with grants of other leases: the same text means the same thing in Entra.
    pub subject: Option<String>,
    /// The plan to keep instead, without a subject, where no other live lease holds it and none gave it up a moment ago: Entra shows
    /// it already, so then it is somebody else's.
    pub if_not_ours: Option<Value>,
}

impl From<Value> for NewGrant {
    /// A grant that is its lease's alone.
    fn from(plan: Value) -> Self {
        Self {
            plan,
            subject: None,
            if_not_ours: None,
        }
    }
}

/// How a beginning went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begin {
    /// It is written down.
    Begun,
    /// This holder's request had been answered with this lease.
    Repeated(LeaseId),
    /// The item was deleted, or moved to another target, since it was read.
    ItemGone,
}

impl Store {
    /// Writes down a lease in state `generating`, its grants as `planned`, and that its item was used.
    pub async fn begin_lease(&self, lease: NewLease, event: AuditEvent) -> Result<Begin, StoreError> {
        self.write(move |connection| Box::pin(async move { begin(connection, &lease, &event).await }))
            .await
    }

    /// The lease that this holder's request was answered with.
    pub async fn lease_by_request(
        &self,
        holder: &str,
        request_id: &str,
    ) -> Result<Option<LeaseId>, StoreError> {
        by_request(&mut *self.readers().acquire().await?, holder, request_id).await
    }
}

async fn by_request(
    connection: &mut SqliteConnection,
    holder: &str,
    request_id: &str,
) -> Result<Option<LeaseId>, StoreError> {
    let row = sqlx::query("SELECT id FROM leases WHERE holder = ?1 AND request_id = ?2")
        .bind(holder)
        .bind(request_id)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(read_id).transpose()
}

async fn begin(
    connection: &mut SqliteConnection,
    lease: &NewLease,
    event: &AuditEvent,
) -> Result<Begin, StoreError> {
    if let Some(request_id) = &lease.request_id
        && let Some(earlier) = by_request(connection, &lease.holder, request_id).await?
    {
        return Ok(Begin::Repeated(earlier));
    }
    // An item that left the target no longer keeps it from being deleted, and without its credential nothing is taken back.
    let used = sqlx::query("UPDATE secrets SET last_used_at = ?1 WHERE id = ?2 AND target_id = ?3")
        .bind(lease.created_at.millis())
        .bind(lease.secret_id.as_str())
        .bind(lease.target_id.as_str())
        .execute(&mut *connection)
        .await?;
    if used.rows_affected() == 0 {
        return Ok(Begin::ItemGone);
    }
    insert(connection, lease).await?;
    for (seq, grant) in (0_i64..).zip(&lease.grants) {
        let (plan, subject) = shared::decide(connection, lease, grant).await?;
        sqlx::query(
            "INSERT INTO grants (lease_id, seq, plan, subject, state) VALUES (?1, ?2, ?3, ?4, 'planned')",
        )
        .bind(lease.id.as_str())
        .bind(seq)
        .bind(to_json("grants", "plan", plan)?)
        .bind(subject)
        .execute(&mut *connection)
        .await?;
    }
    audit::append(connection, event).await?;
    Ok(Begin::Begun)
}

async fn insert(connection: &mut SqliteConnection, lease: &NewLease) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO leases (id, secret_id, secret_path, kind, target_id, target_name, state, holder, reason, request_id,
                             created_at, expires_at, max_expires_at, identity, entra_ends_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'generating', ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )
    .bind(lease.id.as_str())
    .bind(lease.secret_id.as_str())
    .bind(lease.secret_path.as_str())
    .bind(lease.kind.as_str())
    .bind(lease.target_id.as_str())
    .bind(lease.target_name.as_str())
    .bind(&lease.holder)
    .bind(&lease.reason)
    .bind(&lease.request_id)
    .bind(lease.created_at.millis())
    .bind(lease.expires_at.millis())
    .bind(lease.max_expires_at.millis())
    .bind(&lease.identity)
    .bind(lease.entra_ends_at.map(Timestamp::millis))
    .execute(connection)
    .await?;
    Ok(())
}
