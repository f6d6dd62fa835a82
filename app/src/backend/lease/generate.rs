//! Generate: check, plan, commit the intent, apply it in a task that no dropped connection can cancel, hand over the value.

use std::time::Duration;

use tokio::sync::oneshot;

use super::in_flight::Hold;
use super::share::Unshared;
use super::turns::Turn;
use super::{Leases, Shared};
use crate::backend::Stopwatch;
use crate::backend::connections::explain;
use crate::backend::graph::{CallLog, GraphClient, GraphError};
use crate::backend::items::check_refusal;
use crate::backend::provider::{self, Applied, GrantPlan, Plan, PlanInput};
use crate::backend::store::{
    Abort, AuditEvent, Begin, LEASEHOLD, NewLease, Progress, Progressed, StoreError, StoredTarget,
};
use crate::domain::{
    ApiError, DynamicSecret, EndCause, Identity, Issued, IssuedLease, ItemPath, LeaseId, Timestamp, Ttl,
    TtlPolicy,
};

/// How long a new app secret is tried before it is shown unproven.
const USABLE_WITHIN_MILLIS: u64 = 60_000;
const MAX_REASON: usize = 500;
const MAX_REQUEST_ID: usize = 200;

/// What a caller asks for.
#[derive(Debug, Clone)]
pub struct GenerateRequest {
    /// The item.
    pub secret: ItemPath,
    /// How long; the item's default where nothing is said.
    pub ttl: Option<Ttl>,
    /// Why, in the caller's words.
    pub reason: Option<String>,
    /// The caller's own name of this request: said twice, it makes one lease.
    pub request_id: Option<String>,
    /// Whether to wait until a new app secret works.
    pub wait_usable: bool,
    /// The user who gets it, where the item lets the caller choose: a user principal name or an object id.
    pub username: Option<String>,
}

/// A lease whose intent is committed.
pub(super) struct Begun {
    id: LeaseId,
    lease: NewLease,
    secret: DynamicSecret,
    target: StoredTarget,
    graph: GraphClient,
    grants: Vec<GrantPlan>,
    wait_usable: bool,
    /// Held until the lease is issued or given up: see `share.rs`.
    _turn: Option<Turn>,
}

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

impl Leases {
    /// Takes out a lease for this caller.
    pub async fn generate(&self, by: &Identity, request: GenerateRequest) -> Result<IssuedLease, ApiError> {
        check_texts(&request)?;
        self.refuse_repeated(by, &request).await?;
        let (hand_over, receive) = oneshot::channel();
        let (leases, by) = (self.clone(), by.clone());
        // The intent is committed in the task too: a caller who goes at that moment does not leave it to nobody.
        self.0.tasks.spawn(async move {
            let shared = &leases.0;
            let (begun, hold) = match leases.begin(&by, request).await {
                Ok(begun) => begun,
                Err(refused) => {
                    // Nothing was begun, so nothing is to be done where nobody hears of it.
                    drop(hand_over.send(Err(refused)));
                    return;
                }
            };
            let id = begun.id.clone();
            let result = shared.issue(begun).await;
            drop(hold);
            let issued = result.is_ok();
            if !issued {
                // Whatever is left of a lease that was not issued is due now.
                shared.due.notify_one();
            }
            if hand_over.send(result).is_err() && issued {
                shared.take_back(&id, &EndCause::Unseen).await;
            }
        });
        receive
            .await
            .unwrap_or_else(|_| Err(ApiError::internal("generate-task-ended")))
    }

    /// A repeated request is answered before Entra is asked anything; the index decides the race between two at once.
    async fn refuse_repeated(&self, by: &Identity, request: &GenerateRequest) -> Result<(), ApiError> {
        let Some(request_id) = &request.request_id else {
            return Ok(());
        };
        match self.0.store.lease_by_request(&by.id, request_id).await? {
            Some(lease) => Err(repeated(&lease)),
            None => Ok(()),
        }
    }

    /// Checks, plans and commits the intent. From here on the lease has a story that somebody will finish.
    pub(super) async fn begin(
        &self,
        by: &Identity,
        request: GenerateRequest,
    ) -> Result<(Begun, Hold), ApiError> {
        let shared = &self.0;
        let gone = || ApiError::not_found(format!("item {}", request.secret)).with_field("secret");
        let mut secret = shared
            .store
            .kept_secret(&request.secret)
            .await?
            .ok_or_else(gone)?;
        super::deleting::refuse_deleted(&secret)?;
        let policy = TtlPolicy::new(secret.default_ttl, secret.max_ttl);
        let ttl = policy
            .and_then(|policy| policy.grant(request.ttl))
            .map_err(|why| ApiError::invalid("ttl", why))?;
        let target = shared.store.kept_target(&secret.target).await?.ok_or_else(gone)?;
        let graph = shared.connections.client(&target)?;
        let checked = provider::check_now(&graph, &secret.spec).await;
        secret.names = checked.map_err(|error| check_refusal(error, &target))?;

        let (recipient, turn) = shared
            .recipient(&graph, &target, &secret, by, request.username.as_deref())
            .await?;

        let now = shared.clock.now();
        let id = shared.entropy.lease_id(now);
        let max_expires_at = now.plus(secret.max_ttl);
        let instance_id = shared.store.kept_instance_id(&shared.entropy).await?;
        let Plan {
            identity,
            entra_ends_at,
            grants,
        } = provider::plan(&PlanInput {
            lease_id: &id,
            instance_id: &instance_id,
            secret: &secret,
            requester: &by.name,
            recipient: recipient.as_ref(),
            max_expires_at,
            entropy: &shared.entropy,
        });
        let rows = Shared::new_grants(&grants);
        let lease = NewLease {
            id: id.clone(),
            secret_id: secret.id.clone(),
            secret_path: secret.path.clone(),
            kind: secret.kind,
            target_id: target.target.id.clone(),
            target_name: target.target.name.clone(),
            holder: by.id.clone(),
            reason: request.reason,
            request_id: request.request_id,
            created_at: now,
            expires_at: now.plus(ttl),
            max_expires_at,
            identity,
            entra_ends_at,
            grants: rows.map_err(|error| crate::backend::errors::internal(&error))?,
        };
        let event = AuditEvent::new(now, &by.id, "lease.generate", id.as_str())
            .with("secret", lease.secret_path.as_str())
            .with("ttl", ttl.seconds())
            .with("reason", lease.reason.clone());
        // In hand before its row exists: the reaper takes a `generating` row that nobody holds for a crashed one.
        let hold = shared
            .in_flight
            .take(&id)
            .ok_or_else(|| ApiError::internal("lease-id-twice"))?;
        match shared.store.begin_lease(lease.clone(), event).await? {
            Begin::Begun => {}
            Begin::Repeated(lease) => return Err(repeated(&lease)),
            Begin::ItemGone => return Err(shared.why_gone(&request.secret).await?),
        }
        let grants = shared.decided(&id, grants).await?;
        Ok((
            Begun {
                id,
                lease,
                secret,
                target,
                graph,
                grants,
                wait_usable: request.wait_usable,
                _turn: turn,
            },
            hold,
        ))
    }
}

impl Shared {
    /// Applies the grants, commits `active`, and only then gives out the value. Where anything fails, the lease is on its way
    /// out when this returns.
    async fn issue(&self, begun: Begun) -> Result<IssuedLease, ApiError> {
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

    /// Sends a lease on its way out. Where the database refuses even that, the reaper finds the lease `generating` with nobody
    /// holding it, or active and past its end.
    pub(super) async fn take_back(&self, id: &LeaseId, cause: &EndCause) {
        Self::note(self.send_out(id, cause).await);
        self.due.notify_one();
    }

    /// Sends a lease on its way out.
    pub(super) async fn send_out(&self, id: &LeaseId, cause: &EndCause) -> Result<(), StoreError> {
        let now = self.clock.now();
        let event =
            AuditEvent::new(now, LEASEHOLD, "lease.revoke", id.as_str()).with("cause", cause.describe());
        self.store.start_revoking(id, cause, now, event).await.map(drop)
    }

    /// For writes whose failure changes nothing of what is true: logged, and made up for by the reaper.
    pub(super) fn note<T>(written: Result<T, StoreError>) {
        if let Err(error) = written {
            tracing::error!(%error, "a lease's row could not be written; the reaper will make up for it");
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

fn check_texts(request: &GenerateRequest) -> Result<(), ApiError> {
    if request
        .reason
        .as_ref()
        .is_some_and(|reason| reason.chars().count() > MAX_REASON)
    {
        return Err(ApiError::invalid(
            "reason",
            format!("at most {MAX_REASON} characters"),
        ));
    }
    match &request.request_id {
        Some(id) if id.is_empty() || id.len() > MAX_REQUEST_ID => Err(ApiError::invalid(
            "request_id",
            format!("1 to {MAX_REQUEST_ID} characters"),
        )),
        Some(_) | None => Ok(()),
    }
}

fn repeated(lease: &LeaseId) -> ApiError {
    ApiError::conflict(format!(
        "This request was made before and became lease {lease}; its credential was shown then and is not kept. Revoke that lease and generate again with another request_id."
    ))
    .with_reason(lease.as_str())
}
