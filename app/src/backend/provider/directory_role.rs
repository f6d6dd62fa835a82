//! The grant "directory role": assigned to the lease's user in the whole tenant, and taken back.

use crate::backend::graph::{GraphClient, GraphError, Operation, Removal};
use crate::domain::Timestamp;

use super::undo::{GrantRecord, Seen, Undo};
use super::{Applied, membership};

/// Assigns the role. The user is ours alone, so "already assigned" can only be our own doing, its answer lost.
pub(super) async fn apply(
    graph: &GraphClient,
    template_id: &str,
    user_id: &str,
) -> Result<Applied, GraphError> {
    let mut patience = graph.until_replicated();
    let mut lost: Option<GraphError> = None;
    let entra_id = loop {
        match graph.assign_role(template_id, user_id).await {
            Ok(id) => break id,
            Err(failed) if failed.is_ambiguous() => lost = Some(failed),
            Err(failed) if failed.is_already_there() => {
                lost = Some(GraphError::unclear(
                    Operation::AssignRole,
                    "it is assigned already, and the assignment is not shown",
                ));
            }
            // A user this young is not known to every replica.
            Err(failed) if failed.is_not_yet_there() => {
                if patience.wait().await {
                    continue;
                }
                return Err(lost.unwrap_or(failed));
            }
            Err(failed) => return Err(lost.unwrap_or(failed)),
        }
        if let Ok(ids) = graph.assignments(template_id, user_id).await
            && let Some(id) = ids.into_iter().next()
        {
            break id;
        }
        if !patience.wait().await {
            return Err(lost.unwrap_or_else(|| GraphError::unclear(Operation::AssignRole, "no answer")));
        }
    };
    Ok(Applied {
        entra_id,
        value: None,
    })
}

pub(super) async fn undo(
    graph: &GraphClient,
    template_id: &str,
    record: &GrantRecord,
    all: &[GrantRecord],
    now: Timestamp,
) -> Result<Undo, GraphError> {
    let user_id = membership::user_id(graph, record, all).await?.map(|(id, _)| id);
    let mut removed = record.removed_at.is_some();
    if let Some(id) = &record.entra_id {
        removed |= graph.unassign_role(id).await? == Removal::Removed;
    }
    let Some(user_id) = user_id else {
        return Ok(if removed {
            Undo::Gone
        } else {
            record.absent(now, "the user has not been seen")
        });
    };
    let mut patience = graph.until_verified();
    loop {
        let left = graph.assignments(template_id, &user_id).await?;
        if left.is_empty() {
            // A deleted user has lost its roles for good.
            let gone = removed || graph.deleted_user_exists(&user_id).await?;
            return Ok(if gone {
                Undo::Gone
            } else {
                record.absent(now, "the assignment has not been seen")
            });
        }
        for id in &left {
            removed |= graph.unassign_role(id).await? == Removal::Removed;
        }
        if !patience.wait().await {
            let seen = if removed { Seen::Removed } else { Seen::Lingering };
            return Ok(Undo::soon(seen, "Entra still shows the assignment"));
        }
    }
}
