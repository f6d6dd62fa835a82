//! How much is taken back at once: on each target so many things, so that a target which hangs holds up no other; and apart from
//! them what somebody waits for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::domain::TargetId;

/// On one target. Graph's own limit on writes binds long before this does.
const AT_ONCE: usize = 16;
/// What somebody waits for, on all targets.
const URGENT: usize = 64;

/// The places.
#[derive(Debug)]
pub(super) struct Lanes {
    targets: Mutex<HashMap<TargetId, Arc<Semaphore>>>,
    urgent: Arc<Semaphore>,
    begun: watch::Sender<usize>,
}

impl Default for Lanes {
    fn default() -> Self {
        Self {
            targets: Mutex::default(),
            urgent: Arc::new(Semaphore::new(URGENT)),
            begun: watch::Sender::new(0),
        }
    }
}

impl Lanes {
    /// The places on a target.
    pub(super) fn of(&self, target: &TargetId) -> Arc<Semaphore> {
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = targets.entry(target.clone());
        lane.or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))).clone()
    }

    /// Whether nothing waits for a place on this target.
    pub(super) fn has_room(&self, target: &TargetId) -> bool {
        self.of(target).available_permits() > 0
    }

    /// A place for what somebody waits for; nothing when the server stops.
    pub(super) async fn urgent(&self) -> Option<OwnedSemaphorePermit> {
        self.urgent.clone().acquire_owned().await.ok()
    }

    /// Counts what was begun, until it is dropped.
    pub(super) fn begun(&self) -> Begun {
        self.begun.send_modify(|count| *count += 1);
        Begun(self.begun.clone())
    }

    /// Waits until everything that was begun is done.
    #[cfg(test)]
    pub(super) async fn quiet(&self) {
        let mut begun = self.begun.subscribe();
        begun.wait_for(|count| *count == 0).await.unwrap();
    }
}

/// Something that was begun.
#[derive(Debug)]
pub(super) struct Begun(watch::Sender<usize>);

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
