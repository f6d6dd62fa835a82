//! Writes that overlap: Entra refuses a change of an application while another change of it is under way
//! (`Directory_ConcurrencyViolation`).
//!
//! A write is done at once and then keeps its object busy for as long as a test has ordered; by default for no time at
//! all, so that nothing ever overlaps.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::Method;

use crate::wire::Request;

/// The collections whose objects take one change at a time.
const ONE_AT_A_TIME: [&str; 2] = ["applications", "servicePrincipals"];

/// The objects that are being changed.
#[derive(Clone, Debug, Default)]
pub struct Writing(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    lasts: Duration,
    busy: HashSet<String>,
}

/// A change that is under way, until this is dropped.
#[derive(Debug)]
pub struct Turn {
    of: Writing,
    object: String,
    /// How long it lasts.
    pub lasts: Duration,
}

impl Writing {
    /// Makes every change from now on last this long.
    pub fn set_lasts(&self, lasts: Duration) {
        self.state().lasts = lasts;
    }

    /// Forgets what was ordered.
    pub fn reset(&self) {
        *self.state() = State::default();
    }

    /// Begins a change. Nothing where the request changes nothing of this sort, or changes take no time; an error where the
    /// object is being changed.
    pub fn begin(&self, request: &Request) -> Result<Option<Turn>, Overlap> {
        let mut state = self.state();
        let Some(object) = object_of(request).filter(|_| !state.lasts.is_zero()) else {
            return Ok(None);
        };
        if !state.busy.insert(object.clone()) {
            return Err(Overlap);
        }
        Ok(Some(Turn {
            of: self.clone(),
            object,
            lasts: state.lasts,
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The object is being changed already.
#[derive(Debug, PartialEq, Eq)]
pub struct Overlap;

impl Drop for Turn {
    fn drop(&mut self) {
        self.of.state().busy.remove(&self.object);
    }
}

/// The object that a request changes: `applications/{key}`, whatever follows.
fn object_of(request: &Request) -> Option<String> {
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["v1.0", collection, key, ..]
            if request.method != Method::GET && ONE_AT_A_TIME.contains(collection) =>
        {
            Some(format!("{collection}/{}", key.to_lowercase()))
        }
        _ => None,
    }
}
