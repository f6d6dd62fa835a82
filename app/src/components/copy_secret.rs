//! A button that copies what must not stand in the page, and says so only once the browser has done it.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::browser;

const SAID_FOR: Duration = Duration::from_secs(2);

/// Copies what `text` gives. On success the button reads "Copied" for two seconds and a live region says it; on failure
/// `on_refused` runs, to show the text for copying by hand.
#[component]
pub fn CopySecretButton(
    /// What is copied, asked for at the press: nothing keeps it meanwhile.
    text: Callback<(), String>,
    /// What it is, for screen readers: `client secret`.
    #[prop(into)]
    what: String,
    /// The button's text.
    #[prop(optional, into)]
    label: Option<String>,
    /// Told once the text is on the clipboard.
    #[prop(optional, into)]
    on_copied: Option<Callback<()>>,
    /// Told when the browser refused.
    #[prop(optional, into)]
    on_refused: Option<Callback<()>>,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let said = RwSignal::new(String::new());
    let label = label.unwrap_or_else(|| "Copy".to_owned());
    let what = StoredValue::new(what);
    let on_click = move |_| {
        spawn_local(async move {
            if !browser::copy_text(text.run(())).await {
                if let Some(refused) = on_refused {
                    refused.try_run(());
                }
                said.try_set("The browser blocked the clipboard. Press Ctrl+C.".to_owned());
                return;
            }
            if let Some(done) = on_copied {
                done.try_run(());
            }
            copied.try_set(true);
            said.try_set(
                what.try_with_value(|what| format!("Copied {what}"))
                    .unwrap_or_default(),
            );
            set_timeout(
                move || {
                    copied.try_set(false);
                    said.try_set(String::new());
                },
                SAID_FOR,
            );
        });
    };
    view! {
        <button type="button" class="button quiet small" on:click=on_click>
            {move || if copied.get() { "Copied ✓".to_owned() } else { label.clone() }}
            <span class="visually-hidden">{format!(" {}", what.get_value())}</span>
        </button>
        <span class="visually-hidden" role="status">
            {move || said.get()}
        </span>
    }
}
