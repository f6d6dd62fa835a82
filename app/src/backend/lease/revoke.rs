//! Revoke: send leases on their way out, wait a little, and tell what is true then.

use std::time::Duration;

use futures::future::{join_all, try_join_all};

use super::{Leases, missing};
use crate::backend::store::AuditEvent;
use crate::domain::{ApiError, EndCause, Identity, ItemPath, Lease, LeaseId, TargetName};

/// How long a caller waits for Entra.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Leases that are taken back ahead of what is due; more of them are due like all others.
const AT_ONCE: usize = 20;

/// What is to be revoked.
#[derive(Debug, Clone)]
pub enum RevokeWhat {
    /// One lease.
    Lease(LeaseId),
    /// All of an item's.
    Secret(ItemPath),
    /// All of a target's.
    Target(TargetName),
}

impl RevokeWhat {
    /// From the call's arguments, of which exactly one must be given.
    pub fn from_arguments(
        lease: Option<LeaseId>,
        secret: Option<ItemPath>,
        target: Option<TargetName>,
    ) -> Result<Self, ApiError> {
        match (lease, secret, target) {
            (Some(lease), None, None) => Ok(Self::Lease(lease)),
            (None, Some(secret), None) => Ok(Self::Secret(secret)),
            (None, None, Some(target)) => Ok(Self::Target(target)),
            (None, None, None) => Err(ApiError::invalid(
                "lease",
                "name what to revoke: `lease`, `secret` or `target`",
            )),
            _ => Err(ApiError::invalid(
                "lease",
                "give only one of `lease`, `secret` and `target`",
            )),
        }
    }
}

impl Leases {
    /// Sends leases on their way out and, where `wait`, waits up to 10 seconds until they have ended. The answer tells the
    /// state of each as it is then; one that had ended before is fine.
    pub async fn revoke(&self, by: &Identity, what: RevokeWhat, wait: bool) -> Result<Vec<Lease>, ApiError> {
        let ids = self.ids_of(what).await?;
        let mut news = self.0.news.subscribe();
        try_join_all(ids.iter().map(|id| self.revoke_one(by, id))).await?;
        // Those that were on their way out already too: a person who asks again wants an attempt now.
        let attempts = if ids.len() <= AT_ONCE {
            self.0.undo_now(&ids).await?
        } else {
            Vec::new()
        };
        self.0.due.notify_one();
        if wait {
            let all_ended = async {
                // Mostly the first attempt is all it takes; each look at the news is a look at the rows.
                join_all(attempts).await;
                loop {
                    news.borrow_and_update();
                    if self.0.store.unended(&ids).await?.is_empty() || news.changed().await.is_err() {
                        return Ok::<(), ApiError>(());
                    }
                }
            };
            // Time running out is no error: the answer says which are still being taken back.
            if let Ok(result) = tokio::time::timeout(PATIENCE, all_ended).await {
                result?;
            }
        }
        self.read(&ids).await
    }

    async fn revoke_one(&self, by: &Identity, id: &LeaseId) -> Result<(), ApiError> {
        let shared = &self.0;
        let now = shared.clock.now();
        let cause = EndCause::Revoked(by.name.clone());
        let event = AuditEvent::new(now, &by.id, "lease.revoke", id.as_str());
        // Nothing changes for one that is on its way out already, or gone.
        shared.store.start_revoking(id, &cause, now, event).await?;
        Ok(())
    }

    async fn ids_of(&self, what: RevokeWhat) -> Result<Vec<LeaseId>, ApiError> {
        let store = &self.0.store;
        match what {
            RevokeWhat::Lease(id) => match store.lease(&id).await? {
                Some(_) => Ok(vec![id]),
                None => Err(missing(&id)),
            },
            RevokeWhat::Secret(path) => {
                let secret = store.secret_by_path(&path).await?;
                let secret =
                    secret.ok_or_else(|| ApiError::not_found(format!("item {path}")).with_field("secret"))?;
                Ok(store.live_leases_of_secret(&secret.id).await?)
            }
            RevokeWhat::Target(name) => {
                let target = store.target_by_name(&name).await?;
                let target = target
                    .ok_or_else(|| ApiError::not_found(format!("target {name}")).with_field("target"))?;
                Ok(store.live_leases_of_target(&target.target.id).await?)
            }
        }
    }

    async fn read(&self, ids: &[LeaseId]) -> Result<Vec<Lease>, ApiError> {
        let mut leases = Vec::with_capacity(ids.len());
        for id in ids {
            leases.extend(self.0.store.lease(id).await?);
        }
        Ok(leases)
    }
}
