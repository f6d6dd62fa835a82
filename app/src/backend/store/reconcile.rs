//! Checks of what Entra holds of ours: what they compare with, what they found, and when the next one is due.

use std::collections::BTreeMap;

use super::audit::{self, AuditEvent};
use super::columns::{Columns, to_json};
use super::{Store, StoreError};
use crate::domain::{LeaseState, Reconciliation, ReconciliationStatus, TargetId, Timestamp};

/// How much is kept of why a check failed.
const ERROR_LENGTH: usize = 2_000;

/// What a check has to know of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseStanding {
    /// Where it is in its life.
    pub state: LeaseState,
    /// When it was found to be gone from Entra.
    pub ended_at: Option<Timestamp>,
    /// Whether its deleted user is left restorable on purpose.
    pub keeps_deleted: bool,
}

impl Store {
    /// The leases of these ids, as they stand now, by id; those that are not known are missing.
    pub async fn lease_standings(
        &self,
        ids: impl IntoIterator<Item = &str>,
    ) -> Result<BTreeMap<String, LeaseStanding>, StoreError> {
        let ids: Vec<&str> = ids.into_iter().collect();
        let rows = sqlx::query(
            "SELECT id, state, ended_at,
                    EXISTS (SELECT 1 FROM grants g WHERE g.lease_id = leases.id
                            AND json_extract(g.plan, '$.keep_deleted') = 1) AS keeps_deleted
             FROM leases WHERE id IN (SELECT value FROM json_each(?1))",
        )
        .bind(to_json("leases", "id", &ids)?)
        .fetch_all(self.readers())
        .await?;
        let standings = rows.iter().map(|row| {
            let columns = Columns::of("leases", row);
            let standing = LeaseStanding {
                state: columns.name("state", LeaseState::from_name)?,
                ended_at: columns.time_or_none("ended_at")?,
                keeps_deleted: columns.get("keeps_deleted")?,
            };
            Ok((columns.text("id")?, standing))
        });
        standings.collect()
    }

    /// The object ids of the applications that items of a target are for, or leases on it were. It reads every lease of the target:
    /// for checks, not for pages.
    pub async fn applications_of_target(&self, target: &TargetId) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar(
            "SELECT json_extract(spec, '$.app_secret.application_object_id') AS id FROM secrets
             WHERE target_id = ?1 AND kind = 'app_secret'
             UNION
             SELECT json_extract(g.plan, '$.application_object_id') FROM grants g JOIN leases l ON l.id = g.lease_id
             WHERE l.target_id = ?1 AND l.kind = 'app_secret' AND json_extract(g.plan, '$.application_object_id') IS NOT NULL",
        )
        .bind(target.as_str())
        .fetch_all(self.readers())
        .await?)
    }

    /// The targets that no check is planned for yet.
    pub async fn targets_without_reconciliation(&self) -> Result<Vec<TargetId>, StoreError> {
        let rows = sqlx::query(
            "SELECT id FROM targets t WHERE NOT EXISTS (SELECT 1 FROM reconciliations r WHERE r.target_id = t.id) ORDER BY id",
        )
        .fetch_all(self.readers())
        .await?;
        let ids = rows
            .iter()
            .map(|row| Columns::of("targets", row).parse("id", TargetId::parse));
        ids.collect()
    }

    /// Plans the first check of a target, unless one is planned.
    pub async fn plan_reconciliation(&self, target: &TargetId, next_at: Timestamp) -> Result<(), StoreError> {
        let target = target.clone();
        self.write(move |connection| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO reconciliations (target_id, next_at)
                     SELECT id, ?2 FROM targets WHERE id = ?1 ON CONFLICT DO NOTHING",
                )
                .bind(target.as_str())
                .bind(next_at.millis())
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Takes the check that is most overdue, and plans the next one of its target for `retry_at`, in case nothing comes of this one.
    /// One that is planned for later than `latest` is due too: the clock was put back since.
    pub async fn claim_reconciliation(
        &self,
        now: Timestamp,
        latest: Timestamp,
        retry_at: Timestamp,
    ) -> Result<Option<TargetId>, StoreError> {
        // Nothing is due almost always, and finding that out should not keep the writer from leases.
        const DUE: &str = "SELECT target_id FROM reconciliations WHERE next_at <= ?1 OR next_at > ?2 ORDER BY next_at LIMIT 1";
        let due: Option<String> = sqlx::query_scalar(DUE)
            .bind(now.millis())
            .bind(latest.millis())
            .fetch_optional(self.readers())
            .await?;
        let Some(due) = due else { return Ok(None) };
        self.write(move |connection| {
            Box::pin(async move {
                let row = sqlx::query(
                    "UPDATE reconciliations SET next_at = ?4
                     WHERE target_id = ?1 AND (next_at <= ?2 OR next_at > ?3) RETURNING target_id",
                )
                .bind(due)
                .bind(now.millis())
                .bind(latest.millis())
                .bind(retry_at.millis())
                .fetch_optional(connection)
                .await?;
                row.as_ref()
                    .map(|row| Columns::of("reconciliations", row).parse("target_id", TargetId::parse))
                    .transpose()
            })
        })
        .await
    }

    /// Keeps what a check found. `next_at`: when the next one is due, where this one was due by itself.
    pub async fn save_reconciliation(
        &self,
        target: &TargetId,
        report: &Reconciliation,
        next_at: Option<Timestamp>,
        event: Option<AuditEvent>,
    ) -> Result<(), StoreError> {
        let (target, report) = (target.clone(), to_json("reconciliations", "report", report)?);
        self.write(move |connection| {
            Box::pin(async move {
                sqlx::query(
                    "UPDATE reconciliations SET report = ?2, failed_at = NULL, error = NULL, next_at = coalesce(?3, next_at)
                     WHERE target_id = ?1",
                )
                .bind(target.as_str())
                .bind(report)
                .bind(next_at.map(Timestamp::millis))
                .execute(&mut *connection)
                .await?;
                match &event {
                    Some(event) => audit::append(connection, event).await,
                    None => Ok(()),
                }
            })
        })
        .await
    }

    /// Keeps why a check failed (the first 2,000 characters: a command may stand in it); what the one before it found stays.
    pub async fn fail_reconciliation(
        &self,
        target: &TargetId,
        failed_at: Timestamp,
        error: &str,
    ) -> Result<(), StoreError> {
        let (target, error) = (
            target.clone(),
            error.chars().take(ERROR_LENGTH).collect::<String>(),
        );
        self.write(move |connection| {
            Box::pin(async move {
                sqlx::query("UPDATE reconciliations SET failed_at = ?2, error = ?3 WHERE target_id = ?1")
                    .bind(target.as_str())
                    .bind(failed_at.millis())
                    .bind(error)
                    .execute(connection)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// What is known of the checks of a target; nothing where none was planned.
    pub async fn reconciliation(
        &self,
        target: &TargetId,
    ) -> Result<Option<ReconciliationStatus>, StoreError> {
        let row =
            sqlx::query("SELECT report, failed_at, error, next_at FROM reconciliations WHERE target_id = ?1")
                .bind(target.as_str())
                .fetch_optional(self.readers())
                .await?;
        row.as_ref()
            .map(|row| {
                let columns = Columns::of("reconciliations", row);
                Ok(ReconciliationStatus {
                    report: columns.json_or_none("report")?,
                    failed_at: columns.time_or_none("failed_at")?,
                    error: columns.get("error")?,
                    next_at: Some(columns.time("next_at")?),
                })
            })
            .transpose()
    }
}
