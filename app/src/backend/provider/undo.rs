//! Taking a grant out of Entra again, and being sure of it.
//!
//! Rule: what we saw removed and no longer see is gone. What we never saw, because the answer to making it was lost or Entra's
//! replicas lag, is believed to be absent only two minutes after it could last have been made.

use crate::backend::graph::{GraphClient, GraphError, Removal};
use crate::domain::Timestamp;

use super::{GrantPlan, directory_role, membership, shared, user};

/// How long Entra's replicas may take to show a new object, or a new secret. Seconds are usual; field reports stay below a minute
/// or two.
const SHOWS_UP_WITHIN_MILLIS: i64 = 120_000;
/// When to look again where only time can tell.
const LOOK_AGAIN_MILLIS: i64 = 5_000;
/// When to look again where Entra is about to catch up.
const LOOK_AGAIN_SOON_MILLIS: i64 = 2_000;

/// A grant as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRecord {
    /// What was planned.
    pub plan: GrantPlan,
    /// Entra's id of it, where its answer arrived.
    pub entra_id: Option<String>,
    /// When it was planned.
    pub planned_at: Timestamp,
    /// When it was put there, where its answer arrived.
    pub applied_at: Option<Timestamp>,
}

impl GrantRecord {
    /// What it means that Entra does not show it, though nobody saw it removed.
    pub(super) fn absent(&self, now: Timestamp, reason: &str) -> Undo {
        let made_at = self.applied_at.unwrap_or(self.planned_at);
        let left = SHOWS_UP_WITHIN_MILLIS - now.millis_since(made_at);
        if left <= 0 {
            return Undo::Gone;
        }
        Undo::NotYetSure {
            reason: format!("{reason}; Entra can take two minutes to show what is new"),
            look_again_in_millis: LOOK_AGAIN_MILLIS.min(left),
        }
    }
}

/// What became of taking a grant out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undo {
    /// It is gone, verified.
    Gone,
    /// It is not seen, or still seen by a replica that lags: nothing is wrong, but it is too early to call it gone.
    NotYetSure {
        /// Why, in words.
        reason: String,
        /// When looking again is worth it.
        look_again_in_millis: i64,
    },
}

impl Undo {
    pub(super) fn soon(reason: &str) -> Self {
        Self::NotYetSure {
            reason: reason.to_owned(),
            look_again_in_millis: LOOK_AGAIN_SOON_MILLIS,
        }
    }
}

/// Takes one grant out of Entra and verifies that it is gone. `all` are the grants of the same lease, this one included. It may be
/// called any number of times, for grants that were never made too. Undo the newest grant first: while a user holds a role, Entra
/// may refuse to delete it.
#[tracing::instrument(skip_all, fields(kind = ?grant.plan.kind()))]
pub async fn undo(
    graph: &GraphClient,
    grant: &GrantRecord,
    all: &[GrantRecord],
    now: Timestamp,
) -> Result<Undo, GraphError> {
    match &grant.plan {
        GrantPlan::AppPassword {
            application_object_id,
            display_name,
            ..
        } => password(graph, application_object_id, display_name, grant, now).await,
        GrantPlan::User(plan) => user::undo(graph, plan, grant, now).await,
        // Never ours to take.
        GrantPlan::Membership { had_before: true, .. }
        | GrantPlan::DirectoryRole { had_before: true, .. } => Ok(Undo::Gone),
        GrantPlan::Membership {
            group_id,
            user_id: Some(user_id),
            ..
        } => shared::leave(graph, group_id, user_id, grant, now).await,
        GrantPlan::DirectoryRole {
            role_template_id,
            user_id: Some(user_id),
            ..
        } => shared::unassign(graph, role_template_id, user_id, grant, now).await,
        GrantPlan::Membership { group_id, .. } => membership::undo(graph, group_id, grant, all, now).await,
        GrantPlan::DirectoryRole { role_template_id, .. } => {
            directory_role::undo(graph, role_template_id, grant, all, now).await
        }
    }
}

/// Removes the secret that was recorded and every other one that bears the lease's marker: an answer may have been lost.
async fn password(
    graph: &GraphClient,
    object_id: &str,
    display_name: &str,
    record: &GrantRecord,
    now: Timestamp,
) -> Result<Undo, GraphError> {
    let _turn = graph.lock_application(object_id).await;
    let mut removed = false;
    if let Some(key_id) = &record.entra_id {
        removed = graph.remove_password(object_id, key_id).await? == Removal::Removed;
    }
    let mut patience = graph.until_verified();
    loop {
        // An application that is gone took its secrets with it.
        let Some(application) = graph.application(object_id).await? else {
            return Ok(Undo::Gone);
        };
        let known = record.entra_id.iter().map(String::as_str);
        let left: Vec<&str> = application
            .password_credentials
            .iter()
            .filter(|secret| {
                secret.display_name.as_deref() == Some(display_name)
                    || known.clone().any(|id| id == secret.key_id)
            })
            .map(|secret| secret.key_id.as_str())
            .collect();
        if left.is_empty() {
            return Ok(if removed {
                Undo::Gone
            } else {
                record.absent(now, "the client secret has not been seen")
            });
        }
        for key_id in left {
            removed |= graph.remove_password(object_id, key_id).await? == Removal::Removed;
        }
        if !patience.wait().await {
            return Ok(Undo::soon("Entra still shows the client secret"));
        }
    }
}
