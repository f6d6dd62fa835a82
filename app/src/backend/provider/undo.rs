//! Taking a grant out of Entra again, and being sure of it.
//!
//! Rule: what we saw removed and no longer see is gone. What we never saw, because the answer to making it was lost or Entra's
//! replicas lag, is believed to be absent only when it was looked for in vain for two minutes, again and again: neither a clock that
//! jumps nor a replica that lags or lies is enough.

use crate::backend::graph::{GraphClient, GraphError};
use crate::domain::Timestamp;

use super::{GrantPlan, app_secret, directory_role, membership, shared, user};

/// How long Entra's replicas may take to show a new object, or a new secret. Seconds are usual; field reports stay below a minute
/// or two.
const SHOWS_UP_WITHIN_MILLIS: i64 = 120_000;
/// The most that counts between two looks: a clock that jumps in between proves nothing.
const MOST_OF_A_LOOK_MILLIS: i64 = 30_000;
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
    /// When Entra accepted its removal, though it still showed it then.
    pub removed_at: Option<Timestamp>,
    /// How long it was looked for in vain, milliseconds.
    pub absent_for_millis: i64,
    /// The last look that did not find it.
    pub looked_at: Option<Timestamp>,
}

impl GrantRecord {
    /// What it means that Entra does not show it, though nobody saw it go.
    pub(super) fn absent(&self, now: Timestamp, reason: &str) -> Undo {
        let since_then = self.looked_at.map_or(0, |then| now.millis_since(then));
        let counted = since_then.clamp(0, MOST_OF_A_LOOK_MILLIS);
        let left = SHOWS_UP_WITHIN_MILLIS - self.absent_for_millis.saturating_add(counted);
        if left <= 0 {
            return Undo::Gone;
        }
        Undo::NotYetSure {
            seen: Seen::Absent,
            reason: format!("{reason}; Entra can take two minutes to show what is new"),
            look_again_in_millis: LOOK_AGAIN_MILLIS.min(left.max(LOOK_AGAIN_SOON_MILLIS)),
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
        /// What was seen.
        seen: Seen,
        /// Why, in words.
        reason: String,
        /// When looking again is worth it.
        look_again_in_millis: i64,
    },
}

/// What was seen of a grant that is not known to be gone. It is to be recorded, and told the next time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Entra accepted its removal, and has not caught up with it.
    Removed,
    /// It was looked for in vain.
    Absent,
    /// Entra shows it, and found nothing to remove.
    Lingering,
}

impl Undo {
    pub(super) fn soon(seen: Seen, reason: &str) -> Self {
        Self::NotYetSure {
            seen,
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
            ..
        } => {
            let mut results = app_secret::undo(graph, application_object_id, &[grant], now).await?;
            results.pop().unwrap_or_else(|| {
                Err(GraphError::Malformed {
                    detail: "nothing was tried".to_owned(),
                })
            })
        }
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

/// What may be undone together with other grants that give the same answer; nothing where each is undone for itself.
pub fn together_with(plan: &GrantPlan) -> Option<&str> {
    match plan {
        GrantPlan::AppPassword {
            application_object_id,
            ..
        } => Some(application_object_id),
        GrantPlan::User(_) | GrantPlan::Membership { .. } | GrantPlan::DirectoryRole { .. } => None,
    }
}

/// The same as [`undo`] for many grants of which [`together_with`] says the same; one result each. The error is one of all of them.
#[tracing::instrument(skip_all, fields(grants = grants.len()))]
pub async fn undo_together(
    graph: &GraphClient,
    with: &str,
    grants: &[&GrantRecord],
    now: Timestamp,
) -> Result<Vec<Result<Undo, GraphError>>, GraphError> {
    app_secret::undo(graph, with, grants, now).await
}
