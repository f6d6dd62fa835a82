//! Issuing a lease whose intent is committed: its grants put into Entra one after the other, `active` committed, and only then the value.
//!
//! Rule: what Entra has made is written down before the next thing is asked for, and the last one together with the end of the way. Where
//! anything fails, the lease is on its way out before anybody is told.

use std::time::Duration;

use super::Shared;
use super::generate::Begun;
use super::share::Unshared;
use crate::backend::Stopwatch;
use crate::backend::connections::explain;
use crate::backend::graph::{CallLog, GraphClient, GraphError};
use crate::backend::provider::{self, Applied, GrantPlan};
use crate::backend::store::{Abort, AuditEvent, LEASEHOLD, Progress, Progressed};
use crate::domain::{ApiError, EndCause, Issued, IssuedLease, Timestamp};

/// How long a new app secret is tried before it is shown unproven.
const USABLE_WITHIN_MILLIS: u64 = 60_000;

/// Why a lease could not be applied, and from which grant on nothing of it is in Entra.
struct Unapplied {
    error: ApiError,
    first_absent: usize,
}

/// What a lease has put into Entra so far.
#[derive(Default)]
struct Made {
    applied: Vec<(GrantPlan, Applied)>,
    /// Of these, those that are not written down yet, by their place, and Entra's id of each.
    unwritten: Vec<(i64, Option<String>)>,
}

/// A grant's place, as the store counts it.
fn seq_of(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

impl Shared {
    /// Applies the grants, commits `active`, and only then gives out the value. Where anything fails, the lease is on its way
    /// out when this returns.
    pub(super) async fn issue(&self, begun: Begun) -> Result<IssuedLease, ApiError> {
        let (graph, log) = begun.graph.recording();
        let failed = match self.apply_all(&begun, &graph, &log).await {
            Ok(made) => match self.hand_over(&begun, &log, made).await {
                Ok(issued) => return Ok(issued),
                Err(failed) => failed,
            },
            Err(failed) => failed,
        };
        let Unapplied { error, first_absent } = failed;
        let abort = Abort {
            lease: begun.id.clone(),
            why: error.message.clone(),
            absent: (first_absent..begun.grants.len()).map(seq_of).collect(),
            calls: log.take(),
        };
        let now = self.clock.now();
        let event = AuditEvent::new(now, LEASEHOLD, "lease.revoke", begun.id.as_str())
            .with("cause", EndCause::Failed.describe());
        Self::note(self.store.abort(abort, now, event).await);
        Err(error)
    }

    /// Puts the grants into Entra, one after the other. The last one may not be written down yet: that is done with what comes after
    /// it.
    async fn apply_all(&self, begun: &Begun, graph: &GraphClient, log: &CallLog) -> Result<Made, Unapplied> {
        let mut made = Made::default();
        for (index, plan) in begun.grants.iter().enumerate() {
            if !made.unwritten.is_empty() {
                self.report(begun, &mut made, log, false).await?;
            }
            let failed = |error: GraphError| Unapplied {
                // What was never asked for, or clearly refused, is not in Entra: nothing to look for later.
                first_absent: if error.is_ambiguous() { index + 1 } else { index },
                error: explain(&error, &begun.target.target),
            };
            if plan.subject().is_some() && !plan.had_before() {
                match self.give(&begun.id, seq_of(index), graph, plan).await {
                    Ok(given) => made.applied.push(given),
                    Err(Unshared::Graph(error)) => return Err(failed(error)),
                    Err(Unshared::NotPlanned(error)) => {
                        return Err(Unapplied {
                            error,
                            first_absent: index + 1,
                        });
                    }
                    Err(Unshared::Unwritten(why)) => {
                        let error = Self::unrecorded(&begun.id, &why, false);
                        return Err(Unapplied {
                            error,
                            first_absent: index + 1,
                        });
                    }
                }
                continue;
            }
            let done = provider::apply(graph, plan, &made.applied, &self.entropy)
                .await
                .map_err(failed)?;
            // What the user had before has no id that would be ours.
            let entra_id = (!plan.had_before()).then(|| done.entra_id.clone());
            made.unwritten.push((seq_of(index), entra_id));
            made.applied.push((plan.clone(), done));
        }
        Ok(made)
    }

    /// Writes down what is in Entra, and whether that was all; says when the lease became active.
    async fn report(
        &self,
        begun: &Begun,
        made: &mut Made,
        log: &CallLog,
        activate: bool,
    ) -> Result<Option<Timestamp>, Unapplied> {
        let first_absent = made.applied.len();
        let unapplied = |error| Unapplied { error, first_absent };
        let at = self.clock.now();
        let progress = Progress {
            lease: begun.id.clone(),
            applied: std::mem::take(&mut made.unwritten),
            calls: log.take(),
            activate,
            at,
        };
        match self.store.progress(progress).await {
            Ok(Progressed {
                applied: true,
                active,
            }) => Ok(active.then_some(at)),
            Ok(Progressed { applied: false, .. }) => Err(unapplied(ApiError::internal("grant-not-planned"))),
            Err(why) => {
                let (graph, applied) = (&begun.graph, &made.applied);
                Err(unapplied(
                    self.undo_unrecorded(&begun.id, graph, applied, &why).await,
                ))
            }
        }
    }

    /// The value, once the lease is active.
    async fn hand_over(
        &self,
        begun: &Begun,
        log: &CallLog,
        mut made: Made,
    ) -> Result<IssuedLease, Unapplied> {
        let unapplied = |error| Unapplied {
            error,
            first_absent: begun.grants.len(),
        };
        let Some(mut issued) = provider::issue(&begun.secret.spec, &begun.target.target, &made.applied)
        else {
            return Err(unapplied(ApiError::internal("grants-without-value")));
        };
        if begun.wait_usable && begun.secret.kind.is_tried() {
            self.report(begun, &mut made, log, false).await?;
            self.wait_until_usable(begun, &mut issued).await;
        }
        match self.report(begun, &mut made, log, true).await? {
            Some(at) => Ok(IssuedLease {
                lease: begun.lease.issued(at),
                issued,
            }),
            None => Err(unapplied(
                ApiError::conflict(format!(
                    "Lease {} was revoked while it was being issued; what was made is being taken back. Generate again.",
                    begun.id
                ))
                .with_reason(begun.id.as_str()),
            )),
        }
    }

    /// Tries a new app secret until it works, and notes since when. Entra may need up to a minute; one that is not seen to work is
    /// shown with that truth.
    async fn wait_until_usable(&self, begun: &Begun, issued: &mut Issued) {
        let Issued::AppSecret(app) = issued else { return };
        let watch = Stopwatch::start();
        let mut pause = Duration::from_millis(250);
        while watch.millis() < USABLE_WITHIN_MILLIS && !self.stop.is_cancelled() {
            match provider::usable(&begun.graph, &app.client_id, &app.client_secret).await {
                Ok(true) => {
                    app.usable_since = Some(self.clock.now());
                    return;
                }
                Ok(false) => {}
                Err(error) => {
                    tracing::info!(lease = %begun.id, error = error.short(), "a new secret could not be tried");
                    return;
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }
}
