//! Notes the calls that are made for one purpose, so that a lease can show what was done for it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::Attempt;

/// The calls made so far through one recording client.
#[derive(Debug, Clone, Default)]
pub struct CallLog(Arc<Mutex<Vec<Attempt>>>);

impl CallLog {
    /// The calls noted since the last time, oldest first; they are forgotten here.
    pub fn take(&self) -> Vec<Attempt> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn note(&self, attempt: Attempt) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(attempt);
    }
}
