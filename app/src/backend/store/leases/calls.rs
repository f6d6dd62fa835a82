//! The calls that were made to Entra for a lease, and audit events, as parts of the JSON argument of statements that write many
//! rows at once.

use serde::Serialize;
use serde_json::Value;

use super::super::audit::AuditEvent;
use crate::domain::Attempt;

/// Keeps the calls of each lease that `?1` tells of, an array of objects with `lease` and `calls`; of all of them the latest 200: a
/// lease that Entra refuses to give back is tried for ever.
macro_rules! keep_calls {
    () => {
        "INSERT INTO attempts (lease_id, at, step, outcome, status, request_id, millis)
           SELECT told.value ->> '$.lease', call.value ->> '$.at', call.value ->> '$.step', call.value ->> '$.outcome',
                  call.value ->> '$.status', call.value ->> '$.request_id', call.value ->> '$.millis'
           FROM json_each(?1) AS told, json_each(told.value, '$.calls') AS call;
         DELETE FROM attempts WHERE lease_id IN (SELECT value ->> '$.lease' FROM json_each(?1))
           AND id <= (SELECT id FROM attempts AS kept WHERE kept.lease_id = attempts.lease_id
                      ORDER BY id DESC LIMIT 1 OFFSET 200);"
    };
}
pub(super) use keep_calls;

/// A call.
#[derive(Serialize)]
pub(super) struct CallRow<'a> {
    at: i64,
    step: &'a str,
    outcome: &'a str,
    status: Option<u16>,
    request_id: Option<&'a str>,
    millis: u64,
}

impl<'a> CallRow<'a> {
    pub(super) fn of(call: &'a Attempt) -> Self {
        Self {
            at: call.at.millis(),
            step: &call.step,
            outcome: &call.outcome,
            status: call.status,
            request_id: call.request_id.as_deref(),
            millis: call.millis,
        }
    }
}

/// An audit event.
#[derive(Serialize)]
pub(super) struct EventRow<'a> {
    at: i64,
    actor: &'a str,
    verb: &'a str,
    object: &'a str,
    detail: &'a Value,
}

impl<'a> EventRow<'a> {
    pub(super) fn of(event: &'a AuditEvent) -> Self {
        Self {
            at: event.at.millis(),
            actor: &event.actor,
            verb: &event.verb,
            object: &event.object,
            detail: &event.detail,
        }
    }
}
