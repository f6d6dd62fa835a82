//! A button that copies, and says so only once the browser has done it.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::browser;

const SAID_FOR: Duration = Duration::from_secs(2);

/// Copies what `text` gives. On success the button reads "Copied" for two seconds and a live region says it; on failure
/// `on_refused` runs, to show the text for copying by hand.
#[component]
pub fn CopyButton(
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
    let spoken = what.clone();
    let on_click = move |_| {
        let what = spoken.clone();
        spawn_local(async move {
            if browser::copy(&text.run(())).await.is_err() {
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
            said.try_set(format!("Copied {what}"));
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
        <button type="button" class="button button-small copy-button" on:click=on_click>
            {move || if copied.get() { "Copied ✓".to_owned() } else { label.clone() }}
            <span class="visually-hidden">{format!(" {what}")}</span>
        </button>
        <span class="visually-hidden" role="status">
            {move || said.get()}
        </span>
    }
}
