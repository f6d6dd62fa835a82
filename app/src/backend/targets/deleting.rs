//! Deleting a target.

use super::{Targets, described};
use crate::backend::lease::Wait;
use crate::backend::store::{AuditEvent, DeleteTarget, Deleting, LiveLeases};
use crate::domain::{ApiError, Deletion, Identity, ItemPath, TargetName};

impl Targets {
    /// Removes a target that no item uses: at once where no lease lives on it; with `revoke_leases` those are taken back, and it
    /// goes by itself with the last one. Until then its credential stays, and can be replaced.
    pub async fn delete(
        &self,
        by: &Identity,
        name: &TargetName,
        revoke_leases: bool,
        wait: Wait,
    ) -> Result<Deletion, ApiError> {
        let stored = self.stored(name).await?;
        let now = self.clock.now();
        let event = AuditEvent {
            detail: described(&stored.target),
            ..AuditEvent::new(now, &by.id, "target.delete", name.as_str())
        };
        let live = if revoke_leases {
            LiveLeases::Revoke { by: by.name.clone() }
        } else {
            LiveLeases::Refuse
        };
        let (store, of) = (self.store.clone(), name.clone());
        let write = async move { store.delete_target(&of, live, now, event).await };
        match self.leases.begin_deletion(write).await? {
            DeleteTarget::Deleted => {
                self.connections.forget(&stored.target.id);
                Ok(Deletion::done())
            }
            DeleteTarget::Deleting { id, .. } => self.leases.deletion(&Deleting::Target(id), wait).await,
            DeleteTarget::NotFound => Err(ApiError::not_found(format!("target {name}"))),
            DeleteTarget::HasItems(count, paths) => {
                let named = paths.iter().map(ItemPath::as_str).collect::<Vec<_>>().join(", ");
                let more = count.saturating_sub(paths.len() as u64);
                let more = if more == 0 { String::new() } else { format!(" and {more} more") };
                Err(ApiError::conflict(format!(
                    "{count} item(s) use {name}: {named}{more}. Delete them or give them another target first."
                ))
                .with_reason("has_items"))
            }
            DeleteTarget::HasLiveLeases(count) => Err(ApiError::conflict(format!(
                "{count} lease(s) on {name} are not ended, and only this target can take them back. Revoke them first, or delete with `revoke_leases`."
            ))
            .with_reason("has_live_leases")),
        }
    }
}
