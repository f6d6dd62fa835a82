//! The state of a lease: outline, word and colour, never colour alone.

use leptos::prelude::*;

use super::icon::{Icon, IconView};
use super::lease_table::holder;
use super::live::now_until;
use crate::domain::{EndCause, Lease, LeaseState, Timestamp};

/// What a badge shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    class: &'static str,
    icon: Icon,
    word: &'static str,
}

fn look(lease: &Lease, now: Timestamp) -> Look {
    let (class, icon, word) = match lease.state {
        LeaseState::Generating => ("badge idle", Icon::Generating, "Generating"),
        LeaseState::Active if now >= lease.expires_at => ("badge warn", Icon::EndsSoon, "At its end"),
        LeaseState::Active if lease.ends_soon(now) => ("badge warn", Icon::EndsSoon, "Ends soon"),
        LeaseState::Active => ("badge ok", Icon::Active, "Active"),
        LeaseState::Revoking if lease.needs_attention => ("badge crit", Icon::Warning, "Needs attention"),
        LeaseState::Revoking => ("badge idle", Icon::Revoking, "Revoking"),
        LeaseState::Revoked => ("badge idle", Icon::Revoked, "Revoked"),
        LeaseState::Expired => ("badge idle", Icon::Expired, "Expired"),
        LeaseState::Failed => ("badge idle", Icon::NotIssued, "Not issued"),
        LeaseState::Abandoned => ("badge warn", Icon::Abandoned, "Given up"),
    };
    Look { class, icon, word }
}

/// What the badge's word leaves out: who revoked it, that it is gone from Entra, which try is next.
pub fn state_note(lease: &Lease) -> Option<String> {
    match lease.state {
        LeaseState::Generating | LeaseState::Active => None,
        LeaseState::Revoking if lease.attempts_made == 0 => None,
        LeaseState::Revoking => Some(format!("try {}", lease.attempts_made)),
        LeaseState::Revoked => match &lease.end_cause {
            Some(EndCause::Revoked(who)) => Some(format!("by {who}")),
            Some(EndCause::Unseen) => Some("nobody was there to receive it".to_owned()),
            Some(EndCause::Expired | EndCause::Failed | EndCause::Interrupted) | None => None,
        },
        LeaseState::Expired => Some("removed in Entra".to_owned()),
        LeaseState::Failed => Some("all undone".to_owned()),
        LeaseState::Abandoned => {
            let by = lease.abandoned.as_ref().map(|abandoned| holder(&abandoned.by));
            Some(by.map_or_else(
                || "may be left in Entra".to_owned(),
                |by| format!("by {by}; may be left in Entra"),
            ))
        }
    }
}

/// A lease's state.
#[component]
pub fn StateBadge(
    /// The lease.
    lease: Lease,
) -> impl IntoView {
    let now = now_until(lease.expires_at);
    let look = Memo::new(move |_| look(&lease, now.get()));
    view! {
        <span class=move || look.get().class>
            {move || view! { <IconView icon=look.get().icon /> }} {move || look.get().word}
        </span>
    }
}

/// What Entra itself would do if this server were gone.
#[component]
#[expect(clippy::needless_pass_by_value, reason = "a component owns its props")]
pub fn Backstop(
    /// The lease.
    lease: Lease,
) -> impl IntoView {
    match lease.entra_ends_at {
        Some(at) => leptos::either::Either::Left(view! {
            <span class="backstop" title="Entra refuses it from then on, even without this server">
                <super::time::TimeText at=at />
            </span>
        }),
        None => leptos::either::Either::Right(view! {
            <span class="backstop none" title="Entra has no end date for this; this server takes it away">
                "Only this server"
            </span>
        }),
    }
}
