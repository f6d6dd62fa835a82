//! The grant "membership": the lease's user joins a group, and leaves it.

use crate::backend::graph::{GraphClient, GraphError, Removal};
use crate::domain::Timestamp;

use super::undo::{GrantRecord, Seen, Undo};
use super::{Applied, GrantPlan, user};

/// Adds the user. It is ours alone, so "already a member" can only be our own doing, its answer lost.
pub(super) async fn apply(graph: &GraphClient, group_id: &str, user_id: &str) -> Result<Applied, GraphError> {
    let mut patience = graph.until_replicated();
    let mut lost = None;
    loop {
        match graph.add_member(group_id, user_id).await {
            Err(failed) if failed.is_already_there() => break,
            Err(failed) if failed.is_ambiguous() => {
                if !patience.wait().await {
                    return Err(failed);
                }
                lost = Some(failed);
            }
            // A user this young is not known to every replica.
            Err(failed) if failed.is_not_yet_there() => {
                if !patience.wait().await {
                    return Err(lost.unwrap_or(failed));
                }
            }
            Err(failed) => return Err(lost.unwrap_or(failed)),
            Ok(()) => break,
        }
    }
    Ok(Applied {
        entra_id: user_id.to_owned(),
        value: None,
    })
}

pub(super) async fn undo(
    graph: &GraphClient,
    group_id: &str,
    record: &GrantRecord,
    all: &[GrantRecord],
    now: Timestamp,
) -> Result<Undo, GraphError> {
    let user_id = match user_id(graph, record, all).await? {
        Some((id, false)) => id,
        // A deleted user is in no group, and goes for good with its own grant.
        Some((_, true)) => return Ok(Undo::Gone),
        None => return Ok(record.absent(now, "the user has not been seen")),
    };
    let removed =
        graph.remove_member(group_id, &user_id).await? == Removal::Removed || record.removed_at.is_some();
    let mut patience = graph.until_verified();
    loop {
        let is_member = match graph.memberships(&user_id).await? {
            Some(groups) => groups.iter().any(|id| id.eq_ignore_ascii_case(group_id)),
            None if graph.deleted_user_exists(&user_id).await? => return Ok(Undo::Gone),
            None => false,
        };
        match (removed, is_member) {
            (true, false) => return Ok(Undo::Gone),
            (false, false) => return Ok(record.absent(now, "the membership has not been seen")),
            (_, true) => {}
        }
        if !patience.wait().await {
            let seen = if removed { Seen::Removed } else { Seen::Lingering };
            return Ok(Undo::soon(seen, "Entra still shows the membership"));
        }
    }
}

/// The object id of the lease's user, from what was recorded or from Entra, and whether it is known to be deleted.
pub(super) async fn user_id(
    graph: &GraphClient,
    record: &GrantRecord,
    all: &[GrantRecord],
) -> Result<Option<(String, bool)>, GraphError> {
    let of_membership = match &record.plan {
        GrantPlan::Membership { .. } => record.entra_id.clone(),
        // The id of a role's grant is the assignment's.
        GrantPlan::DirectoryRole { .. } | GrantPlan::AppPassword { .. } | GrantPlan::User(_) => None,
    };
    if let Some(id) = of_membership {
        return Ok(Some((id, false)));
    }
    for other in all {
        if let GrantPlan::User(plan) = &other.plan {
            return match &other.entra_id {
                Some(id) => Ok(Some((id.clone(), false))),
                None => user::find(graph, plan).await,
            };
        }
    }
    Ok(None)
}
