//! What is being done right now: generate, renew, revoke, delete, give up or clean up, in a dialog that the shell owns.
//!
//! A button only asks; the dialog lives in [`ActionHost`], once, in the shell. A list that refreshes behind an open dialog
//! would otherwise take the dialog with it, and a credential that is shown once would be gone.
//!
//! To add an action: a variant of [`Action`], its key, and its dialog in [`ActionHost`].

use leptos::prelude::*;

use super::abandon::AbandonDialog;
use super::clean_up::CleanUpDialog;
use super::delete::{DeleteDialog, Doomed};
use super::generate_dialog::GenerateDialog;
use super::renew::RenewDialog;
use super::revoke::RevokeDialog;
use crate::domain::{DynamicSecret, Lease, LeaseDetail, Reconciliation};

/// Something that a person asked for.
#[derive(Debug, Clone)]
pub enum Action {
    /// Take out a lease of this item.
    Generate(Box<DynamicSecret>),
    /// Move this lease's end.
    Renew(Box<Lease>),
    /// Take this lease back.
    Revoke(Box<Lease>),
    /// Stop trying to take this lease back.
    Abandon(Box<LeaseDetail>),
    /// Delete an item, a folder or a target.
    Delete(Doomed),
    /// Take away what this check found.
    CleanUp(Box<Reconciliation>),
}

impl Action {
    /// What tells it from every other.
    fn key(&self) -> String {
        match self {
            Self::Generate(secret) => format!("generate {}", secret.path),
            Self::Renew(lease) => format!("renew {}", lease.id),
            Self::Revoke(lease) => format!("revoke {}", lease.id),
            Self::Abandon(detail) => format!("abandon {}", detail.lease.id),
            Self::Delete(doomed) => format!("delete {}", doomed.key()),
            Self::CleanUp(report) => format!("clean-up {}", report.target),
        }
    }
}

#[derive(Debug, Clone)]
struct Asked {
    action: Action,
    on_done: Option<Callback<()>>,
}

/// The action whose dialog is open, and whom to tell when something came of it.
#[derive(Debug, Clone, Copy)]
pub struct Actions {
    asked: RwSignal<Option<Asked>>,
    /// What has opened by itself since the page was loaded: once is enough, however often its button is drawn.
    opened: StoredValue<Vec<String>>,
}

impl Actions {
    /// Opens the dialog of this action. `on_done` runs when the dialog closes after something changed.
    pub fn ask(self, action: Action, on_done: Option<Callback<()>>) {
        self.asked.set(Some(Asked { action, on_done }));
    }

    /// Opens it unless it has opened by itself before.
    fn ask_once(self, action: Action, on_done: Option<Callback<()>>) {
        let key = action.key();
        if !self.opened.with_value(|opened| opened.contains(&key)) {
            self.opened.update_value(|opened| opened.push(key));
            self.ask(action, on_done);
        }
    }

    /// Takes the dialog away, and tells whoever asked if something changed.
    pub fn finish(self, changed: bool) {
        let asked = self.asked.try_update(Option::take).flatten();
        if let Some(Asked {
            on_done: Some(on_done),
            ..
        }) = asked
            && changed
        {
            // The page may have been left meanwhile; then nobody is there to be told.
            on_done.try_run(());
        }
    }
}

/// Makes the buttons work: called once, in `App`, above the pages and [`ActionHost`].
pub fn provide_actions() {
    provide_context(Actions {
        asked: RwSignal::new(None),
        opened: StoredValue::new(Vec::new()),
    });
}

/// Where the dialogs stand: once, in the shell, beside the page.
#[component]
pub fn ActionHost() -> impl IntoView {
    let actions = expect_context::<Actions>();
    move || {
        actions.asked.get().map(|asked| match asked.action {
            Action::Generate(secret) => view! { <GenerateDialog secret=*secret /> }.into_any(),
            Action::Renew(lease) => view! { <RenewDialog lease=*lease /> }.into_any(),
            Action::Revoke(lease) => view! { <RevokeDialog lease=*lease /> }.into_any(),
            Action::Abandon(detail) => view! { <AbandonDialog detail=*detail /> }.into_any(),
            Action::Delete(doomed) => view! { <DeleteDialog doomed=doomed /> }.into_any(),
            Action::CleanUp(report) => view! { <CleanUpDialog report=*report /> }.into_any(),
        })
    }
}

/// A button that asks for an action: disabled until the page is live, and where the action is refused, with the reason.
#[component]
pub fn ActionButton(
    /// What it asks for.
    action: Action,
    /// Its text: a verb.
    label: &'static str,
    /// The object's name, for screen readers.
    of: String,
    /// Its classes.
    class: &'static str,
    /// Told when the dialog closes after something changed.
    on_done: Option<Callback<()>>,
    /// Whether the dialog opens by itself once the page is live.
    open: bool,
    /// Why it can't be done, where it can't.
    #[prop(optional, into)]
    refusal: Signal<Option<String>>,
) -> impl IntoView {
    let actions = use_context::<Actions>();
    let live = RwSignal::new(false);
    let why_id = format!("why-{}", action.key().replace([' ', '/'], "-"));
    let described = why_id.clone();
    let action = StoredValue::new(action);
    Effect::new(move |_| {
        live.set(true);
        if open
            && refusal.with_untracked(Option::is_none)
            && let Some(actions) = actions
        {
            actions.ask_once(action.get_value(), on_done);
        }
    });
    let on_click = move |_| {
        if let Some(actions) = actions {
            actions.ask(action.get_value(), on_done);
        }
    };
    view! {
        <button
            type="button"
            class=class
            disabled=move || !live.get() || refusal.with(Option::is_some)
            title=move || refusal.get()
            aria-describedby=move || refusal.with(Option::is_some).then(|| described.clone())
            on:click=on_click
        >
            {label}
            <span class="visually-hidden">" " {of}</span>
        </button>
        <span class="visually-hidden" id=why_id>
            {move || refusal.get()}
        </span>
    }
}
