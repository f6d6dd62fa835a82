//! Taking a lease back: the button and its dialog.
//!
//! Rule: it says "revoked" only where Entra has confirmed it; until then it says what is pending and who is trying again.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::actions::{Action, ActionButton, Actions};
use super::browser;
use super::lease_table::holder;
use super::modal::{Closer, Modal, TITLE};
use super::notice::{Notice, Tone};
use super::problem::{PROBLEM, Problem};
use super::words;
use crate::api::leases::{self, Revoked};
use crate::domain::{ApiError, EndCause, ErrorCode, Kind, Lease, LeaseId, LeaseState};

/// How often an open dialog looks whether Entra has confirmed.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// Opens the Revoke dialog; disabled, with the reason, where there is nothing to revoke.
#[component]
pub fn RevokeButton(
    /// The lease.
    lease: Lease,
    /// Told when the dialog closes after the lease changed.
    #[prop(optional)]
    on_done: Option<Callback<()>>,
    /// Whether the dialog opens by itself once the page is live.
    #[prop(optional)]
    open: bool,
) -> impl IntoView {
    let refusal = lease
        .can_revoke()
        .err()
        .map(|why| format!("Can't revoke: {why}."));
    let of = lease.secret.to_string();
    view! {
        <ActionButton
            action=Action::Revoke(Box::new(lease))
            label="Revoke"
            of=of
            class="button danger"
            on_done=on_done
            open=open
            refusal=Signal::stored(refusal)
        />
    }
}

/// The Revoke dialog of a lease.
#[component]
pub fn RevokeDialog(
    /// The lease.
    lease: Lease,
) -> impl IntoView {
    let actions = expect_context::<Actions>();
    let asking = RwSignal::new(false);
    let answer = RwSignal::new(None::<Lease>);
    let title = format!("Revoke {}", lease.secret.name());
    // While Entra is asked, closing is fine: the revocation goes on without anybody watching.
    let may_close = Callback::new(move |()| true);
    let asked = RwSignal::new(false);
    let on_closed = Callback::new(move |()| actions.finish(asked.get_untracked()));
    let answered = Memo::new(move |_| answer.with(Option::is_some));
    view! {
        <Modal title=title class="revoke" may_close=may_close on_closed=on_closed>
            {move || {
                if answered.get() {
                    view! { <Outcome answer=answer /> }.into_any()
                } else {
                    view! { <Confirm lease=lease.clone() asking=asking asked=asked answer=answer /> }.into_any()
                }
            }}
        </Modal>
    }
}

#[component]
fn Confirm(
    lease: Lease,
    asking: RwSignal<bool>,
    asked: RwSignal<bool>,
    answer: RwSignal<Option<Lease>>,
) -> impl IntoView {
    let closer = expect_context::<Closer>();
    let error = RwSignal::new(None::<ApiError>);
    let (holder, identity, id, kind) = (
        holder(&lease.holder),
        lease.identity.clone(),
        lease.id.clone(),
        lease.kind,
    );
    let send = move |_| {
        if asking.get_untracked() {
            return;
        }
        asking.set(true);
        asked.set(true);
        error.set(None);
        let id = id.clone();
        spawn_local(async move {
            let given = leases::revoke(Some(id.clone()), None, None, Some(true)).await;
            asking.try_set(false);
            match given.and_then(|revoked| only(revoked, &id)) {
                Ok(lease) => {
                    answer.try_set(Some(lease));
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
        <p>"Revoke " <strong>{identity}</strong> ", held by " <strong>{holder}</strong> "?"</p>
        <p>{what_stops(kind)}</p>
        {move || error.get().map(|error| view! { <Problem error=error /> })}
        <p class="dialog-wait" role="status">
            {move || {
                asking.get().then_some("Asking Entra, and waiting for it to confirm. Closing this does not stop it.")
            }}
        </p>
        <div class="dialog-actions">
            <button
                type="button"
                class="button danger"
                disabled=move || asking.get()
                on:click=send
            >
                {move || if asking.get() { "Revoking…" } else { "Revoke" }}
            </button>
            <button type="button" class="button" on:click=move |_| {
                    closer.close();
                }>
                {move || if asking.get() { "Close" } else { "Cancel" }}
            </button>
        </div>
    }
}

fn only(revoked: Revoked, id: &LeaseId) -> Result<Lease, ApiError> {
    match revoked {
        Revoked::One(lease) => Ok(*lease),
        Revoked::Many { items } => items.into_iter().find(|lease| lease.id == *id).ok_or_else(|| {
            ApiError::new(
                ErrorCode::Internal,
                "The answer does not hold this lease. Reload the page.",
            )
        }),
    }
}

/// What became of it, looked up again until it has ended.
#[component]
fn Outcome(answer: RwSignal<Option<Lease>>) -> impl IntoView {
    let closer = expect_context::<Closer>();
    let ended = Memo::new(move |_| answer.with(|it| it.as_ref().is_none_or(|lease| lease.state.is_ended())));
    Effect::new(move |_| {
        if ended.get() {
            return;
        }
        if let Ok(looking) = set_interval_with_handle(move || look(answer), LOOK_EVERY) {
            on_cleanup(move || looking.clear());
        }
    });
    view! {
        <p class="outcome" class:is-pending=move || !ended.get() role="status">
            {move || answer.get().map(|lease| outcome(&lease))}
        </p>
        {move || {
            answer
                .get()
                .filter(|lease| !lease.state.is_ended())
                .and_then(|lease| lease.last_error)
                .map(|why| view! { <Notice tone=Tone::Warn title="What Entra answered last"><p>{why}</p></Notice> })
        }}
        <div class="dialog-actions">
            <button type="button" class="button primary" on:click=move |_| {
                    closer.close();
                }>
                "Close"
            </button>
        </div>
    }
}

fn look(answer: RwSignal<Option<Lease>>) {
    let Some(id) = answer.with_untracked(|it| it.as_ref().map(|lease| lease.id.clone())) else {
        return;
    };
    spawn_local(async move {
        // A look that fails tells nothing: what was last known stays, and the next look comes.
        if let Ok(detail) = leases::get(id).await {
            answer.try_set(Some(detail.lease));
        }
    });
}

fn what_stops(kind: Kind) -> &'static str {
    match kind {
        Kind::AppSecret => {
            "The client secret is removed in Entra and stops working within about a minute. \
             Access tokens that were already handed out may live up to 1 hour."
        }
        Kind::PortalUser => {
            "The user is deleted in Entra, with its groups and roles, and can't sign in any more. \
             Sessions that are already open may live up to 1 hour."
        }
        Kind::UserGrants => {
            "The groups and directory roles that the lease added are taken from the user in Entra, unless another lease of the \
             same user still needs them. What the user had before stays. Entra may need up to 15 minutes until roles no longer count."
        }
    }
}

/// The truth about a lease that was asked back.
fn outcome(lease: &Lease) -> String {
    let at = lease
        .ended_at
        .map_or_else(String::new, |at| format!(" at {}", words::second(at)));
    match lease.state {
        LeaseState::Revoked => {
            let by = match &lease.end_cause {
                Some(EndCause::Revoked(who)) => format!(", by {}", holder(who)),
                Some(EndCause::Expired | EndCause::Failed | EndCause::Unseen | EndCause::Interrupted)
                | None => String::new(),
            };
            format!("Revoked in Entra{at}{by}.")
        }
        LeaseState::Expired => format!("It had reached its end: removed in Entra{at}."),
        LeaseState::Failed => format!("It was never issued; whatever was made is undone{at}."),
        LeaseState::Abandoned => format!(
            "Somebody gave it up{at}: nobody tries to take it back any more. Its page says what remains in Entra."
        ),
        LeaseState::Revoking => {
            let next = lease
                .next_attempt_at
                .map_or_else(String::new, |at| format!(", next at {}", words::second(at)));
            format!(
                "Not confirmed by Entra yet: {} made{next}. The console keeps trying; closing this does not stop it.",
                attempts(lease.attempts_made)
            )
        }
        LeaseState::Generating | LeaseState::Active => {
            "Not revoked yet: the lease is still in use. Try again.".to_owned()
        }
    }
}

fn attempts(count: u32) -> String {
    if count == 1 {
        "1 attempt".to_owned()
    } else {
        format!("{count} attempts")
    }
}
