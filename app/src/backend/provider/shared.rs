//! Memberships and roles of a user who exists. Others may have given them, and several leases of ours may share one.
//!
//! Rule: the engine lets nobody else of ours act on the same [`subject`](super::GrantPlan::subject) meanwhile, and asks to take
//! one out only where no other lease holds it. A deleted user has lost everything, but one answer does not prove that it is deleted.

use crate::backend::graph::{GraphClient, GraphError, Operation, Removal};
use crate::domain::Timestamp;

use super::undo::{GrantRecord, Seen, Undo};
use super::{Applied, GrantPlan};

/// What became of giving a user something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// How it stands in Entra.
    pub applied: Applied,
    /// Whether it was there already, and no answer of ours had been lost: then somebody else gave it, unless a lease of ours
    /// holds it.
    pub was_there: bool,
}

impl Given {
    fn new(entra_id: String, was_there: bool) -> Self {
        Self {
            applied: Applied {
                entra_id,
                value: None,
            },
            was_there,
        }
    }
}

/// Gives a user who exists what this grant says; errors are as those of [`apply`](super::apply).
#[tracing::instrument(skip_all, fields(kind = ?plan.kind()))]
pub async fn give(graph: &GraphClient, plan: &GrantPlan) -> Result<Given, GraphError> {
    match plan {
        GrantPlan::Membership {
            group_id,
            user_id: Some(user_id),
            ..
        } => join(graph, group_id, user_id).await,
        GrantPlan::DirectoryRole {
            role_template_id,
            user_id: Some(user_id),
            ..
        } => assign(graph, role_template_id, user_id).await,
        GrantPlan::AppPassword { .. }
        | GrantPlan::User(_)
        | GrantPlan::Membership { user_id: None, .. }
        | GrantPlan::DirectoryRole { user_id: None, .. } => Err(GraphError::Malformed {
            detail: "the plan names no user who exists".to_owned(),
        }),
    }
}

async fn join(graph: &GraphClient, group_id: &str, user_id: &str) -> Result<Given, GraphError> {
    let mut patience = graph.until_verified();
    let mut lost = None;
    loop {
        match graph.add_member(group_id, user_id).await {
            Ok(()) => return Ok(Given::new(user_id.to_owned(), false)),
            Err(failed) if failed.is_already_there() => {
                return Ok(Given::new(user_id.to_owned(), lost.is_none()));
            }
            Err(failed) if failed.is_ambiguous() || failed.is_not_yet_there() => {
                if failed.is_ambiguous() {
                    lost = Some(failed.clone());
                }
                if !patience.wait().await {
                    return Err(lost.unwrap_or(failed));
                }
            }
            // Whatever this try was refused for, one before it may have been done.
            Err(failed) => return Err(lost.unwrap_or(failed)),
        }
    }
}

async fn assign(graph: &GraphClient, template_id: &str, user_id: &str) -> Result<Given, GraphError> {
    let mut patience = graph.until_replicated();
    // A user who exists is known everywhere: if it is not, it has probably been deleted.
    let mut short_patience = graph.until_verified();
    let mut lost: Option<GraphError> = None;
    loop {
        let (failed, was_there) = match graph.assign_role(template_id, user_id).await {
            Ok(id) => return Ok(Given::new(id, false)),
            Err(failed) if failed.is_already_there() => {
                let unshown = "it is assigned already, and the assignment is not shown";
                (
                    GraphError::unclear(Operation::AssignRole, unshown),
                    lost.is_none(),
                )
            }
            Err(failed) if failed.is_ambiguous() => {
                lost = Some(failed.clone());
                (failed, false)
            }
            Err(failed) if failed.is_not_yet_there() => {
                if short_patience.wait().await {
                    continue;
                }
                return Err(lost.unwrap_or(failed));
            }
            Err(failed) => return Err(lost.unwrap_or(failed)),
        };
        if let Ok(ids) = graph.tenant_wide_assignments(template_id, user_id).await
            && let Some(id) = ids.into_iter().next()
        {
            return Ok(Given::new(id, was_there));
        }
        if !patience.wait().await {
            return Err(lost.unwrap_or(failed));
        }
    }
}

/// Takes a user who exists out of a group.
pub(super) async fn leave(
    graph: &GraphClient,
    group_id: &str,
    user_id: &str,
    record: &GrantRecord,
    now: Timestamp,
) -> Result<Undo, GraphError> {
    let removed =
        graph.remove_member(group_id, user_id).await? == Removal::Removed || record.removed_at.is_some();
    let mut patience = graph.until_verified();
    loop {
        let groups = graph.memberships(user_id).await?;
        let is_member = groups.map(|groups| groups.iter().any(|id| id.eq_ignore_ascii_case(group_id)));
        match is_member {
            None if !graph.user_exists(user_id).await? => {
                return Ok(record.absent(now, "the user has not been seen"));
            }
            Some(false) if removed => return Ok(Undo::Gone),
            Some(false) => return Ok(record.absent(now, "the membership has not been seen")),
            Some(true) | None => {}
        }
        if !patience.wait().await {
            let seen = if removed { Seen::Removed } else { Seen::Lingering };
            return Ok(Undo::soon(seen, "Entra still shows the membership"));
        }
    }
}

/// Takes a role from a user who exists. Where we know which assignment is ours, another one that somebody made since stays.
pub(super) async fn unassign(
    graph: &GraphClient,
    template_id: &str,
    user_id: &str,
    record: &GrantRecord,
    now: Timestamp,
) -> Result<Undo, GraphError> {
    let mut removed = record.removed_at.is_some();
    if let Some(id) = &record.entra_id {
        removed |= graph.unassign_role(id).await? == Removal::Removed;
    }
    let mut patience = graph.until_verified();
    loop {
        let found = graph.tenant_wide_assignments(template_id, user_id).await?;
        let is_ours = |id: &&String| record.entra_id.as_ref().is_none_or(|ours| ours == *id);
        let left: Vec<&String> = found.iter().filter(is_ours).collect();
        if left.is_empty() {
            if removed {
                return Ok(Undo::Gone);
            }
            return Ok(record.absent(now, "the assignment has not been seen"));
        }
        for id in left {
            removed |= graph.unassign_role(id).await? == Removal::Removed;
        }
        if !patience.wait().await {
            let seen = if removed { Seen::Removed } else { Seen::Lingering };
            return Ok(Undo::soon(seen, "Entra still shows the assignment"));
        }
    }
}
