//! Generate: check, plan, commit the intent, apply it in a task that no dropped connection can cancel, hand over the value.

use std::time::Duration;

use tokio::sync::oneshot;

use super::in_flight::Hold;
use super::share::Unshared;
use super::turns::Turn;
use super::{Leases, Shared};
use crate::backend::Stopwatch;
use crate::backend::connections::explain;
use crate::backend::graph::GraphClient;
use crate::backend::items::check_refusal;
use crate::backend::provider::{self, Applied, GrantPlan, Plan, PlanInput};
use crate::backend::store::{AuditEvent, Begin, LEASEHOLD, NewLease, StoreError, StoredTarget};
use crate::domain::{
    ApiError, DynamicSecret, EndCause, Identity, Issued, IssuedLease, ItemPath, Lease, LeaseId, Ttl,
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
            // Whatever is left of a lease that was not issued is due now.
            shared.due.notify_one();
            let issued = result.is_ok();
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
            .secret_by_path(&request.secret)
            .await?
            .ok_or_else(gone)?;
        let policy = TtlPolicy::new(secret.default_ttl, secret.max_ttl);
        let ttl = policy
            .and_then(|policy| policy.grant(request.ttl))
            .map_err(|why| ApiError::invalid("ttl", why))?;
        let target = shared
            .store
            .target_by_name(&secret.target)
            .await?
            .ok_or_else(gone)?;
        let graph = shared.connections.client(&target)?;
        let checked = provider::check_now(&graph, &secret.spec).await;
        secret.names = checked.map_err(|error| check_refusal(error, &target))?;

        let (recipient, turn) = shared
            .recipient(&graph, &target, &secret, by, request.username.as_deref())
            .await?;

        let now = shared.clock.now();
        let id = shared.entropy.lease_id(now);
        let max_expires_at = now.plus(secret.max_ttl);
        let instance_id = shared.store.instance_id(&shared.entropy).await?;
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
        match shared.store.begin_lease(lease, event).await? {
            Begin::Begun => {}
            Begin::Repeated(lease) => return Err(repeated(&lease)),
            Begin::ItemGone => return Err(gone()),
        }
        let grants = shared.decided(&id, grants).await?;
        Ok((
            Begun {
                id,
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
        let applied = match self.apply_all(&begun).await {
            Ok(applied) => applied,
            Err(Unapplied { error, first_absent }) => {
                self.give_up(&begun.id, &error.message).await;
                for absent in first_absent..begun.grants.len() {
                    Self::note(
                        self.store
                            .grant_undone(&begun.id, seq_of(absent), self.clock.now())
                            .await,
                    );
                }
                return Err(error);
            }
        };
        let target = &begun.target.target;
        let Some(mut issued) = provider::issue(&begun.secret.spec, target, &applied) else {
            let error = ApiError::internal("grants-without-value");
            self.give_up(&begun.id, &error.message).await;
            return Err(error);
        };
        if begun.wait_usable {
            self.wait_until_usable(&begun, &mut issued).await;
        }
        match self.activated(&begun.id).await {
            Ok(Some(lease)) => Ok(IssuedLease { lease, issued }),
            Ok(None) => Err(ApiError::conflict(format!(
                "Lease {} was revoked while it was being issued; what was made is being taken back. Generate again.",
                begun.id
            ))
            .with_reason(begun.id.as_str())),
            Err(error) => {
                let error = ApiError::from(error);
                self.give_up(&begun.id, &error.message).await;
                Err(error)
            }
        }
    }

    /// Commits `active`; nothing where the lease was revoked meanwhile.
    async fn activated(&self, id: &LeaseId) -> Result<Option<Lease>, StoreError> {
        if self.store.activate(id, self.clock.now()).await? {
            self.store.lease(id).await
        } else {
            Ok(None)
        }
    }

    async fn apply_all(&self, begun: &Begun) -> Result<Vec<(GrantPlan, Applied)>, Unapplied> {
        let (graph, log) = begun.graph.recording();
        let mut applied = Vec::with_capacity(begun.grants.len());
        let mut result = Ok(());
        for (seq, plan) in begun.grants.iter().enumerate() {
            result = self.apply_one(begun, &graph, seq, plan, &mut applied).await;
            if result.is_err() {
                break;
            }
        }
        Self::note(self.store.log_attempts(&begun.id, log.take()).await);
        result.map(|()| applied)
    }

    async fn apply_one(
        &self,
        begun: &Begun,
        graph: &GraphClient,
        seq: usize,
        plan: &GrantPlan,
        applied: &mut Vec<(GrantPlan, Applied)>,
    ) -> Result<(), Unapplied> {
        if plan.subject().is_some() && !plan.had_before() {
            return self.apply_shared(begun, graph, seq, plan, applied).await;
        }
        let done = provider::apply(graph, plan, applied, &self.entropy)
            .await
            .map_err(|error| Unapplied {
                // What was never asked for, or clearly refused, is not in Entra: nothing to look for later.
                first_absent: if error.is_ambiguous() { seq + 1 } else { seq },
                error: explain(&error, &begun.target.target),
            })?;
        // What the user had before has no id that would be ours.
        let entra_id = (!plan.had_before()).then_some(done.entra_id.as_str());
        let noted = self
            .store
            .grant_applied(&begun.id, seq_of(seq), entra_id, self.clock.now())
            .await;
        applied.push((plan.clone(), done));
        match noted {
            Ok(true) => Ok(()),
            Ok(false) => Err(Unapplied {
                error: ApiError::internal("grant-not-planned"),
                first_absent: seq + 1,
            }),
            Err(error) => Err(Unapplied {
                error: error.into(),
                first_absent: seq + 1,
            }),
        }
    }

    async fn apply_shared(
        &self,
        begun: &Begun,
        graph: &GraphClient,
        seq: usize,
        plan: &GrantPlan,
        applied: &mut Vec<(GrantPlan, Applied)>,
    ) -> Result<(), Unapplied> {
        let given = self.give(&begun.id, seq_of(seq), graph, plan).await;
        applied.push(given.map_err(|failed| match failed {
            Unshared::Graph(error) => Unapplied {
                first_absent: if error.is_ambiguous() { seq + 1 } else { seq },
                error: explain(&error, &begun.target.target),
            },
            Unshared::Unwritten(error) => Unapplied {
                error,
                first_absent: seq + 1,
            },
        })?);
        Ok(())
    }

    /// Sends a lease that could not be issued on its way out, with the reason.
    async fn give_up(&self, id: &LeaseId, why: &str) {
        // The reason first: once the lease is on its way out, the reaper writes to it too.
        Self::note(self.store.note_error(id, why).await);
        self.take_back(id, &EndCause::Failed).await;
    }

    /// Sends a lease on its way out. Where the database refuses even that, the reaper finds the lease `generating` with nobody
    /// holding it, or active and past its end.
    pub(super) async fn take_back(&self, id: &LeaseId, cause: &EndCause) {
        let now = self.clock.now();
        let event =
            AuditEvent::new(now, LEASEHOLD, "lease.revoke", id.as_str()).with("cause", cause.describe());
        Self::note(self.store.start_revoking(id, cause, now, event).await);
        self.due.notify_one();
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
