//! Items and targets that go with their last lease. The reaper completes what was begun, whoever began it and whenever.

use std::sync::atomic::{AtomicBool, Ordering};

use super::revoke::PATIENCE;
use super::{Leases, Shared};
use crate::backend::store::{Deleting, StoreError};
use crate::domain::{ApiError, Deletion, DynamicSecret, ItemPath};

/// Whether a deletion may be waiting for leases: at start it is not known. While none is, the reaper does not even look.
#[derive(Debug)]
pub(super) struct Pending(AtomicBool);

impl Default for Pending {
    fn default() -> Self {
        Self(AtomicBool::new(true))
    }
}

/// Whether a caller waits for Entra, as far as their patience goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Up to 10 seconds.
    ForEntra,
    /// Not at all.
    No,
}

impl Wait {
    /// From a call's `wait`, which is true where it is not given.
    pub fn unless_refused(wait: Option<bool>) -> Self {
        if wait == Some(false) {
            Self::No
        } else {
            Self::ForEntra
        }
    }
}

impl Leases {
    /// Writes a deletion down, and lets the reaper know, in a task that no dropped connection can cancel.
    pub(in crate::backend) async fn begin_deletion<T: Send + 'static>(
        &self,
        write: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, ApiError> {
        let shared = self.0.clone();
        let written = self.0.tasks.spawn(async move {
            let written = write.await;
            // Only now: what is looked for before it is committed is not found.
            shared.deletions.0.store(true, Ordering::SeqCst);
            shared.due.notify_one();
            written
        });
        let written = written.await.unwrap_or_else(|_| {
            Err(StoreError::Unavailable(
                "a fault of ours ended the change".to_owned(),
            ))
        });
        Ok(written?)
    }

    /// How far a deletion is, once it is done or the caller has waited long enough.
    pub(in crate::backend) async fn deletion(
        &self,
        what: &Deleting,
        wait: Wait,
    ) -> Result<Deletion, ApiError> {
        let mut news = self.0.news.subscribe();
        let gone = async {
            loop {
                let deletion = self.0.store.deletion(what).await?;
                if deletion.is_done() || news.changed().await.is_err() {
                    return Ok::<_, ApiError>(deletion);
                }
            }
        };
        if wait == Wait::ForEntra {
            // Time running out is no error: the answer says what is still there.
            if let Ok(deletion) = tokio::time::timeout(PATIENCE, gone).await {
                return deletion;
            }
        }
        Ok(self.0.store.deletion(what).await?)
    }
}

impl Shared {
    /// Completes the deletions that wait for no lease any more. What keeps them from it never keeps leases from being taken back.
    pub(super) async fn complete_deletions(&self) {
        if !self.deletions.0.swap(false, Ordering::SeqCst) {
            return;
        }
        let completed = match self.store.complete_deletions(self.clock.now()).await {
            Ok(completed) => completed,
            Err(error) => {
                self.deletions.0.store(true, Ordering::SeqCst);
                tracing::error!(%error, "deletions could not be completed; the reaper tries again");
                return;
            }
        };
        if completed.waiting {
            self.deletions.0.store(true, Ordering::SeqCst);
        }
        for target in &completed.targets {
            self.connections.forget(target);
        }
        if !completed.targets.is_empty() || !completed.items.is_empty() {
            self.tell();
        }
    }

    /// Why an item that was there a moment ago can't be issued.
    pub(super) async fn why_gone(&self, path: &ItemPath) -> Result<ApiError, ApiError> {
        let Some(item) = self.store.secret_by_path(path).await? else {
            return Ok(ApiError::not_found(format!("item {path}")).with_field("secret"));
        };
        Ok(refuse_deleted(&item)
            .err()
            .unwrap_or_else(|| ApiError::conflict(format!("{path} changed at the same moment. Try again."))))
    }
}

/// Refuses to use an item that is being deleted.
pub fn refuse_deleted(item: &DynamicSecret) -> Result<(), ApiError> {
    item.can_be_used().map_err(|refusal| {
        ApiError::conflict(format!("{} can't be used: {refusal}.", item.path)).with_reason("deleting")
    })
}
