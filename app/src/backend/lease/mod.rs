//! Leases: the life of each, from the intent in the database to the proof that Entra holds nothing of it.
//!
//! Rule: what a lease is going to put into Entra stands in its rows before the first call; what the rows say is the whole
//! truth, so a process that dies anywhere is followed by one that finishes the story from them. There is no second way back.
//!
//! | file | what |
//! |---|---|
//! | `generate.rs` | check, plan, commit the intent |
//! | `issue.rs` | apply, hand over |
//! | `renew.rs`, `revoke.rs` | what holders do with a lease |
//! | `abandon.rs` | giving up what Entra refuses to let go |
//! | `deleting.rs` | items and targets that go with their last lease |
//! | `reaper.rs` | ends what is due, unasked |
//! | `undo.rs` | one attempt to take leases back |
//! | `unrecorded.rs` | takes back what the database could not record |
//! | `backoff.rs`, `circuit.rs` | when to try again; whether a target can be reached at all |
//! | `lanes.rs` | how much is taken back at once |
//! | `recipient.rs` | the user who gets something, where one who exists does |
//! | `share.rs`, `turns.rs` | what several leases can share: whose it is, and who removes it |
//! | `reconcile.rs`, `leftovers.rs` | what Entra holds of ours that no lease knows |

mod abandon;
mod backoff;
mod circuit;
mod deleting;
mod generate;
mod in_flight;
mod issue;
mod lanes;
mod leftovers;
mod reaper;
mod recipient;
mod reconcile;
mod renew;
mod revoke;
mod share;
mod turns;
mod undo;
mod unrecorded;

#[cfg(test)]
mod tests;

pub use deleting::{Wait, refuse_deleted};
pub use generate::GenerateRequest;
pub use revoke::RevokeWhat;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connections::Connections;
use super::provider::GrantPlan;
use super::store::{LeaseFilter, Store, StoredGrant};
use super::{Clock, Entropy};
use crate::domain::{
    ApiError, GrantView, ItemPath, Lease, LeaseCounts, LeaseDetail, LeaseId, LeaseState, LeaseStateFilter,
    Limit, Page, TargetId, TargetName, Timestamp,
};
use circuit::Circuits;
use in_flight::InFlight;
use lanes::Lanes;
use turns::Turns;

/// Which leases a list shows.
#[derive(Debug, Clone, Default)]
pub struct LeaseQuery {
    /// Of this item.
    pub secret: Option<ItemPath>,
    /// In these states.
    pub state: Option<LeaseStateFilter>,
    /// Of this holder.
    pub holder: Option<String>,
    /// On this target.
    pub target: Option<TargetName>,
    /// That end before this moment.
    pub ends_before: Option<Timestamp>,
    /// With this text in identity, item, holder or id.
    pub query: Option<String>,
}

/// The leases of this installation. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Leases(Arc<Shared>);

struct Shared {
    store: Store,
    connections: Connections,
    clock: Clock,
    entropy: Entropy,
    /// Leases that a task of this process is issuing or taking back right now.
    in_flight: InFlight<LeaseId>,
    /// Whose turn it is to act on what several leases can share.
    turns: Turns,
    /// Targets whose tenant is being looked through.
    reconciling: InFlight<TargetId>,
    /// Tasks that outlive the request that began them.
    tasks: TaskTracker,
    stop: CancellationToken,
    /// Tells the reaper that something is due.
    due: Notify,
    /// Counts endings and failed attempts, for those who wait for one.
    news: watch::Sender<u64>,
    lanes: Lanes,
    circuits: Circuits,
    reaper_beat: reaper::Beat,
    /// Whether something may wait for its last lease to be gone.
    deletions: deleting::Pending,
}

impl Leases {
    /// Over this store; nothing runs yet.
    pub fn new(store: Store, connections: Connections, clock: Clock, entropy: Entropy) -> Self {
        Self(Arc::new(Shared {
            store,
            connections,
            clock,
            entropy,
            in_flight: InFlight::default(),
            turns: Turns::default(),
            reconciling: InFlight::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            due: Notify::new(),
            news: watch::Sender::new(0),
            lanes: Lanes::default(),
            circuits: Circuits::default(),
            reaper_beat: reaper::Beat::default(),
            deletions: deleting::Pending::default(),
        }))
    }

    /// One lease, with what was done for it.
    pub async fn get(&self, id: &LeaseId) -> Result<LeaseDetail, ApiError> {
        let record = self.0.store.lease_record(id).await?.ok_or_else(|| missing(id))?;
        let grants = record.grants.iter().map(grant_view).collect::<Result<_, _>>()?;
        let left = self.left_in_entra(&record).await?;
        Ok(LeaseDetail {
            lease: record.lease,
            grants,
            attempts: record.attempts,
            remains: left.iter().map(|left| left.what.clone()).collect(),
            clean_up: left.into_iter().map(|left| left.by_hand).collect(),
        })
    }

    /// Leases, newest first.
    pub async fn list(
        &self,
        query: LeaseQuery,
        limit: Limit,
        after: Option<&str>,
    ) -> Result<Page<Lease>, ApiError> {
        let filter = LeaseFilter {
            secret: query.secret,
            states: query.state.map(LeaseStateFilter::states).unwrap_or_default(),
            needs_attention: query.state == Some(LeaseStateFilter::NeedsAttention),
            holder: query.holder,
            target: query.target,
            ends_before: query.ends_before,
            query: query.query,
        };
        Ok(self.0.store.list_leases(&filter, limit, after).await?)
    }

    /// How many leases there are in each state.
    pub async fn counts(&self) -> Result<LeaseCounts, ApiError> {
        let counts = self.0.store.lease_counts().await?;
        Ok(LeaseCounts {
            generating: counts.of(LeaseState::Generating),
            active: counts.of(LeaseState::Active),
            revoking: counts.of(LeaseState::Revoking),
            needs_attention: counts.needs_attention,
            revoked: counts.of(LeaseState::Revoked),
            expired: counts.of(LeaseState::Expired),
            failed: counts.of(LeaseState::Failed),
            abandoned: counts.of(LeaseState::Abandoned),
        })
    }

    /// Begins nothing new: the reaper stops, and nobody waits until a new secret works.
    pub fn park(&self) {
        self.0.stop.cancel();
    }

    /// Stops the reaper and waits for what is under way, but no longer than `patience`.
    pub async fn stop(&self, patience: Duration) {
        self.park();
        self.0.tasks.close();
        if tokio::time::timeout(patience, self.0.tasks.wait()).await.is_err() {
            tracing::warn!(
                left = self.0.tasks.len(),
                "stopped with leases under way; the next start finishes them"
            );
        }
    }
}

impl Shared {
    /// Tells those who wait that a lease has changed.
    fn tell(&self) {
        self.news.send_modify(|count| *count = count.wrapping_add(1));
    }
}

/// There is no such lease.
fn missing(id: &LeaseId) -> ApiError {
    ApiError::not_found(format!("lease {id}"))
}

/// The plan that a grant's row holds.
fn plan_of(grant: &StoredGrant) -> Result<GrantPlan, ApiError> {
    serde_json::from_value(grant.plan.clone()).map_err(|error| super::errors::internal(&error))
}

fn grant_view(grant: &StoredGrant) -> Result<GrantView, ApiError> {
    let plan = plan_of(grant)?;
    Ok(GrantView {
        kind: plan.kind(),
        what: plan.describe(),
        entra_id: grant.entra_id.clone(),
        state: grant.state,
        // What the user had before was neither put there nor taken away.
        applied_at: grant.applied_at.filter(|_| !plan.had_before()),
        undone_at: grant.undone_at.filter(|_| !plan.had_before()),
        had_before: plan.had_before(),
    })
}
