//! Which leases a task of this process has in hand, so that no two work on one.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::LeaseId;

/// The leases in hand.
#[derive(Debug, Clone, Default)]
pub(super) struct InFlight(Arc<Mutex<HashSet<LeaseId>>>);

impl InFlight {
    /// Takes a lease in hand, until the hold is dropped; nothing where somebody else has it.
    pub(super) fn take(&self, id: &LeaseId) -> Option<Hold> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(id.clone()).then(|| Hold {
            of: self.clone(),
            id: id.clone(),
        })
    }

    /// Whether somebody has this lease in hand.
    pub(super) fn holds(&self, id: &LeaseId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }
}

/// A lease in hand.
#[derive(Debug)]
pub(super) struct Hold {
    of: InFlight,
    id: LeaseId,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.of
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.id);
    }
}
