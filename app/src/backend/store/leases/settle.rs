//! How attempts to take leases back went: what is gone, what was tried, what comes next.
//!
//! Rule: one JSON argument tells all of it, and each statement takes what concerns it for all leases at once, so that ending ten
//! thousand leases costs a handful of statements. Each changes only leases that are `revoking`; a grant that is found gone is noted as
//! such for a lease too that was given up meanwhile, since that is the truth.

use futures::future::BoxFuture;
use serde::Serialize;
use sqlx::SqliteConnection;

use super::super::audit::AuditEvent;
use super::super::columns::to_json;
use super::super::writer::{Change, Member, Together};
use super::super::{Store, StoreError};
use super::calls::{CallRow, EventRow};
use super::cut;
use crate::domain::{Attempt, LeaseId, LeaseState, Timestamp};

/// How an attempt on one lease went.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// The lease.
    pub lease: LeaseId,
    /// Grants that were found to be gone, by their place.
    pub undone: Vec<i64>,
    /// Grants whose removal Entra accepted, though it still shows them.
    pub removed: Vec<i64>,
    /// Grants that were not found, though nobody saw them removed.
    pub absent: Vec<i64>,
    /// The calls that were made.
    pub calls: Vec<Attempt>,
    /// What comes next.
    pub next: Next,
}

/// What comes after an attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Nothing: it is gone, and ends in this state, unless a grant turns out not to be undone.
    Ended {
        /// The state.
        state: LeaseState,
        /// What is told of it.
        event: AuditEvent,
    },
    /// Another look then: nothing failed, and the attempt is not counted. A lease that could not be issued keeps the reason for
    /// that as its error.
    Later {
        /// Why (its first 500 characters are kept).
        why: String,
        /// When.
        at: Timestamp,
    },
    /// Another attempt then: this one failed.
    Failed {
        /// Why (its first 500 characters are kept).
        why: String,
        /// When.
        at: Timestamp,
    },
    /// Another attempt then: this one was none.
    PutOff {
        /// When.
        at: Timestamp,
    },
}

// The plus keeps SQLite from going through all leases in that state instead of finding each by its id.
macro_rules! those_that {
    ($is:literal) => {
        concat!(
            "(SELECT value ->> '$.lease' AS id, value ->> '$.why' AS why, value ->> '$.at' AS at,
                     value ->> '$.state' AS state, value -> '$.event' AS event
              FROM json_each(?1) WHERE value ->> '$.next' = '",
            $is,
            "') AS told WHERE leases.id = told.id AND +leases.state = 'revoking' "
        )
    };
}

macro_rules! grants_in {
    ($list:literal) => {
        concat!(
            "WHERE (lease_id, seq) IN (SELECT told.value ->> '$.lease', place.value
                                       FROM json_each(?1) AS told, json_each(told.value, '$.",
            $list,
            "') AS place)
             AND state <> 'undone'
             AND EXISTS (SELECT 1 FROM leases WHERE leases.id = grants.lease_id
                         AND leases.state IN ('revoking', 'abandoned'));"
        )
    };
}

// What is told of every attempt.
macro_rules! settle_any {
    () => {
        concat!(
            "UPDATE grants SET state = 'undone', undone_at = ?2 ",
            grants_in!("undone"),
            super::calls::keep_calls!()
        )
    };
}

// The event is written first: it is told of the very leases that the update then ends.
macro_rules! settle_ended {
    () => {
        concat!(
            "INSERT INTO audit_events (at, actor, verb, object, detail)
               SELECT event ->> '$.at', event ->> '$.actor', event ->> '$.verb', event ->> '$.object', event -> '$.detail'
               FROM leases, ",
            those_that!("ended"),
            "AND NOT EXISTS (SELECT 1 FROM grants WHERE lease_id = leases.id AND grants.state <> 'undone');
             UPDATE leases SET state = told.state, ended_at = ?2, next_attempt_at = NULL FROM ",
            those_that!("ended"),
            "AND NOT EXISTS (SELECT 1 FROM grants WHERE lease_id = leases.id AND grants.state <> 'undone')"
        )
    };
}

/// Where all has gone well: what a mass of endings comes down to.
pub(super) const SETTLE_ENDED: &str = concat!(settle_any!(), settle_ended!());
pub(super) const SETTLE: &str = concat!(
    settle_any!(),
    "UPDATE grants SET removed_at = coalesce(removed_at, ?2) ",
    grants_in!("removed"),
    "UPDATE grants SET absent_for = absent_for + ",
    // As `provider` counts it: `MOST_OF_A_LOOK_MILLIS`.
    "coalesce(min(max(?2 - looked_at, 0), 30000), 0)",
    ", looked_at = ?2 ",
    grants_in!("absent"),
    settle_ended!(),
    "; UPDATE leases
     SET last_error = CASE json_extract(end_cause, '$.cause') WHEN 'failed' THEN coalesce(last_error, why) ELSE why END,
         next_attempt_at = at, attempts_made = max(attempts_made - 1, 0) FROM ",
    those_that!("later"),
    "; UPDATE leases SET last_error = why, next_attempt_at = at, failures = failures + 1 FROM ",
    those_that!("failed"),
    "; UPDATE leases SET next_attempt_at = at, attempts_made = max(attempts_made - 1, 0) FROM ",
    those_that!("put_off"),
);

impl Store {
    /// Writes down how attempts went. Leases that are not being taken back any more are left as they are.
    pub async fn settle(&self, settlements: Vec<Settlement>, now: Timestamp) -> Result<(), StoreError> {
        self.join(Settling { settlements, now }).await
    }
}

/// What one caller has to settle.
pub struct Settling {
    settlements: Vec<Settlement>,
    now: Timestamp,
}

impl Together for Settling {
    type Answer = ();

    fn queued(member: Member<Self>) -> Change {
        Change::Settle(Box::new(member))
    }

    fn run<'c>(
        connection: &'c mut SqliteConnection,
        all: &'c [&'c Self],
    ) -> BoxFuture<'c, Result<Vec<()>, StoreError>> {
        Box::pin(async move {
            let rows: Vec<_> = all
                .iter()
                .flat_map(|settling| settling.settlements.iter().map(Row::of))
                .collect();
            let statement = if rows.iter().all(Row::has_gone_well) {
                SETTLE_ENDED
            } else {
                SETTLE
            };
            let now = all.iter().map(|settling| settling.now.millis()).max();
            sqlx::query(statement)
                .bind(to_json("leases", "settlement", &rows)?)
                .bind(now)
                .execute(connection)
                .await?;
            Ok(vec![(); all.len()])
        })
    }
}

/// A settlement as the statements read it.
#[derive(Serialize)]
struct Row<'a> {
    lease: &'a LeaseId,
    undone: &'a [i64],
    removed: &'a [i64],
    absent: &'a [i64],
    calls: Vec<CallRow<'a>>,
    next: &'static str,
    why: Option<String>,
    at: Option<i64>,
    state: Option<&'static str>,
    event: Option<EventRow<'a>>,
}

impl<'a> Row<'a> {
    fn has_gone_well(&self) -> bool {
        self.next == "ended" && self.removed.is_empty() && self.absent.is_empty()
    }

    fn of(settlement: &'a Settlement) -> Self {
        let mut row = Self {
            lease: &settlement.lease,
            undone: &settlement.undone,
            removed: &settlement.removed,
            absent: &settlement.absent,
            calls: settlement.calls.iter().map(CallRow::of).collect(),
            next: "",
            why: None,
            at: None,
            state: None,
            event: None,
        };
        match &settlement.next {
            Next::Ended { state, event } => {
                row.next = "ended";
                row.state = Some(state.as_str());
                row.event = Some(EventRow::of(event));
            }
            Next::Later { why, at } => {
                row.next = "later";
                (row.why, row.at) = (Some(cut(why)), Some(at.millis()));
            }
            Next::Failed { why, at } => {
                row.next = "failed";
                (row.why, row.at) = (Some(cut(why)), Some(at.millis()));
            }
            Next::PutOff { at } => {
                row.next = "put_off";
                row.at = Some(at.millis());
            }
        }
        row
    }
}
