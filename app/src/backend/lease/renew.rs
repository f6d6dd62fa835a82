//! Renew: one UPDATE, no Graph call. Where Entra itself ends a credential, its date was set to the latest end at the start.

use super::{Leases, missing};
use crate::backend::store::AuditEvent;
use crate::domain::{ApiError, Identity, Lease, LeaseId, Ttl};

impl Leases {
    /// Moves a lease's end to now + `ttl`, never earlier than it is and never past its latest. Without `ttl`, the item's
    /// default counts, or the lease's whole length where the item is gone.
    pub async fn renew(&self, by: &Identity, id: &LeaseId, ttl: Option<Ttl>) -> Result<Lease, ApiError> {
        let shared = &self.0;
        let lease = shared.store.lease(id).await?.ok_or_else(|| missing(id))?;
        let now = shared.clock.now();
        lease
            .can_renew(now)
            .map_err(|refusal| refused(&lease, &refusal))?;
        let ttl = match ttl {
            Some(ttl) => ttl,
            None => self.default_ttl(&lease).await?,
        };
        let event = AuditEvent::new(now, &by.id, "lease.renew", id.as_str()).with("ttl", ttl.seconds());
        if let Some(renewed) = shared.store.renew_for(id, ttl, now, event).await? {
            return Ok(renewed);
        }
        // It changed between the look and the write: say what is true now.
        let lease = shared.store.lease(id).await?.ok_or_else(|| missing(id))?;
        Err(match lease.can_renew(shared.clock.now()) {
            Err(refusal) => refused(&lease, &refusal),
            Ok(_) => ApiError::conflict(format!("Lease {id} changed at the same moment. Try again.")),
        })
    }

    async fn default_ttl(&self, lease: &Lease) -> Result<Ttl, ApiError> {
        if let Some(secret) = self.0.store.secret_by_id(&lease.secret_id).await? {
            return Ok(secret.default_ttl);
        }
        let whole_length = lease.max_expires_at.millis_since(lease.created_at) / 1000;
        let seconds = u64::try_from(whole_length).unwrap_or(0);
        Ok(Ttl::from_seconds(seconds).unwrap_or(Ttl::MIN))
    }
}

fn refused(lease: &Lease, refusal: &crate::domain::Refusal) -> ApiError {
    ApiError::conflict(format!("Lease {} can't be renewed: {refusal}.", lease.id))
        .with_reason(lease.state.as_str())
}
