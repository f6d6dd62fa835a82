//! What several leases can share: a membership or a role of one user who exists. The last one out removes it, and what the user
//! had before is nobody's of ours.
//!
//! Rule: whoever decides, calls, looks and writes down about a subject has its [turn](super::turns) all the while. A lease that
//! begins has the turns from before it reads what the user has until it is issued or given up; so what it read stays true.

use super::recipient;
use super::turns::Turn;
use super::{Shared, plan_of};
use crate::backend::connections::explain;
use crate::backend::graph::{GraphClient, GraphError};
use crate::backend::provider::{self, Applied, GrantPlan, GrantRecord, Recipient, Undo};
use crate::backend::store::{ClaimedLease, Leave, NewGrant, StoreError, StoredTarget};
use crate::domain::{ApiError, DynamicSecret, Identity, LeaseId};

/// Why a shared grant could not be applied.
pub(super) enum Unshared {
    /// Entra's answer.
    Graph(GraphError),
    /// It is in Entra, and its row is not as it was planned.
    NotPlanned(ApiError),
    /// It is in Entra, and the row could not be written.
    Unwritten(StoreError),
}

impl Shared {
    /// The user that the lease is for, read while it has the turns of everything that the user is to get.
    pub(super) async fn recipient(
        &self,
        graph: &GraphClient,
        target: &StoredTarget,
        secret: &DynamicSecret,
        by: &Identity,
        username: Option<&str>,
    ) -> Result<(Option<Recipient>, Option<Turn>), ApiError> {
        let found = recipient::find(graph, &target.target, secret, by, username).await?;
        let Some((spec, person)) = found else {
            return Ok((None, None));
        };
        let subjects = provider::user_grants::subjects(spec, &person);
        let turn = self.turns.take(subjects).await;
        let read = Recipient::read(graph, &person, spec).await;
        let recipient = read
            .map_err(|error| explain(&error, &target.target))?
            .ok_or_else(|| {
                ApiError::conflict(format!(
                    "The user {} was deleted at this moment.",
                    person.user_principal_name
                ))
            })?;
        Ok((Some(recipient), Some(turn)))
    }

    /// The rows of planned grants. Of what the user seems to have had, the store decides whether it is ours.
    pub(super) fn new_grants(plans: &[GrantPlan]) -> Result<Vec<NewGrant>, serde_json::Error> {
        let grants = plans.iter().map(|plan| {
            let Some(subject) = plan.subject() else {
                return serde_json::to_value(plan).map(NewGrant::from);
            };
            let had = plan.had_before();
            Ok(NewGrant {
                plan: serde_json::to_value(plan.clone().with_had_before(false))?,
                if_not_ours: had.then(|| serde_json::to_value(plan)).transpose()?,
                subject: Some(subject),
            })
        });
        grants.collect()
    }

    /// The plans as the store decided about them.
    pub(super) async fn decided(
        &self,
        id: &LeaseId,
        plans: Vec<GrantPlan>,
    ) -> Result<Vec<GrantPlan>, ApiError> {
        if !plans.iter().any(GrantPlan::had_before) {
            return Ok(plans);
        }
        let record = self.store.lease_record(id).await?;
        let record = record.ok_or_else(|| ApiError::internal("lease-not-written"))?;
        record.grants.iter().map(plan_of).collect()
    }

    /// Gives the user what this grant says, and writes it down. The plan that comes back says whose it turned out to be.
    pub(super) async fn give(
        &self,
        id: &LeaseId,
        seq: i64,
        graph: &GraphClient,
        plan: &GrantPlan,
    ) -> Result<(GrantPlan, Applied), Unshared> {
        let given = provider::give(graph, plan).await.map_err(Unshared::Graph)?;
        let not_ours = plan.clone().with_had_before(true);
        let row = serde_json::to_value(&not_ours)
            .map_err(|error| Unshared::NotPlanned(crate::backend::errors::internal(&error)))?;
        let entra_id = &given.applied.entra_id;
        let ours = self
            .store
            .shared_grant_applied(id, seq, entra_id, given.was_there, row, self.clock.now())
            .await
            .map_err(Unshared::Unwritten)?;
        match ours {
            Some(true) => Ok((plan.clone(), given.applied)),
            Some(false) => Ok((not_ours, given.applied)),
            None => Err(Unshared::NotPlanned(ApiError::internal("grant-not-planned"))),
        }
    }

    /// Takes a shared grant out of Entra where nobody else holds it, and writes that down, in its turn. Nothing where others hold it:
    /// then this lease has only left, and Entra was not asked.
    pub(super) async fn undo_shared(
        &self,
        claimed: &ClaimedLease,
        seq: i64,
        subject: &str,
        record: &GrantRecord,
        graph: &GraphClient,
    ) -> Result<Option<Result<Undo, GraphError>>, StoreError> {
        let id = &claimed.id;
        let _turn = self.turns.take(vec![subject.to_owned()]).await;
        let record = match self
            .store
            .leave_shared(id, seq, subject, self.clock.now())
            .await?
        {
            Leave::Left => return Ok(None),
            Leave::Last { entra_id } => GrantRecord {
                entra_id,
                ..record.clone()
            },
        };
        let undone = provider::undo(graph, &record, &[], self.clock.now()).await;
        if matches!(undone, Ok(Undo::Gone)) {
            self.store.grant_undone(id, seq, self.clock.now()).await?;
        }
        Ok(Some(undone))
    }
}
