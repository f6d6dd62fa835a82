//! The grant "user": made with a password of our choice, deleted and purged at the end.

use crate::backend::Entropy;
use crate::backend::graph::{GraphClient, GraphError, NewUser, Operation, Removal, User};
use crate::domain::Timestamp;

use super::plan::UserPlan;
use super::undo::{GrantRecord, Seen, Undo};
use super::{Applied, GrantValue, password};

/// Passwords tried where Entra finds them too weak: its list of banned words can hit a random one.
const PASSWORDS: u32 = 4;

pub(super) async fn apply(
    graph: &GraphClient,
    plan: &UserPlan,
    entropy: &Entropy,
) -> Result<Applied, GraphError> {
    let mut tried = 0;
    loop {
        let secret = password::generate(plan.password_length, entropy);
        tried += 1;
        let result = create(
            graph,
            &NewUser {
                user_principal_name: &plan.user_principal_name,
                display_name: &plan.display_name,
                mail_nickname: &plan.mail_nickname,
                marker: &plan.marker,
                password: &secret,
            },
        )
        .await;
        match result {
            Err(refused) if refused.is_weak_password() && tried < PASSWORDS => {}
            result => {
                return Ok(Applied {
                    entra_id: result?,
                    value: Some(GrantValue::UserPassword(secret)),
                });
            }
        }
    }
}

/// Creates the user, with one password throughout. Where an answer was lost we look first; asking again is then safe, because the
/// name can be taken only once.
async fn create(graph: &GraphClient, user: &NewUser<'_>) -> Result<String, GraphError> {
    let mut patience = graph.until_replicated();
    let mut lost: Option<GraphError> = None;
    let mut taken: Option<GraphError> = None;
    loop {
        match graph.create_user(user).await {
            Ok(id) => return Ok(id),
            Err(failed) if failed.is_ambiguous() => lost = Some(failed),
            Err(failed) if failed.is_already_there() => taken = Some(failed),
            // Whatever this try was refused for, one before it may have been done.
            Err(failed) => return Err(lost.unwrap_or(failed)),
        }
        match graph.find_user(user.user_principal_name).await {
            Ok(Some(found)) if found.bears(user.marker) => return Ok(found.id),
            Ok(Some(_)) if taken.is_some() && lost.is_none() => {
                return Err(taken.unwrap_or_else(unclear));
            }
            Ok(_) | Err(_) => {}
        }
        if !patience.wait().await {
            return Err(lost.unwrap_or_else(unclear));
        }
    }
}

fn unclear() -> GraphError {
    GraphError::unclear(
        Operation::CreateUser,
        "the name is taken, and nobody shows by whom",
    )
}

/// The object id of the lease's user, and whether it is deleted already.
pub(super) async fn find(graph: &GraphClient, plan: &UserPlan) -> Result<Option<(String, bool)>, GraphError> {
    let ours = |user: &User| user.bears(&plan.marker);
    if let Some(user) = graph.find_user(&plan.user_principal_name).await?.filter(ours) {
        return Ok(Some((user.id, false)));
    }
    let deleted = graph.find_deleted_user(&plan.marker).await?;
    Ok(deleted.map(|user| (user.id, true)))
}

/// Takes the user out: each step cuts access further, so one that is refused does not keep the next from being tried.
pub(super) async fn undo(
    graph: &GraphClient,
    plan: &UserPlan,
    record: &GrantRecord,
    now: Timestamp,
) -> Result<Undo, GraphError> {
    let id = match &record.entra_id {
        Some(id) => id.clone(),
        None => match find(graph, plan).await? {
            Some((id, _)) => id,
            None => return Ok(record.absent(now, "the user has not been seen")),
        },
    };
    let mut refused = None;
    for result in [graph.revoke_sessions(&id).await, graph.disable_user(&id).await] {
        if let Err(failed) = result {
            refused.get_or_insert(failed);
        }
    }
    let deleted = match delete(graph, &id).await {
        Ok(removal) => removal == Removal::Removed,
        Err(failed) => return Err(refused.unwrap_or(failed)),
    };
    // What it said before counts too: a deletion that was accepted, though its deleted user was not seen yet.
    let removed = deleted || record.removed_at.is_some();
    let purged = if plan.keep_deleted {
        Purge::NotWanted
    } else {
        purge(graph, &id, deleted).await?
    };
    let still = |reason| {
        let seen = if removed { Seen::Removed } else { Seen::Lingering };
        Ok(Undo::soon(seen, reason))
    };
    if graph.user_exists(&id).await? {
        return still("Entra still shows the user");
    }
    let in_recycle_bin = graph.deleted_user_exists(&id).await?;
    match purged {
        Purge::Done if in_recycle_bin => still("Entra still shows the deleted user"),
        Purge::Done => Ok(Undo::Gone),
        Purge::NotWanted | Purge::Forbidden if in_recycle_bin || deleted => Ok(Undo::Gone),
        Purge::NotThere if in_recycle_bin => still("the deleted user is still to be deleted for good"),
        Purge::NotThere if deleted => {
            still("Entra does not show the deleted user yet, to delete it for good")
        }
        Purge::NotThere | Purge::NotWanted | Purge::Forbidden => Ok(record.absent(
            now,
            "Entra shows neither the user nor a deleted one, which may be too early to believe",
        )),
    }
}

/// Deletes the user. A role that was taken back a moment ago may still protect it for a while.
async fn delete(graph: &GraphClient, id: &str) -> Result<Removal, GraphError> {
    let mut patience = graph.until_verified();
    loop {
        match graph.delete_user(id).await {
            Err(GraphError::Refused { status: 403, .. }) if patience.wait().await => {}
            result => return result,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purge {
    /// Gone for good.
    Done,
    /// Entra knows no deleted user of this id, or not yet.
    NotThere,
    /// We may not; Entra does it by itself after 30 days (Microsoft: recover or remove a recently deleted user).
    Forbidden,
    /// The item says to keep it.
    NotWanted,
}

/// Deletes a deleted user for good. Right after the deletion Entra may not know it as deleted yet.
async fn purge(graph: &GraphClient, id: &str, deleted: bool) -> Result<Purge, GraphError> {
    let mut patience = graph.until_verified();
    loop {
        match graph.purge_user(id).await {
            Ok(Removal::Removed) => return Ok(Purge::Done),
            Err(GraphError::Refused { status: 403, .. }) => {
                tracing::info!("not allowed to delete the user for good: it stays restorable for 30 days");
                return Ok(Purge::Forbidden);
            }
            Err(failed) => return Err(failed),
            Ok(Removal::NotThere) => {}
        }
        if !deleted || !patience.wait().await {
            return Ok(Purge::NotThere);
        }
    }
}
