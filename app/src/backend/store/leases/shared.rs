//! Grants that several leases can hold: a membership or role of a user who exists. The rows of one subject tell whose it is.
//!
//! Rule: a grant is held by a lease that is not ended, from when it is planned until it is undone. What a user had before has no
//! subject: nobody holds it. Each question is answered in the writer, in the job that acts on the answer.

use serde_json::Value;
use sqlx::SqliteConnection;

use super::super::columns::{Columns, to_json};
use super::super::{Store, StoreError};
use super::begin::{NewGrant, NewLease};
use crate::domain::{LeaseId, Timestamp};

/// Whether another live lease holds the subject. The index is named, because without statistics SQLite guesses, and guesses wrong.
const HELD_BY_OTHERS: &str = "SELECT EXISTS (
       SELECT 1 FROM grants INDEXED BY grants_by_subject JOIN leases ON leases.id = grants.lease_id
       WHERE grants.subject = ?1 AND grants.state <> 'undone' AND grants.lease_id <> ?2
         AND leases.state IN ('generating', 'active', 'revoking'))";

/// What a lease that gives a shared grant up has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leave {
    /// Nothing: others hold it still, and this lease's part is undone.
    Left,
    /// To take it out of Entra, where it has this id: nobody else holds it.
    Last {
        /// Entra's id of it, once known.
        entra_id: Option<String>,
    },
}

/// Whether a lease gave the subject up since.
const GIVEN_UP_SINCE: &str = "SELECT EXISTS (
       SELECT 1 FROM grants INDEXED BY grants_gone_by_subject
       WHERE subject = ?1 AND state = 'undone' AND undone_at > ?2)";

// SQLite takes a partial index only where the statement repeats the index's own condition.
const KNOW_ID: &str = "UPDATE grants INDEXED BY grants_by_subject SET entra_id = ?1
     WHERE subject = ?2 AND state <> 'undone' AND state = 'applied'";

/// The statements that look at what others hold, with the index that each walks.
#[cfg(test)]
pub(in super::super) fn every_look() -> [(&'static str, &'static str); 3] {
    [
        (HELD_BY_OTHERS, "grants_by_subject"),
        (GIVEN_UP_SINCE, "grants_gone_by_subject"),
        (KNOW_ID, "grants_by_subject"),
    ]
}

/// How long Entra may go on showing what we removed: what it shows then proves nothing, and only its answer to adding it will.
const SHOWN_AFTER_REMOVAL_MILLIS: i64 = 120_000;

/// The plan to keep, and its subject.
pub(super) async fn decide<'a>(
    connection: &mut SqliteConnection,
    lease: &NewLease,
    grant: &'a NewGrant,
) -> Result<(&'a Value, Option<&'a str>), StoreError> {
    let (Some(subject), Some(not_ours)) = (&grant.subject, &grant.if_not_ours) else {
        return Ok((&grant.plan, grant.subject.as_deref()));
    };
    let given_up: bool = sqlx::query_scalar(GIVEN_UP_SINCE)
        .bind(subject)
        .bind(lease.created_at.plus_millis(-SHOWN_AFTER_REMOVAL_MILLIS).millis())
        .fetch_one(&mut *connection)
        .await?;
    if given_up || is_held_by_others(connection, subject, &lease.id).await? {
        Ok((&grant.plan, Some(subject)))
    } else {
        Ok((not_ours, None))
    }
}

async fn is_held_by_others(
    connection: &mut SqliteConnection,
    subject: &str,
    lease: &LeaseId,
) -> Result<bool, StoreError> {
    let held: bool = sqlx::query_scalar(HELD_BY_OTHERS)
        .bind(subject)
        .bind(lease.as_str())
        .fetch_one(connection)
        .await?;
    Ok(held)
}

impl Store {
    /// `planned → applied` of a grant that others can share. Where it `was_there` already and no other live lease holds it, it is
    /// somebody else's: then `not_ours` is kept as its plan, it has no subject any more, and the answer is `Some(false)`; `Some(true)`
    /// where it is ours. Whoever else holds it learns its id. `None` where it is not planned (any more).
    pub async fn shared_grant_applied(
        &self,
        lease: &LeaseId,
        seq: i64,
        entra_id: &str,
        was_there: bool,
        not_ours: Value,
        now: Timestamp,
    ) -> Result<Option<bool>, StoreError> {
        let (lease, entra_id) = (lease.clone(), entra_id.to_owned());
        self.write_leases(move |connection| {
            Box::pin(async move {
                let row = sqlx::query(
                    "UPDATE grants SET state = 'applied', entra_id = ?1, applied_at = ?2
                     WHERE lease_id = ?3 AND seq = ?4 AND state = 'planned' RETURNING subject",
                )
                .bind(&entra_id)
                .bind(now.millis())
                .bind(lease.as_str())
                .bind(seq)
                .fetch_optional(&mut *connection)
                .await?;
                let Some(row) = row else { return Ok(None) };
                let Some(subject) = Columns::of("grants", &row).get::<Option<String>>("subject")? else {
                    return Ok(Some(false));
                };
                if was_there && !is_held_by_others(connection, &subject, &lease).await? {
                    sqlx::query(
                        "UPDATE grants SET plan = ?1, subject = NULL, entra_id = NULL WHERE lease_id = ?2 AND seq = ?3",
                    )
                    .bind(to_json("grants", "plan", &not_ours)?)
                    .bind(lease.as_str())
                    .bind(seq)
                    .execute(connection)
                    .await?;
                    return Ok(Some(false));
                }
                // It may have been made anew: the last one out must know the id that it has now.
                sqlx::query(
                    KNOW_ID,
                )
                .bind(&entra_id)
                .bind(&subject)
                .execute(connection)
                .await?;
                Ok(Some(true))
            })
        })
        .await
    }

    /// `planned | applied → undone` of a grant that was found to be gone, of a lease that is being taken back or was given up meanwhile.
    pub async fn grant_undone(&self, lease: &LeaseId, seq: i64, now: Timestamp) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.write_leases(move |connection| {
            Box::pin(async move {
                sqlx::query(
                    "UPDATE grants SET state = 'undone', undone_at = ?1
                     WHERE lease_id = ?2 AND seq = ?3 AND state <> 'undone'
                       AND EXISTS (SELECT 1 FROM leases WHERE id = ?2 AND state IN ('revoking', 'abandoned'))",
                )
                .bind(now.millis())
                .bind(lease.as_str())
                .bind(seq)
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// `planned | applied → undone` of a grant that another live lease holds too, of a lease that is being taken back. Where no
    /// other does, nothing is changed and the caller is the last one.
    pub async fn leave_shared(
        &self,
        lease: &LeaseId,
        seq: i64,
        subject: &str,
        now: Timestamp,
    ) -> Result<Leave, StoreError> {
        let (lease, subject) = (lease.clone(), subject.to_owned());
        self.write_leases(move |connection| {
            Box::pin(async move {
                if is_held_by_others(connection, &subject, &lease).await? {
                    let left = sqlx::query(
                        "UPDATE grants SET state = 'undone', undone_at = ?1
                         WHERE lease_id = ?2 AND seq = ?3 AND state IN ('planned', 'applied')
                           AND EXISTS (SELECT 1 FROM leases WHERE id = ?2 AND state = 'revoking')",
                    )
                    .bind(now.millis())
                    .bind(lease.as_str())
                    .bind(seq)
                    .execute(&mut *connection)
                    .await?;
                    if left.rows_affected() == 1 {
                        return Ok(Leave::Left);
                    }
                }
                let row = sqlx::query("SELECT entra_id, state FROM grants WHERE lease_id = ?1 AND seq = ?2")
                    .bind(lease.as_str())
                    .bind(seq)
                    .fetch_one(connection)
                    .await?;
                let columns = Columns::of("grants", &row);
                if columns.text("state")? == "undone" {
                    return Ok(Leave::Left);
                }
                Ok(Leave::Last {
                    entra_id: columns.get("entra_id")?,
                })
            })
        })
        .await
    }
}
