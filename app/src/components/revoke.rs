//! The button and dialog of: revoke.

use leptos::prelude::*;

use crate::domain::Lease;

/// Opens the Revoke dialog.
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
    let _ = (lease, on_done, open);
}
