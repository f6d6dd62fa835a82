//! One attempt to take leases back: their grants from the last to the first, each verified to be gone.
//!
//! Rule: what was found is written down whatever else happened, so that the next attempt goes on from there.

use super::circuit::Met;
use super::{Shared, backoff, plan_of};
use crate::backend::connections::explain;
use crate::backend::graph::{GraphClient, GraphError, Priority};
use crate::backend::provider::{self, GrantRecord, Seen, Undo};
use crate::backend::store::{
    AuditEvent, ClaimedLease, LEASEHOLD, Next, Settlement, StoredGrant, StoredTarget,
};
use crate::domain::{ApiError, Attempt, GrantState, TargetId, Timestamp};

/// What can be taken back in one go: one lease, or many that each have one grant left of the same sort on the same object.
pub(super) struct Group {
    pub(super) target: TargetId,
    pub(super) leases: Vec<ClaimedLease>,
    /// What they have in common, where they are many.
    pub(super) with: Option<String>,
}

/// What an attempt found of one lease.
#[derive(Default)]
struct Found {
    undone: Vec<i64>,
    removed: Vec<i64>,
    absent: Vec<i64>,
    /// The first thing that failed: in words, with Entra's error where it refused.
    failed: Option<(String, Option<GraphError>)>,
    /// When to look again, and why, where nothing failed.
    look_again: Option<(String, i64)>,
    answered: bool,
}

impl Found {
    fn note(
        &mut self,
        grant: &StoredGrant,
        what: &str,
        result: Result<Undo, GraphError>,
        target: &StoredTarget,
        now: Timestamp,
    ) {
        match result {
            Ok(Undo::Gone) => {
                self.answered = true;
                self.undone.push(grant.seq);
            }
            Ok(Undo::NotYetSure {
                seen,
                reason,
                look_again_in_millis,
            }) => {
                self.answered = true;
                match seen {
                    Seen::Removed => self.removed.push(grant.seq),
                    Seen::Absent => self.absent.push(grant.seq),
                    Seen::Lingering => {}
                }
                if takes_too_long(seen, grant, now) {
                    self.failed.get_or_insert((format!("{what}: {reason}."), None));
                } else {
                    self.look_again.get_or_insert((reason, look_again_in_millis));
                }
            }
            Err(error) => {
                self.answered |= !error.is_outage();
                let why = format!("{what}: {}", explain(&error, &target.target).message);
                self.failed.get_or_insert((why, Some(error)));
            }
        }
    }
}

/// How long Entra may go on showing what is removed, or not find what it shows, before that is a failure that people hear of.
const TOO_LONG_MILLIS: i64 = 10 * 60_000;

fn takes_too_long(seen: Seen, grant: &StoredGrant, now: Timestamp) -> bool {
    let since = match seen {
        Seen::Removed => grant.removed_at,
        Seen::Lingering => grant.applied_at,
        // Two minutes of looking put an end to that.
        Seen::Absent => None,
    };
    since.is_some_and(|since| now.millis_since(since) > TOO_LONG_MILLIS)
}

impl Shared {
    /// Takes claimed leases back as far as Entra allows, and writes down how far that was.
    pub(super) async fn undo(&self, group: Group, priority: Priority) {
        let target = self.store.kept_target_by_id(&group.target).await;
        let settlements = match target {
            Ok(Some(target)) => self.undo_on(&target, &group, priority).await,
            Ok(None) => Err(ApiError::conflict(
                "Its target is gone, and only that could take it back.",
            )),
            Err(error) => Err(error.into()),
        };
        let now = self.clock.now();
        let settlements = settlements.unwrap_or_else(|error| {
            let failed = |lease: &ClaimedLease| {
                let delay = backoff::delay_millis(lease.attempts_made, error.retry_after, &self.entropy);
                settlement(
                    lease,
                    Next::Failed {
                        why: error.message.clone(),
                        at: now.plus_millis(delay),
                    },
                )
            };
            group.leases.iter().map(failed).collect()
        });
        Self::note(self.store.settle(settlements, now).await);
        self.tell();
    }

    async fn undo_on(
        &self,
        target: &StoredTarget,
        group: &Group,
        priority: Priority,
    ) -> Result<Vec<Settlement>, ApiError> {
        let (graph, log) = self.connections.client(target)?.at(priority).recording();
        let found = match &group.with {
            Some(with) => self.undo_together(&graph, target, with, &group.leases).await?,
            None => self.undo_each(&graph, target, &group.leases).await?,
        };
        let mut calls = log.take();
        if group.leases.len() > 1 {
            calls = summary(&calls, group.leases.len());
        }
        self.tell_circuit(&group.target, &group.leases, &found).await;
        let settled = group.leases.iter().zip(found);
        Ok(settled
            .map(|(lease, found)| self.settlement_of(lease, found, calls.clone()))
            .collect())
    }

    /// A refusal does not keep the grants before it from being undone: each reduces what the lease can still do.
    async fn undo_each(
        &self,
        graph: &GraphClient,
        target: &StoredTarget,
        leases: &[ClaimedLease],
    ) -> Result<Vec<Found>, ApiError> {
        let mut all = Vec::with_capacity(leases.len());
        for lease in leases {
            let probing = self.circuits.is_open(&lease.target_id);
            let records = records_of(lease)?;
            let mut found = Found::default();
            for (grant, record) in lease.grants.iter().zip(&records).rev() {
                if grant.state == GrantState::Undone {
                    continue;
                }
                let result = match record.plan.subject() {
                    // Never ours to take.
                    Some(_) if record.plan.had_before() => None,
                    Some(subject) => {
                        self.undo_shared(lease, grant.seq, &subject, record, graph)
                            .await?
                    }
                    None => Some(provider::undo(graph, record, &records, self.clock.now()).await),
                };
                let Some(result) = result else {
                    // Done without asking Entra, which therefore tells nothing about how it is.
                    found.undone.push(grant.seq);
                    continue;
                };
                let is_out = result.as_ref().is_err_and(GraphError::is_outage);
                found.note(grant, &record.plan.describe(), result, target, self.clock.now());
                if is_out && probing {
                    // It was to find out whether Entra is back, and it is not.
                    break;
                }
            }
            all.push(found);
        }
        Ok(all)
    }

    /// Leases that each have one grant left.
    async fn undo_together(
        &self,
        graph: &GraphClient,
        target: &StoredTarget,
        with: &str,
        leases: &[ClaimedLease],
    ) -> Result<Vec<Found>, ApiError> {
        let mut left = Vec::with_capacity(leases.len());
        for lease in leases {
            for (grant, record) in lease.grants.iter().zip(records_of(lease)?) {
                if grant.state != GrantState::Undone {
                    left.push((grant, record));
                }
            }
        }
        let records: Vec<_> = left.iter().map(|(_, record)| record).collect();
        let results = provider::undo_together(graph, with, &records, self.clock.now()).await;
        let results = results.unwrap_or_else(|error| records.iter().map(|_| Err(error.clone())).collect());
        let now = self.clock.now();
        let all = left.iter().zip(results).map(|((grant, record), result)| {
            let mut found = Found::default();
            found.note(grant, &record.plan.describe(), result, target, now);
            found
        });
        Ok(all.collect())
    }

    fn settlement_of(&self, lease: &ClaimedLease, found: Found, calls: Vec<Attempt>) -> Settlement {
        let now = self.clock.now();
        let next = if let Some((why, error)) = found.failed {
            let asked = error.as_ref().and_then(GraphError::retry_after);
            let delay = if error.is_some_and(|error| error.is_outage()) {
                backoff::probe_millis(lease.attempts_made, asked, &self.entropy)
            } else {
                backoff::delay_millis(lease.attempts_made, asked, &self.entropy)
            };
            tracing::warn!(lease = %lease.id, attempts = lease.attempts_made, next_in_ms = delay, why, "a lease could not be taken back yet");
            Next::Failed {
                why,
                at: now.plus_millis(delay),
            }
        } else if let Some((why, millis)) = found.look_again {
            Next::Later {
                why,
                at: now.plus_millis(millis),
            }
        } else {
            let event = AuditEvent::new(now, LEASEHOLD, "lease.end", lease.id.as_str())
                .with("identity", lease.identity.as_str())
                .with("cause", lease.end_cause.describe());
            Next::Ended {
                state: lease.end_cause.final_state(),
                event,
            }
        };
        Settlement {
            undone: found.undone,
            removed: found.removed,
            absent: found.absent,
            calls,
            ..settlement(lease, next)
        }
    }

    /// Tells the target's circuit how the attempt met Entra, and puts off what is due where that makes no sense now.
    async fn tell_circuit(&self, target: &TargetId, leases: &[ClaimedLease], found: &[Found]) {
        let Some(first) = leases.first() else { return };
        let failed = found.iter().find_map(|found| found.failed.as_ref());
        if failed.is_none() && !found.iter().any(|found| found.answered) {
            self.circuits.probe_unused(target);
            return;
        }
        let met = match failed {
            Some((_, Some(error))) if !found.iter().any(|found| found.answered) => {
                let retry_after = error.retry_after();
                if matches!(error, GraphError::TokenRefused { .. }) {
                    Met::NoSignIn { retry_after }
                } else {
                    Met::Outage { retry_after }
                }
            }
            Some(_) | None => Met::Answered,
        };
        let now = self.clock.now();
        if met == Met::Answered && self.circuits.is_open(target) {
            tracing::info!(%target, "Entra answers again; what waited for it is taken up");
            self.due.notify_one();
        }
        let until = self.circuits.report(target, &first.id, met, now, &self.entropy);
        if let (Some(until), Some((why, _))) = (until, failed) {
            Self::note(self.store.hold_due(target, why, now, until).await);
        }
    }
}

fn settlement(lease: &ClaimedLease, next: Next) -> Settlement {
    Settlement {
        lease: lease.id.clone(),
        undone: Vec::new(),
        removed: Vec::new(),
        absent: Vec::new(),
        calls: Vec::new(),
        next,
    }
}

fn records_of(lease: &ClaimedLease) -> Result<Vec<GrantRecord>, ApiError> {
    let records = lease.grants.iter().map(|grant| {
        Ok(GrantRecord {
            plan: plan_of(grant)?,
            entra_id: grant.entra_id.clone(),
            removed_at: grant.removed_at,
            absent_for_millis: grant.absent_for_millis,
            looked_at: grant.looked_at,
        })
    });
    records.collect()
}

/// The calls made for many leases, as one of them is told: the one that tells most, and how long all took.
fn summary(calls: &[Attempt], leases: usize) -> Vec<Attempt> {
    let telling = calls
        .iter()
        .find(|call| call.outcome != "ok")
        .or_else(|| calls.first());
    let summed = telling.map(|call| Attempt {
        step: format!("{} (with those of {} other leases)", call.step, leases - 1),
        millis: calls.iter().map(|call| call.millis).sum(),
        ..call.clone()
    });
    summed.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_look_becomes_a_failure() {
        let begun = Timestamp::from_millis(0);
        let grant = StoredGrant {
            seq: 0,
            plan: serde_json::Value::Null,
            state: GrantState::Applied,
            entra_id: None,
            applied_at: Some(begun),
            removed_at: Some(begun),
            absent_for_millis: 0,
            looked_at: None,
            undone_at: None,
        };
        for (seen, is_endless) in [
            (Seen::Removed, true),
            (Seen::Lingering, true),
            (Seen::Absent, false),
        ] {
            let late = |millis| takes_too_long(seen, &grant, Timestamp::from_millis(millis));
            assert!(!late(TOO_LONG_MILLIS), "{seen:?}");
            assert_eq!(late(TOO_LONG_MILLIS + 1), is_endless, "{seen:?}");
        }
    }
}
