//! Taking out a lease: the button.

use leptos::prelude::*;

use super::actions::{Action, ActionButton};
use crate::domain::DynamicSecret;

/// Opens the Generate dialog.
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
    let name = secret.path.to_string();
    let refusal = secret
        .can_be_used()
        .err()
        .map(|why| format!("Can't generate: {why}."));
    view! {
        <ActionButton
            action=Action::Generate(Box::new(secret))
            label="Generate"
            of=name
            class="button primary"
            on_done=on_done
            open=open
            refusal=Signal::stored(refusal)
        />
    }
}
