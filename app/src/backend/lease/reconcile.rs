//! The reconciler: looks through a target's tenant for what bears our marker and no lease knows, on demand and once a day.
//!
//! It runs on a timer, takes no input but the rows and the clock, and may run at any time; when it is due stands in its rows, so a
//! restart changes nothing. By itself it takes away only what is of leases that are known to be over: what has no row at all may be
//! in use, by somebody whose lease a restored database has forgotten.

use std::collections::BTreeSet;
use std::time::Duration;

use super::leftovers::{Clean, Place, Sorted, sort};
use super::{Leases, Shared};
use crate::backend::connections::explain;
use crate::backend::graph::{GraphClient, Priority};
use crate::backend::provider::Undo;
use crate::backend::provider::leftovers::{self, Bearer, Survey};
use crate::backend::store::{AuditEvent, LEASEHOLD, StoreError, StoredTarget};
use crate::domain::{
    ApiError, Identity, NotChecked, Reconciliation, ReconciliationStatus, Target, TargetName, Timestamp,
};

/// How often it looks whether a check is due. The look is one read of a small table, and a clock that was moved is noticed soon.
const TICK: Duration = Duration::from_secs(2);
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

impl Leases {
    /// Looks for what Entra holds of ours that no lease knows and, where `clean`, takes it away. A caller that leaves does not stop
    /// it: what was begun is finished, and told in the audit log and on the target's page.
    pub async fn reconcile(
        &self,
        by: &Identity,
        name: &TargetName,
        clean: bool,
    ) -> Result<Reconciliation, ApiError> {
        let stored = self.target(name).await?;
        let clean = if clean { Clean::Everything } else { Clean::Nothing };
        let (shared, actor) = (self.0.clone(), by.id.clone());
        let task = self.0.tasks.spawn(async move {
            let planned_at = shared.some_time_today();
            shared
                .store
                .plan_reconciliation(&stored.target.id, planned_at)
                .await?;
            shared.reconcile(&actor, &stored, clean, None).await
        });
        task.await
            .map_err(|error| crate::backend::errors::internal(&error))?
    }

    /// What is known of the checks of a target.
    pub async fn last_reconciliation(&self, name: &TargetName) -> Result<ReconciliationStatus, ApiError> {
        let stored = self.target(name).await?;
        let known = self.0.store.reconciliation(&stored.target.id).await?;
        Ok(known.unwrap_or(ReconciliationStatus {
            report: None,
            failed_at: None,
            error: None,
            next_at: None,
        }))
    }

    async fn target(&self, name: &TargetName) -> Result<StoredTarget, ApiError> {
        let stored = self.0.store.target_by_name(name).await?;
        stored.ok_or_else(|| ApiError::not_found(format!("target {name}")))
    }

    /// Starts the daily checks, which run until `stop`.
    pub fn start_reconciler(&self) {
        let shared = self.0.clone();
        self.0.tasks.spawn(async move {
            while !shared.stop.is_cancelled() {
                if let Err(error) = shared.reconcile_due().await {
                    tracing::error!(%error, "the reconciler could not read or write its rows; it tries again");
                }
                tokio::select! {
                    () = shared.stop.cancelled() => {}
                    () = tokio::time::sleep(TICK) => {}
                }
            }
        });
    }

    /// Every check that is due: for tests, which move the clock and want to see the end of it.
    #[cfg(test)]
    pub(super) async fn reconcile_due_now(&self) -> Result<(), StoreError> {
        self.0.reconcile_due().await
    }
}

impl Shared {
    /// Plans checks of new targets, and makes those that are due, one after the other.
    async fn reconcile_due(&self) -> Result<(), StoreError> {
        for target in self.store.targets_without_reconciliation().await? {
            self.store
                .plan_reconciliation(&target, self.some_time_today())
                .await?;
        }
        while !self.stop.is_cancelled() {
            let now = self.clock.now();
            // Should this one come to nothing, the next try is in an hour.
            let claimed = self
                .store
                .claim_reconciliation(
                    now,
                    now.plus_millis(DAY),
                    now.plus_millis(HOUR - self.some(HOUR / 6)),
                )
                .await?;
            let Some(target) = claimed else { return Ok(()) };
            let Some(stored) = self.store.target_by_id(&target).await? else {
                continue;
            };
            let next_at = now.plus_millis(DAY - self.some(HOUR));
            let checked = self
                .reconcile(LEASEHOLD, &stored, Clean::WhatIsOver, Some(next_at))
                .await;
            if let Err(error) = checked {
                tracing::warn!(target = %stored.target.name, why = error.message, "what is left in Entra could not be checked; it is tried again in an hour");
            }
        }
        Ok(())
    }

    /// When a target is first checked by itself: within a day, and not all of them at once.
    pub(super) fn some_time_today(&self) -> Timestamp {
        self.clock.now().plus_millis(HOUR + self.some(DAY - HOUR))
    }

    /// Up to so many milliseconds.
    fn some(&self, millis: i64) -> i64 {
        let drawn = self.entropy.below(usize::try_from(millis).unwrap_or(usize::MAX));
        i64::try_from(drawn).unwrap_or(0)
    }

    /// The client of the reconciler: sweeps give way to everything that somebody waits for.
    fn sweeping(&self, stored: &StoredTarget) -> Result<GraphClient, ApiError> {
        Ok(self.connections.client(stored)?.at(Priority::Sweep))
    }

    /// One check. `next_at`: when the next one is due, where this one was due by itself.
    async fn reconcile(
        &self,
        actor: &str,
        stored: &StoredTarget,
        clean: Clean,
        next_at: Option<Timestamp>,
    ) -> Result<Reconciliation, ApiError> {
        let id = &stored.target.id;
        let Some(_hold) = self.reconciling.take(id) else {
            return Err(ApiError::conflict(format!(
                "{} is being checked at this very moment. Look at what came of it, then ask again.",
                stored.target.name
            ))
            .with_reason("being_checked"));
        };
        let checked = self.check(actor, stored, clean, next_at).await;
        if let Err(error) = &checked {
            let failed = self
                .store
                .fail_reconciliation(id, self.clock.now(), &error.message)
                .await;
            Self::note(failed);
        }
        checked
    }

    async fn check(
        &self,
        actor: &str,
        stored: &StoredTarget,
        clean: Clean,
        next_at: Option<Timestamp>,
    ) -> Result<Reconciliation, ApiError> {
        let target = &stored.target;
        let graph = self.sweeping(stored)?;
        let instance_id = self.store.instance_id(&self.entropy).await?;
        let applications = self.store.applications_of_target(&target.id).await?;
        let applications: BTreeSet<_> = applications.iter().map(|id| id.to_lowercase()).collect();
        let mut survey = leftovers::survey(&graph, &instance_id, &applications, self.clock.now())
            .await
            .map_err(|error| explain(&error, target))?;
        let not_checked = not_checked(&mut survey, target);
        let leases: BTreeSet<_> = survey
            .bearers
            .iter()
            .map(|bearer| bearer.lease.as_str())
            .collect();
        let standings = self.store.lease_standings(leases).await?;
        let mut sorted = sort(
            target.name.clone(),
            survey,
            not_checked,
            &standings,
            self.clock.now(),
        );
        let event = summary(actor, clean, &sorted.report);
        self.store
            .save_reconciliation(&target.id, &sorted.report, next_at, Some(event))
            .await?;
        if self
            .clean_all(actor, target, &graph, &instance_id, clean, &mut sorted)
            .await
        {
            self.store
                .save_reconciliation(&target.id, &sorted.report, None, None)
                .await?;
        }
        Ok(sorted.report)
    }

    /// Takes away what is to be taken away, each on its own, and says whether there was anything.
    async fn clean_all(
        &self,
        actor: &str,
        target: &Target,
        graph: &GraphClient,
        instance_id: &str,
        clean: Clean,
        sorted: &mut Sorted,
    ) -> bool {
        let mut places = std::mem::take(&mut sorted.places);
        places.retain(|(_, place)| clean.includes(sorted.state_at(*place)));
        for (bearer, place) in &places {
            if self.stop.is_cancelled() {
                sorted.note(*place, Err("The server is stopping; ask again.".to_owned()));
                continue;
            }
            let outcome = match leftovers::clean(graph, instance_id, bearer, self.clock.now()).await {
                Ok(Undo::Gone) => Ok(()),
                Ok(Undo::NotYetSure { reason, .. }) => Err(format!("{reason}.")),
                Err(error) => Err(explain(&error, target).message),
            };
            if outcome.is_ok() {
                let event = cleaned(actor, self.clock.now(), &sorted.report, *place, bearer);
                Self::note(self.store.record(event).await);
            }
            sorted.note(*place, outcome);
        }
        !places.is_empty()
    }
}

/// Which parts could not be looked through, and why.
fn not_checked(survey: &mut Survey, target: &Target) -> Vec<NotChecked> {
    let refused = std::mem::take(&mut survey.refused).into_iter();
    refused
        .map(|(part, error)| NotChecked {
            part,
            error: explain(&error, target).message,
        })
        .collect()
}

fn summary(actor: &str, clean: Clean, report: &Reconciliation) -> AuditEvent {
    AuditEvent::new(
        report.checked_at,
        actor,
        "target.reconcile",
        report.target.as_str(),
    )
    .with("clean", clean == Clean::Everything)
    .with("known", report.known)
    .with("unknown", report.unknown.len())
    .with("expired_secrets", report.expired_secrets.len())
}

fn cleaned(
    actor: &str,
    now: Timestamp,
    report: &Reconciliation,
    place: Place,
    bearer: &Bearer,
) -> AuditEvent {
    let (what, name, entra_id, application) = match place {
        Place::Unknown(index) => {
            let row = &report.unknown[index];
            let what = serde_json::to_value(row.kind).unwrap_or_default();
            (
                what,
                Some(row.name.clone()),
                &row.entra_id,
                row.application.clone(),
            )
        }
        Place::Expired(index) => {
            let row = &report.expired_secrets[index];
            let application = Some(row.application.clone());
            (
                "expired_secret".into(),
                row.display_name.clone(),
                &row.key_id,
                application,
            )
        }
    };
    AuditEvent::new(now, actor, "target.clean", report.target.as_str())
        .with("kind", what)
        .with("entra_id", entra_id.as_str())
        .with("name", name)
        .with("application", application)
        .with("lease", bearer.lease.as_str())
}
