//! The start: a lease and its planned grants, written down before Entra is asked for anything. All that begin at the same moment
//! are written by one statement.

use std::collections::HashSet;

use futures::future::BoxFuture;
use serde::Serialize;
use serde_json::Value;
use sqlx::SqliteConnection;

use super::super::audit::AuditEvent;
use super::super::columns::{Columns, to_json};
use super::super::writer::{Change, Member, Together};
use super::super::{Store, StoreError};
use super::calls::EventRow;
use super::{read_id, shared};
use crate::domain::{ItemPath, Kind, Lease, LeaseId, LeaseState, SecretId, TargetId, TargetName, Timestamp};

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

impl NewLease {
    /// The lease as it stands once it is active.
    pub fn issued(&self, at: Timestamp) -> Lease {
        Lease {
            id: self.id.clone(),
            secret: self.secret_path.clone(),
            secret_id: self.secret_id.clone(),
            kind: self.kind,
            target: self.target_name.clone(),
            state: LeaseState::Active,
            holder: self.holder.clone(),
            reason: self.reason.clone(),
            created_at: self.created_at,
            issued_at: Some(at),
            expires_at: self.expires_at,
            max_expires_at: self.max_expires_at,
            ended_at: None,
            end_cause: None,
            renewals: 0,
            identity: self.identity.clone(),
            entra_ends_at: self.entra_ends_at,
            needs_attention: false,
            last_error: None,
            attempts_made: 0,
            next_attempt_at: None,
            abandoned: None,
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
    /// The item was deleted, marked for it, or moved to another target, since it was read.
    ItemGone,
}

/// A lease to be, and what is told of it.
pub struct Beginning {
    lease: NewLease,
    event: AuditEvent,
}

// A lease is written only where its item is still there and on the same target: an item that left the target no longer keeps it
// from being deleted, and without its credential nothing is taken back. What did not get in is not mentioned by the rest.
pub(super) const BEGIN: &str = "INSERT INTO leases (id, secret_id, secret_path, kind, target_id, target_name, state, holder, reason, request_id,
                        created_at, expires_at, max_expires_at, identity, entra_ends_at)
       SELECT value ->> '$.id', value ->> '$.secret_id', value ->> '$.secret_path', value ->> '$.kind', value ->> '$.target_id',
              value ->> '$.target_name', 'generating', value ->> '$.holder', value ->> '$.reason', value ->> '$.request_id',
              value ->> '$.created_at', value ->> '$.expires_at', value ->> '$.max_expires_at', value ->> '$.identity',
              value ->> '$.entra_ends_at'
       FROM json_each(?1)
       WHERE EXISTS (SELECT 1 FROM secrets
                     WHERE secrets.id = value ->> '$.secret_id' AND secrets.target_id = value ->> '$.target_id'
                       AND secrets.deleting_at IS NULL)
       ON CONFLICT (holder, request_id) WHERE request_id IS NOT NULL DO NOTHING
       RETURNING id;
     INSERT INTO grants (lease_id, seq, plan, subject, state)
       SELECT new.value ->> '$.id', planned.key, planned.value -> '$.plan', planned.value ->> '$.subject', 'planned'
       FROM json_each(?1) AS new, json_each(new.value, '$.grants') AS planned
       WHERE EXISTS (SELECT 1 FROM leases WHERE leases.id = new.value ->> '$.id');
     INSERT INTO audit_events (at, actor, verb, object, detail)
       SELECT value ->> '$.event.at', value ->> '$.event.actor', value ->> '$.event.verb', value ->> '$.event.object',
              value -> '$.event.detail'
       FROM json_each(?1)
       WHERE EXISTS (SELECT 1 FROM leases WHERE leases.id = value ->> '$.id');
     UPDATE secrets SET last_used_at = used.at
       FROM (SELECT value ->> '$.secret_id' AS id, max(value ->> '$.created_at') AS at FROM json_each(?1)
             WHERE EXISTS (SELECT 1 FROM leases WHERE leases.id = value ->> '$.id') GROUP BY 1) AS used
       WHERE secrets.id = used.id";

impl Store {
    /// Writes down a lease in state `generating`, its grants as `planned`, and that its item was used.
    pub async fn begin_lease(&self, lease: NewLease, event: AuditEvent) -> Result<Begin, StoreError> {
        self.join(Beginning { lease, event }).await
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

impl Together for Beginning {
    type Answer = Begin;

    fn queued(member: Member<Self>) -> Change {
        Change::Begin(Box::new(member))
    }

    fn run<'c>(
        connection: &'c mut SqliteConnection,
        all: &'c [&'c Self],
    ) -> BoxFuture<'c, Result<Vec<Begin>, StoreError>> {
        Box::pin(begin(connection, all))
    }
}

async fn begin(connection: &mut SqliteConnection, all: &[&Beginning]) -> Result<Vec<Begin>, StoreError> {
    let mut rows = Vec::with_capacity(all.len());
    for new in all {
        let mut grants = Vec::with_capacity(new.lease.grants.len());
        for grant in &new.lease.grants {
            let (plan, subject) = shared::decide(connection, &new.lease, grant).await?;
            grants.push(GrantRow { plan, subject });
        }
        rows.push(Row::of(new, grants));
    }
    let begun = sqlx::query(BEGIN)
        .bind(to_json("leases", "beginning", &rows)?)
        .fetch_all(&mut *connection)
        .await?;
    let begun = begun
        .iter()
        .map(|row| Columns::of("leases", row).text("id"))
        .collect::<Result<HashSet<_>, _>>()?;
    let mut answers = Vec::with_capacity(all.len());
    for Beginning { lease, .. } in all {
        answers.push(if begun.contains(lease.id.as_str()) {
            Begin::Begun
        } else {
            why_not(connection, lease).await?
        });
    }
    Ok(answers)
}

/// Why a lease did not get in.
async fn why_not(connection: &mut SqliteConnection, lease: &NewLease) -> Result<Begin, StoreError> {
    if let Some(request_id) = &lease.request_id
        && let Some(earlier) = by_request(connection, &lease.holder, request_id).await?
    {
        return Ok(Begin::Repeated(earlier));
    }
    Ok(Begin::ItemGone)
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

/// A lease to be as the statement reads it.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a LeaseId,
    secret_id: &'a SecretId,
    secret_path: &'a ItemPath,
    kind: &'static str,
    target_id: &'a TargetId,
    target_name: &'a TargetName,
    holder: &'a str,
    reason: Option<&'a str>,
    request_id: Option<&'a str>,
    created_at: i64,
    expires_at: i64,
    max_expires_at: i64,
    identity: &'a str,
    entra_ends_at: Option<i64>,
    grants: Vec<GrantRow<'a>>,
    event: EventRow<'a>,
}

/// A grant to be as the statement reads it.
#[derive(Serialize)]
struct GrantRow<'a> {
    plan: &'a Value,
    subject: Option<&'a str>,
}

impl<'a> Row<'a> {
    fn of(Beginning { lease, event }: &'a Beginning, grants: Vec<GrantRow<'a>>) -> Self {
        Self {
            id: &lease.id,
            secret_id: &lease.secret_id,
            secret_path: &lease.secret_path,
            kind: lease.kind.as_str(),
            target_id: &lease.target_id,
            target_name: &lease.target_name,
            holder: &lease.holder,
            reason: lease.reason.as_deref(),
            request_id: lease.request_id.as_deref(),
            created_at: lease.created_at.millis(),
            expires_at: lease.expires_at.millis(),
            max_expires_at: lease.max_expires_at.millis(),
            identity: &lease.identity,
            entra_ends_at: lease.entra_ends_at.map(Timestamp::millis),
            grants,
            event: EventRow::of(event),
        }
    }
}
