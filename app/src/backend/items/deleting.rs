//! Deleting items: one, or all of a folder.

use super::{Items, missing};
use crate::backend::lease::Wait;
use crate::backend::store::{AuditEvent, Blocked, DeleteFolder, DeleteSecret, Deleting, LiveLeases};
use crate::domain::{ApiError, Deletion, FolderPath, Identity, ItemPath};

impl Items {
    /// Removes an item: at once where no lease of it lives; with `revoke_leases` its leases are taken back, and it goes by itself
    /// with the last one. Asking again is fine, and brings the next attempt forward.
    pub async fn delete(
        &self,
        by: &Identity,
        path: &ItemPath,
        revoke_leases: bool,
        wait: Wait,
    ) -> Result<Deletion, ApiError> {
        let (store, live, now) = (self.store.clone(), live(by, revoke_leases), self.clock.now());
        let event = AuditEvent::new(now, &by.id, "secret.delete", path.as_str());
        let of = path.clone();
        let write = async move { store.delete_secret(&of, live, now, event).await };
        match self.leases.begin_deletion(write).await? {
            DeleteSecret::Deleted => Ok(Deletion::done()),
            DeleteSecret::Deleting { id, .. } => self.leases.deletion(&Deleting::Items(vec![id]), wait).await,
            DeleteSecret::NotFound => Err(missing(path)),
            DeleteSecret::Protected => Err(ApiError::conflict(format!(
                "{path} is protected from deletion. Turn its delete protection off first."
            ))
            .with_reason("protected")),
            DeleteSecret::HasLiveLeases(count) => Err(ApiError::conflict(format!(
                "{count} lease(s) of {path} are not ended. Revoke them first, or delete with `revoke_leases`."
            ))
            .with_reason("has_live_leases")),
        }
    }

    /// Removes every item in a folder and below it, as [`delete`](Self::delete) does each; or none, where one can't be.
    pub async fn delete_folder(
        &self,
        by: &Identity,
        folder: &FolderPath,
        revoke_leases: bool,
        wait: Wait,
    ) -> Result<Deletion, ApiError> {
        if folder.is_root() {
            return Err(ApiError::invalid(
                "folder",
                "\"/\" is everything, and can't be deleted as a whole; name a folder in it",
            ));
        }
        let (store, live, now) = (self.store.clone(), live(by, revoke_leases), self.clock.now());
        let event =
            AuditEvent::new(now, &by.id, "secret.delete", folder.as_str()).with("folder", folder.as_str());
        let of = folder.clone();
        let write = async move { store.delete_folder(&of, live, now, event).await };
        match self.leases.begin_deletion(write).await? {
            DeleteFolder::Begun { marked } if marked.is_empty() => Ok(Deletion::done()),
            DeleteFolder::Begun { marked } => self.leases.deletion(&Deleting::Items(marked), wait).await,
            DeleteFolder::Empty => Err(ApiError::not_found(format!("item in folder {folder}"))),
            DeleteFolder::Refused {
                protected,
                in_use,
                leases,
            } => Err(refused(folder, &protected, &in_use, leases)),
        }
    }
}

fn live(by: &Identity, revoke_leases: bool) -> LiveLeases {
    if revoke_leases {
        LiveLeases::Revoke { by: by.name.clone() }
    } else {
        LiveLeases::Refuse
    }
}

/// Why a folder stays: everything that is in the way, by name.
fn refused(folder: &FolderPath, protected: &Blocked, in_use: &Blocked, leases: u64) -> ApiError {
    let mut why = vec![format!("Nothing in {folder} was deleted.")];
    if protected.items > 0 {
        why.push(format!(
            "{} item(s) are protected from deletion: {}. Turn their delete protection off first.",
            protected.items,
            named(protected)
        ));
    }
    if in_use.items > 0 {
        why.push(format!(
            "{leases} lease(s) of {} item(s) are not ended: {}. Revoke them first, or delete with `revoke_leases`.",
            in_use.items,
            named(in_use)
        ));
    }
    let reason = if protected.items > 0 {
        "protected"
    } else {
        "has_live_leases"
    };
    ApiError::conflict(why.join(" ")).with_reason(reason)
}

fn named(blocked: &Blocked) -> String {
    let names: Vec<_> = blocked.named.iter().map(ItemPath::as_str).collect();
    let more = blocked.items.saturating_sub(names.len() as u64);
    let names = names.join(", ");
    if more == 0 {
        names
    } else {
        format!("{names} and {more} more")
    }
}
