//! Giving up: the button "Stop trying…", its dialog, and what stands on the page of a lease that was given up.
//!
//! Rule: it never says revoked or gone. It says what remains in Entra, how long Entra itself lets it live, and what to do by hand.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::actions::{Action, ActionButton, Actions};
use super::browser;
use super::copy::CopyButton;
use super::field::TextArea;
use super::lease_table::holder;
use super::modal::{Closer, Modal};
use super::notice::{Notice, Tone};
use super::problem::{PROBLEM, Problem, without_field};
use super::time::TimeText;
use crate::api::leases;
use crate::domain::{Abandonment, ApiError, LeaseDetail, LeaseState};

/// Opens the dialog that stops the attempts to take a lease back.
#[component]
pub fn AbandonButton(
    /// The lease, with what it has in Entra.
    detail: LeaseDetail,
    /// Told when the dialog closes after the lease changed.
    on_done: Callback<()>,
) -> impl IntoView {
    let refusal = detail
        .lease
        .can_abandon()
        .err()
        .map(|why| format!("Can't stop trying: {why}."));
    let of = detail.lease.secret.to_string();
    view! {
        <ActionButton
            action=Action::Abandon(Box::new(detail))
            label="Stop trying…"
            of=of
            class="button danger"
            on_done=Some(on_done)
            open=false
            refusal=Signal::stored(refusal)
        />
    }
}

/// The dialog: what remains, and why nobody should go on.
#[component]
pub fn AbandonDialog(
    /// The lease, with what it has in Entra.
    detail: LeaseDetail,
) -> impl IntoView {
    let actions = expect_context::<Actions>();
    let title = format!("Stop trying to take {} back", detail.lease.identity);
    let asking = RwSignal::new(false);
    let given_up = RwSignal::new(false);
    let may_close = Callback::new(move |()| !asking.get_untracked());
    let on_closed = Callback::new(move |()| actions.finish(given_up.get_untracked()));
    view! {
        <Modal title=title class="abandon" may_close=may_close on_closed=on_closed>
            <Confirm detail=detail asking=asking given_up=given_up />
        </Modal>
    }
}

#[component]
fn Confirm(detail: LeaseDetail, asking: RwSignal<bool>, given_up: RwSignal<bool>) -> impl IntoView {
    let closer = expect_context::<Closer>();
    let reason = RwSignal::new(String::new());
    let wrong = RwSignal::new(None::<String>);
    let error = RwSignal::new(None::<ApiError>);
    let id = detail.lease.id.clone();
    let send = move |_| {
        if asking.get_untracked() {
            return;
        }
        let said = match Abandonment::parse_reason(&reason.get_untracked()) {
            Ok(said) => said,
            Err(why) => {
                wrong.set(Some(why.0));
                browser::focus_id_later(REASON);
                return;
            }
        };
        wrong.set(None);
        error.set(None);
        asking.set(true);
        let id = id.clone();
        spawn_local(async move {
            let answer = leases::abandon(id, said).await;
            asking.try_set(false);
            match answer {
                Ok(_) => {
                    given_up.try_set(true);
                    closer.close();
                }
                Err(refused) if refused.field.as_deref() == Some("reason") => {
                    wrong.try_set(Some(without_field(&refused)));
                    browser::focus_id_later(REASON);
                }
                Err(refused) => {
                    error.try_set(Some(refused));
                    browser::focus_id_later(PROBLEM);
                }
            }
        });
    };
    view! {
        <p>
            "The server stops trying for good, and what remains in Entra is yours to remove. Where it may still be let go one day, leave it: the attempts cost nothing."
        </p>
        <Remains detail=detail />
        <TextArea
            id=REASON
            label="Why nobody should go on trying"
            value=reason
            hint="It stands on the lease and in the audit, with your name."
            error=Signal::derive(move || wrong.get())
        />
        {move || error.get().map(|error| view! { <Problem error=error /> })}
        <div class="dialog-actions">
            <button type="button" class="button danger" disabled=move || asking.get() on:click=send>
                {move || if asking.get() { "Stopping…" } else { "Stop trying" }}
            </button>
            <button
                type="button"
                class="button"
                disabled=move || asking.get()
                on:click=move |_| {
                    closer.close();
                }
            >
                "Cancel"
            </button>
        </div>
    }
}

const REASON: &str = "abandon-reason";

/// What is left in Entra, and how long Entra lets it live.
#[component]
fn Remains(detail: LeaseDetail) -> impl IntoView {
    let none = detail.remains.is_empty();
    let rows = detail
        .remains
        .into_iter()
        .map(|what| view! { <li class="breakable">{what}</li> })
        .collect_view();
    let until = match detail.lease.entra_ends_at {
        _ if none => None,
        Some(at) => Some(
            view! {
                <p>"Entra itself refuses it from " <TimeText at=at /> " on; until then it works."</p>
            }
            .into_any(),
        ),
        None => Some(
            view! { <p>"Entra has no end date for it: it works until somebody removes it."</p> }.into_any(),
        ),
    };
    view! {
        <div class="stack">
            <p>
                <strong>
                    {if none { "Nothing of it is known to be in Entra any more." } else { "Remains in Entra:" }}
                </strong>
            </p>
            <ul class="remains">{rows}</ul>
            {until}
        </div>
    }
}

/// On the page of a lease that was given up: who and why, what remains, and how to remove it by hand.
#[component]
pub fn GivenUp(
    /// The lease, with what it has in Entra.
    detail: LeaseDetail,
) -> impl IntoView {
    if detail.lease.state != LeaseState::Abandoned {
        return None;
    }
    let who = detail.lease.abandoned.clone().map(|given_up| {
        let at = detail.lease.ended_at.map(|at| view! { ", " <TimeText at=at /> });
        view! {
            <p>"Given up by " <strong>{holder(&given_up.by)}</strong> {at} ": " {given_up.reason}</p>
        }
    });
    let why_not = detail.lease.last_error.clone().map(|why| {
        view! { <p>"What Entra answered last: " {why}</p> }
    });
    let commands = detail.clean_up.join("\n");
    let by_hand = (!commands.is_empty()).then(|| {
        view! {
            <p>"Remove it by hand, in this order, signed in to its tenant (az login):"</p>
            <pre tabindex="0" aria-label="Commands that remove it">
                <code>{commands.clone()}</code>
            </pre>
            <CopyButton text=commands label="Copy commands" />
        }
    });
    Some(view! {
        <Notice tone=Tone::Warn title="Given up: nobody tries to take it back any more">
            {who}
            {why_not}
            <Remains detail=detail />
            {by_hand}
        </Notice>
    })
}
