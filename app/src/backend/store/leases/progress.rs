//! On the way to `active`: grants that Entra has made, the calls that it took, and the end of the way. All that report at the same
//! moment are written by one statement.

use std::collections::{HashMap, HashSet};

use futures::future::BoxFuture;
use serde::Serialize;
use sqlx::{Row as _, SqliteConnection};

use super::super::columns::{Columns, to_json};
use super::super::writer::{Change, Member, Together};
use super::super::{Store, StoreError};
use super::calls::{CallRow, keep_calls};
use crate::domain::{Attempt, LeaseId, Timestamp};

/// What was done for a lease that is being issued.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// The lease.
    pub lease: LeaseId,
    /// Grants that are in Entra now, by their place, and Entra's id of each, if it is ours to know.
    pub applied: Vec<(i64, Option<String>)>,
    /// The calls that it took.
    pub calls: Vec<Attempt>,
    /// Whether that is all, so that the lease becomes `active` if every grant of it is applied.
    pub activate: bool,
    /// When.
    pub at: Timestamp,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progressed {
    /// Whether each grant went `planned → applied`. If not, somebody undid one meanwhile, and whoever applied it must take it back.
    pub applied: bool,
    /// Whether the lease went `generating → active`.
    pub active: bool,
}

pub(super) const PROGRESS: &str = concat!(
    "UPDATE grants SET state = 'applied', entra_id = told.entra_id, applied_at = told.at
       FROM (SELECT one.value ->> '$.lease' AS lease, one.value ->> '$.at' AS at,
                    done.value ->> '$[0]' AS seq, done.value ->> '$[1]' AS entra_id
             FROM json_each(?1) AS one, json_each(one.value, '$.applied') AS done) AS told
       WHERE grants.lease_id = told.lease AND grants.seq = told.seq AND grants.state = 'planned'
       RETURNING lease_id AS applied;",
    keep_calls!(),
    "UPDATE leases SET state = 'active', issued_at = told.at
       FROM (SELECT value ->> '$.lease' AS id, value ->> '$.at' AS at FROM json_each(?1)
             WHERE value ->> '$.activate') AS told
       WHERE leases.id = told.id AND +state = 'generating'
         AND NOT EXISTS (SELECT 1 FROM grants WHERE lease_id = leases.id AND grants.state <> 'applied')
       RETURNING leases.id AS active"
);

impl Store {
    /// Writes down what was done for a lease that is being issued.
    pub async fn progress(&self, progress: Progress) -> Result<Progressed, StoreError> {
        self.join(progress).await
    }
}

impl Together for Progress {
    type Answer = Progressed;

    fn queued(member: Member<Self>) -> Change {
        Change::Progress(Box::new(member))
    }

    fn run<'c>(
        connection: &'c mut SqliteConnection,
        all: &'c [&'c Self],
    ) -> BoxFuture<'c, Result<Vec<Progressed>, StoreError>> {
        Box::pin(async move {
            let rows: Vec<_> = all.iter().map(|progress| Row::of(progress)).collect();
            let rows = sqlx::query(PROGRESS)
                .bind(to_json("leases", "progress", &rows)?)
                .fetch_all(connection)
                .await?;
            let mut applied: HashMap<String, usize> = HashMap::new();
            let mut active = HashSet::new();
            for row in &rows {
                let columns = Columns::of("leases", row);
                if row.try_get_raw("active").is_ok() {
                    active.insert(columns.text("active")?);
                } else {
                    *applied.entry(columns.text("applied")?).or_default() += 1;
                }
            }
            let told = |progress: &&Self| Progressed {
                applied: applied.get(progress.lease.as_str()).copied().unwrap_or(0) == progress.applied.len(),
                active: active.contains(progress.lease.as_str()),
            };
            Ok(all.iter().map(told).collect())
        })
    }
}

/// A report as the statements read it.
#[derive(Serialize)]
struct Row<'a> {
    lease: &'a LeaseId,
    applied: &'a [(i64, Option<String>)],
    calls: Vec<CallRow<'a>>,
    activate: bool,
    at: i64,
}

impl<'a> Row<'a> {
    fn of(progress: &'a Progress) -> Self {
        Self {
            lease: &progress.lease,
            applied: &progress.applied,
            calls: progress.calls.iter().map(CallRow::of).collect(),
            activate: progress.activate,
            at: progress.at.millis(),
        }
    }
}
