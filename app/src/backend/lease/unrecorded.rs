//! What Entra made and the database then could not record: taken back at once, because nobody will be handed its value.
//!
//! Rule: this only shortens the time for which it exists. The rows still say `generating`, with everything planned; once they can be
//! written again, the reaper takes the lease back from them as any other that was interrupted, and finds it gone.

use super::Shared;
use crate::backend::graph::GraphClient;
use crate::backend::provider::{self, Applied, GrantPlan, GrantRecord, Undo};
use crate::backend::store::StoreError;
use crate::domain::{ApiError, LeaseId};

impl Shared {
    /// Takes back what was applied, from the last to the first, and tells what is true then.
    pub(super) async fn undo_unrecorded(
        &self,
        id: &LeaseId,
        graph: &GraphClient,
        applied: &[(GrantPlan, Applied)],
        unwritten: &StoreError,
    ) -> ApiError {
        let now = self.clock.now();
        let records: Vec<GrantRecord> = applied
            .iter()
            .map(|(plan, applied)| GrantRecord {
                plan: plan.clone(),
                entra_id: Some(applied.entra_id.clone()),
                removed_at: None,
                absent_for_millis: 0,
                looked_at: None,
            })
            .collect();
        // What others may share is left to the reaper, which asks the rows first.
        let mut all_gone = records.iter().all(|record| record.plan.subject().is_none());
        let ours_alone = records.iter().filter(|record| record.plan.subject().is_none());
        for record in ours_alone.rev() {
            match provider::undo(graph, record, &records, now).await {
                Ok(Undo::Gone) => {}
                Ok(Undo::NotYetSure { reason, .. }) => {
                    all_gone = false;
                    tracing::warn!(lease = %id, reason, "what could not be recorded may still be in Entra");
                }
                Err(error) => {
                    all_gone = false;
                    tracing::warn!(lease = %id, error = error.short(), "what could not be recorded is still in Entra");
                }
            }
        }
        Self::unrecorded(id, unwritten, all_gone)
    }

    /// What is told of a lease whose making could not be recorded.
    pub(super) fn unrecorded(id: &LeaseId, unwritten: &StoreError, all_gone: bool) -> ApiError {
        let told = ApiError::from(unwritten.clone());
        let now = if all_gone {
            "It was taken back at once"
        } else {
            "It is taken back as soon as the database can be written"
        };
        let message = format!(
            "Lease {id} is not issued: what it made in Entra could not be recorded, because {unwritten}. {now}. Then generate again."
        );
        ApiError { message, ..told }
    }
}
