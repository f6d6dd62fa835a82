//! Generate: check, plan, commit the intent, in a task that no dropped connection can cancel; `issue.rs` goes on from there.

use tokio::sync::oneshot;

use super::in_flight::Hold;
use super::turns::Turn;
use super::{Leases, Shared};
use crate::backend::graph::GraphClient;
use crate::backend::items::check_refusal;
use crate::backend::provider::{self, GrantPlan, Plan, PlanInput};
use crate::backend::store::{AuditEvent, Begin, LEASEHOLD, NewLease, StoreError, StoredTarget};
use crate::domain::{
    ApiError, DynamicSecret, EndCause, Identity, IssuedLease, ItemPath, LeaseId, Ttl, TtlPolicy,
};

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
    pub(super) id: LeaseId,
    pub(super) lease: NewLease,
    pub(super) secret: DynamicSecret,
    pub(super) target: StoredTarget,
    pub(super) graph: GraphClient,
    pub(super) grants: Vec<GrantPlan>,
    pub(super) wait_usable: bool,
    /// Held until the lease is issued or given up: see `share.rs`.
    _turn: Option<Turn>,
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
