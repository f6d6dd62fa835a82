//! Keeping what is shown true: again every so often while somebody looks, and after something was done.

use leptos::prelude::*;

use super::browser;

const EVERY: u32 = 15_000;

/// A number that grows whenever what is shown should be read again: a resource's source reads it.
#[derive(Debug, Clone, Copy)]
pub struct Refresh(RwSignal<u32>);

impl Refresh {
    /// One that only grows when told.
    pub fn on_demand() -> Self {
        Self(RwSignal::new(0))
    }

    /// One that also grows every 15 seconds while somebody can see the page.
    pub fn while_visible() -> Self {
        let refresh = Self::on_demand();
        Effect::new(move |_| {
            browser::every(EVERY, move || {
                if browser::is_visible() {
                    refresh.now();
                }
            });
        });
        refresh
    }

    /// Reads again.
    pub fn now(self) {
        // A page that is gone has nothing left to refresh.
        self.0.try_update(|count| *count = count.wrapping_add(1));
    }

    /// The number, tracked.
    pub fn version(self) -> u32 {
        self.0.get()
    }

    /// What an action calls when it is done.
    pub fn callback(self) -> Callback<()> {
        Callback::new(move |()| self.now())
    }
}
