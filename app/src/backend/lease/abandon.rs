//! Abandon: somebody stops the attempts to take a lease back. Nothing is asked of Entra; what remains there is told.

use super::{Leases, missing, plan_of};
use crate::backend::provider::{GrantPlan, Remainder, remainder};
use crate::backend::store::{Abandon, AuditEvent, LeaseRecord, StoredGrant};
use crate::domain::{
    Abandonment, ApiError, Cloud, GrantState, Identity, Lease, LeaseDetail, LeaseId, LeaseState,
};

impl Leases {
    /// Gives a lease up that could not be taken back, for this reason; the answer tells what remains in Entra.
    ///
    /// An attempt that is under way goes on to its end. What it still finds gone is noted on the grant, and no longer remains; the
    /// lease stays abandoned.
    pub async fn abandon(&self, by: &Identity, id: &LeaseId, reason: &str) -> Result<LeaseDetail, ApiError> {
        let reason = Abandonment::parse_reason(reason).map_err(|why| ApiError::invalid("reason", why))?;
        let shared = &self.0;
        let lease = shared.store.lease(id).await?.ok_or_else(|| missing(id))?;
        let cloud = self.cloud_of(&lease).await?;
        let now = shared.clock.now();
        let event = AuditEvent::new(now, &by.id, "lease.abandon", id.as_str())
            .with("identity", lease.identity.as_str())
            .with("entra_ends_at", lease.entra_ends_at.map(|at| at.to_string()));
        let why = Abandonment {
            by: by.id.clone(),
            reason,
        };
        let remains = move |grants: &[StoredGrant]| {
            // A plan that can't be read is told by its place: nothing may be left out.
            let told = left_of(grants, &cloud).map(|(seq, left)| {
                left.map_or_else(|_| format!("grant {seq}, which can't be read"), |left| left.what)
            });
            told.collect()
        };
        match shared.store.abandon_lease(id, why, now, event, remains).await? {
            Abandon::Abandoned => {}
            Abandon::NotFound => return Err(missing(id)),
            Abandon::NotRevoking(state) => return Err(refused(&Lease { state, ..lease })),
            Abandon::NeverFailed => {
                return Err(ApiError::conflict(format!(
                    "Lease {id} can't be given up: no attempt to take it back has failed yet. Wait for the one that is under way."
                ))
                .with_reason("never_failed"));
            }
        }
        tracing::warn!(lease = %id, by = by.id, "a lease was given up; what remains in Entra is removed by hand");
        // What waited for it goes on: a deletion, a revocation.
        shared.tell();
        shared.due.notify_one();
        self.get(id).await
    }

    /// What Entra holds, or may hold, of a lease that is being taken back or was given up; the first to remove first.
    pub(super) async fn left_in_entra(&self, record: &LeaseRecord) -> Result<Vec<Remainder>, ApiError> {
        match record.lease.state {
            LeaseState::Revoking | LeaseState::Abandoned => {}
            LeaseState::Generating
            | LeaseState::Active
            | LeaseState::Revoked
            | LeaseState::Expired
            | LeaseState::Failed => return Ok(Vec::new()),
        }
        let cloud = self.cloud_of(&record.lease).await?;
        left_of(&record.grants, &cloud).map(|(_, left)| left).collect()
    }

    /// The cloud of a lease's target; the public one where the target is gone.
    async fn cloud_of(&self, lease: &Lease) -> Result<Cloud, ApiError> {
        let target = self.0.store.target_by_name(&lease.target).await?;
        Ok(target.map_or(Cloud::Public, |stored| stored.target.cloud))
    }
}

/// The grants that are not undone, from the last: in this order they can be removed.
fn left_of<'a>(
    grants: &'a [StoredGrant],
    cloud: &'a Cloud,
) -> impl Iterator<Item = (i64, Result<Remainder, ApiError>)> + 'a {
    let left = grants
        .iter()
        .rev()
        .filter(|grant| grant.state != GrantState::Undone);
    left.filter_map(|grant| {
        let plan = plan_of(grant);
        // What the user had before is no remainder of ours.
        if plan.as_ref().is_ok_and(GrantPlan::had_before) {
            return None;
        }
        let left = plan.map(|plan| remainder(&plan, grant.entra_id.as_deref(), cloud));
        Some((grant.seq, left))
    })
}

fn refused(lease: &Lease) -> ApiError {
    let why = lease
        .can_abandon()
        .err()
        .map_or_else(|| "it changed at the same moment".to_owned(), |refusal| refusal.0);
    ApiError::conflict(format!("Lease {} can't be given up: {why}.", lease.id))
        .with_reason(lease.state.as_str())
}
