//! Taking away what no lease knows: the button and its dialog, which names what will go and tells what came of each.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::actions::{Action, ActionButton, Actions};
use super::browser;
use super::modal::{Closer, Modal, TITLE};
use super::notice::{Notice, Tone};
use super::problem::{PROBLEM, Problem};
use crate::api::targets;
use crate::domain::{ApiError, ExpiredSecret, Leftover, LeftoverKind, Reconciliation};

/// How many things the dialog names one by one.
const NAMED: usize = 20;

/// Opens the clean-up dialog of a check.
#[component]
pub fn CleanUpButton(
    /// What the check found.
    report: Reconciliation,
    /// Told when the dialog closes after something was tried.
    on_done: Callback<()>,
) -> impl IntoView {
    let of = report.target.to_string();
    view! {
        <ActionButton
            action=Action::CleanUp(Box::new(report))
            label="Clean up"
            of
            class="button danger"
            on_done=Some(on_done)
            open=false
        />
    }
}

/// The clean-up dialog.
#[component]
pub fn CleanUpDialog(
    /// What the check found.
    report: Reconciliation,
) -> impl IntoView {
    let actions = expect_context::<Actions>();
    let asking = RwSignal::new(false);
    let asked = RwSignal::new(false);
    let answer = RwSignal::new(None::<Reconciliation>);
    let title = format!("Clean up {}", report.target);
    // Closing is fine at any time: what was begun is finished without anybody watching.
    let may_close = Callback::new(|()| true);
    let on_closed = Callback::new(move |()| actions.finish(asked.get_untracked()));
    let answered = Memo::new(move |_| answer.with(Option::is_some));
    view! {
        <Modal title may_close on_closed>
            {move || {
                if answered.get() {
                    answer.get().map(|report| view! { <Outcome report /> }).into_any()
                } else {
                    view! { <Confirm report=report.clone() asking asked answer /> }.into_any()
                }
            }}
        </Modal>
    }
}

#[component]
fn Confirm(
    report: Reconciliation,
    asking: RwSignal<bool>,
    asked: RwSignal<bool>,
    answer: RwSignal<Option<Reconciliation>>,
) -> impl IntoView {
    let closer = expect_context::<Closer>();
    let error = RwSignal::new(None::<ApiError>);
    let names: Vec<String> = report
        .left()
        .map(what)
        .chain(report.expired_left().map(what_expired))
        .collect();
    let count = names.len();
    let further = count.saturating_sub(NAMED);
    let forgotten = report.left().filter(|row| row.lease_state.is_none()).count();
    let target = report.target.clone();
    let send = move |_| {
        if asking.get_untracked() {
            return;
        }
        asking.set(true);
        asked.set(true);
        error.set(None);
        let target = target.clone();
        spawn_local(async move {
            let given = targets::reconcile(target, Some(true)).await;
            asking.try_set(false);
            match given {
                Ok(report) => {
                    answer.try_set(Some(report));
                    browser::focus_id_later(TITLE);
                }
                Err(refused) => {
                    error.try_set(Some(refused));
                    browser::focus_id_later(PROBLEM);
                }
            }
        });
    };
    view! {
        <p>"This will be removed from Entra for good. It can't be undone:"</p>
        <ul class="bullets">
            {names.into_iter().take(NAMED).map(|name| view! { <li>{name}</li> }).collect_view()}
            {(further > 0).then(|| view! { <li>"and " {further} " more, as listed on the page"</li> })}
        </ul>
        {(forgotten > 0)
            .then(|| {
                view! {
                    <Notice tone=Tone::Warn title=format!("{} of no lease that is known here", count_is(forgotten))>
                        <p>
                            "If the database was restored from a backup, somebody may be using what it has forgotten. They lose their access."
                        </p>
                    </Notice>
                }
            })}
        <p>"Entra is looked through again first; what belongs to no live lease at that moment goes. Nothing of anybody else is touched."</p>
        {move || error.get().map(|error| view! { <Problem error /> })}
        <p class="dialog-wait" role="status">
            {move || {
                asking
                    .get()
                    .then_some("Removing, and waiting for Entra to confirm each. Closing this does not stop it.")
            }}
        </p>
        <div class="dialog-actions">
            <button type="button" class="button danger" disabled=move || asking.get() on:click=send>
                {move || {
                    if asking.get() { "Removing…".to_owned() } else { format!("Remove {} from Entra", things(count)) }
                }}
            </button>
            <button type="button" class="button" on:click=move |_| {
                    closer.close();
                }>
                {move || if asking.get() { "Close" } else { "Cancel" }}
            </button>
        </div>
    }
}

/// What came of it, told for each thing that is still there.
#[component]
fn Outcome(report: Reconciliation) -> impl IntoView {
    let closer = expect_context::<Closer>();
    let unknown_gone = report.unknown.iter().filter(|row| row.cleaned).count();
    let expired_gone = report.expired_secrets.iter().filter(|row| row.cleaned).count();
    let gone = unknown_gone + expired_gone;
    let reason = |error: &Option<String>| error.clone().unwrap_or_default();
    let left: Vec<(String, String)> = report
        .left()
        .map(|row| (what(row), reason(&row.error)))
        .chain(
            report
                .expired_left()
                .map(|row| (what_expired(row), reason(&row.error))),
        )
        .collect();
    let told = match (gone, left.len()) {
        (0, 0) => "Nothing was left to remove.".to_owned(),
        (gone, 0) => format!("Removed {}; Entra has confirmed it.", things(gone)),
        (gone, left) => format!("Removed {}; {} could not be removed.", things(gone), things(left)),
    };
    let pending = !left.is_empty();
    view! {
        <p class="outcome" class:is-pending=pending role="status">
            {told}
        </p>
        {pending
            .then(|| {
                let rows = left.into_iter().map(|(what, why)| view! { <li>{what} ": " {why}</li> }).collect_view();
                view! {
                    <Notice tone=Tone::Warn title="Still in Entra">
                        <ul class="bullets">{rows}</ul>
                    </Notice>
                }
            })}
        <div class="dialog-actions">
            <button type="button" class="button primary" on:click=move |_| {
                    closer.close();
                }>
                "Close"
            </button>
        </div>
    }
}

/// A thing in a sentence: `client secret leasehold:… of Payments`.
fn what(row: &Leftover) -> String {
    let kind = kind_word(row.kind);
    match &row.application {
        Some(application) => format!("{kind} {} of {application}", row.name),
        None => format!("{kind} {}", row.name),
    }
}

fn what_expired(row: &ExpiredSecret) -> String {
    let name = row.display_name.as_deref().unwrap_or(&row.key_id);
    format!("expired client secret {name} of {}", row.application)
}

/// What people call it.
pub fn kind_word(kind: LeftoverKind) -> &'static str {
    match kind {
        LeftoverKind::User => "user",
        LeftoverKind::DeletedUser => "deleted user",
        LeftoverKind::AppPassword => "client secret",
    }
}

/// `1 thing`, `3 things`.
pub fn things(count: usize) -> String {
    if count == 1 {
        "1 thing".to_owned()
    } else {
        format!("{count} things")
    }
}

fn count_is(count: usize) -> String {
    if count == 1 {
        "1 is".to_owned()
    } else {
        format!("{count} are")
    }
}
