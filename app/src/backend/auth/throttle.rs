//! How often a name may be tried: five times a minute, then it waits until the first of them is a minute old.
//!
//! An attempt counts from its beginning, so that many at once do not slip through, and success forgets them all. Names are
//! kept as hashes, known or not: the table is as large as the attempts of one minute, which hashing bounds.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::{AuthError, token_hash};
use crate::domain::Timestamp;

const ATTEMPTS: usize = 5;
const WINDOW_MILLIS: i64 = 60_000;

#[derive(Default)]
pub(super) struct Throttle(Mutex<HashMap<Vec<u8>, Vec<Timestamp>>>);

impl Throttle {
    /// Counts an attempt, or refuses it.
    pub(super) fn attempt(&self, name: &str, now: Timestamp) -> Result<(), AuthError> {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.retain(|_, attempts| {
            attempts.retain(|at| (0..WINDOW_MILLIS).contains(&now.millis_since(*at)));
            !attempts.is_empty()
        });
        let attempts = names.entry(token_hash(name)).or_default();
        if attempts.len() < ATTEMPTS {
            attempts.push(now);
            return Ok(());
        }
        let waited = attempts.first().map_or(0, |first| now.millis_since(*first));
        let seconds = (WINDOW_MILLIS - waited + 999) / 1000;
        Err(AuthError::Throttled {
            retry_after_seconds: f64::from(i32::try_from(seconds).unwrap_or(i32::MAX)),
        })
    }

    /// Forgets the attempts at this name.
    pub(super) fn succeeded(&self, name: &str) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.remove(&token_hash(name));
    }
}
