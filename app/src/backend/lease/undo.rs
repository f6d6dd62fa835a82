//! One attempt to take one lease back: its grants from the last to the first, each verified to be gone.

use super::{Shared, backoff, plan_of};
use crate::backend::connections::explain;
use crate::backend::graph::GraphClient;
use crate::backend::provider::{self, GrantRecord, Undo};
use crate::backend::store::{AuditEvent, ClaimedLease, LEASEHOLD};
use crate::domain::{ApiError, EndCause, GrantState, Target};

/// How an attempt went.
enum Outcome {
    /// Nothing is left in Entra.
    Gone,
    /// Nothing was refused, but Entra's copies may not agree yet.
    NotYetSure {
        reason: String,
        look_again_in_millis: i64,
    },
    /// Something was refused or could not be asked.
    Failed { why: String, retry_after: Option<f64> },
}

impl Shared {
    /// Takes a claimed lease back as far as Entra allows, and writes down how far that was.
    pub(super) async fn undo(&self, claimed: ClaimedLease) {
        let lease = &claimed.lease;
        let outcome = match self.undo_grants(&claimed).await {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Failed {
                why: error.message,
                retry_after: error.retry_after,
            },
        };
        let now = self.clock.now();
        match outcome {
            Outcome::Gone => {
                let event = AuditEvent::new(now, LEASEHOLD, "lease.end", lease.id.as_str())
                    .with("identity", lease.identity.as_str())
                    .with("cause", lease.end_cause.as_ref().map(EndCause::describe));
                Self::note(self.store.finish(&lease.id, now, event).await);
            }
            Outcome::NotYetSure {
                reason,
                look_again_in_millis,
            } => {
                let next = now.plus_millis(look_again_in_millis);
                Self::note(self.store.postpone(&lease.id, &reason, next).await);
            }
            Outcome::Failed { why, retry_after } => {
                let delay = backoff::delay_millis(lease.attempts_made, retry_after, &self.entropy);
                tracing::warn!(lease = %lease.id, attempts = lease.attempts_made, next_in_ms = delay, why, "a lease could not be taken back yet");
                Self::note(
                    self.store
                        .attempt_failed(&lease.id, &why, now.plus_millis(delay))
                        .await,
                );
            }
        }
        self.tell();
    }

    async fn undo_grants(&self, claimed: &ClaimedLease) -> Result<Outcome, ApiError> {
        let target = self.store.target_by_id(&claimed.target_id).await?;
        let Some(target) = target else {
            return Ok(Outcome::Failed {
                why: "Its target is gone, and only that could take it back.".to_owned(),
                retry_after: None,
            });
        };
        let records = claimed.grants.iter().map(|grant| {
            Ok(GrantRecord {
                plan: plan_of(grant)?,
                entra_id: grant.entra_id.clone(),
                planned_at: claimed.lease.created_at,
                applied_at: grant.applied_at,
            })
        });
        let records = records.collect::<Result<Vec<_>, ApiError>>()?;
        let (graph, log) = self.connections.client(&target)?.recording();
        let outcome = self.undo_each(claimed, &records, &graph, &target.target).await;
        Self::note(self.store.log_attempts(&claimed.lease.id, log.take()).await);
        outcome
    }

    /// A refusal does not keep the grants before it from being undone: each reduces what the lease can still do.
    async fn undo_each(
        &self,
        claimed: &ClaimedLease,
        records: &[GrantRecord],
        graph: &GraphClient,
        target: &Target,
    ) -> Result<Outcome, ApiError> {
        let mut outcome = Outcome::Gone;
        for (grant, record) in claimed.grants.iter().zip(records).rev() {
            if grant.state == GrantState::Undone {
                continue;
            }
            let subject = record.plan.subject().filter(|_| !record.plan.had_before());
            let undone = match subject {
                Some(subject) => {
                    self.undo_shared(claimed, grant.seq, &subject, record, graph)
                        .await?
                }
                None => provider::undo(graph, record, records, self.clock.now()).await,
            };
            match undone {
                Ok(Undo::Gone) => {
                    self.store
                        .grant_undone(&claimed.lease.id, grant.seq, self.clock.now())
                        .await?;
                }
                Ok(Undo::NotYetSure {
                    reason,
                    look_again_in_millis,
                }) => {
                    if matches!(outcome, Outcome::Gone) {
                        outcome = Outcome::NotYetSure {
                            reason,
                            look_again_in_millis,
                        };
                    }
                }
                Err(error) => {
                    if !matches!(outcome, Outcome::Failed { .. }) {
                        let why = format!("{}: {}", record.plan.describe(), explain(&error, target).message);
                        outcome = Outcome::Failed {
                            why,
                            retry_after: error.retry_after(),
                        };
                    }
                }
            }
        }
        Ok(outcome)
    }
}
