//! What a task of this process has in hand, so that no two work on one: leases, and targets that are being checked.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::LeaseId;

/// What is in hand.
#[derive(Debug, Clone)]
pub(super) struct InFlight<T>(Arc<Mutex<HashSet<T>>>);

impl<T> Default for InFlight<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Eq + Hash + Clone> InFlight<T> {
    /// Takes one in hand, until the hold is dropped; nothing where somebody else has it.
    pub(super) fn take(&self, id: &T) -> Option<Hold<T>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(id.clone()).then(|| Hold {
            of: self.clone(),
            id: id.clone(),
        })
    }

    /// Whether somebody has this one in hand.
    pub(super) fn holds(&self, id: &T) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }
}

/// One in hand.
#[derive(Debug)]
pub(super) struct Hold<T: Eq + Hash = LeaseId> {
    of: InFlight<T>,
    id: T,
}

impl<T: Eq + Hash> Drop for Hold<T> {
    fn drop(&mut self) {
        self.of
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.id);
    }
}
