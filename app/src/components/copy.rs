//! Copying: a button that says "Copied" only once the clipboard has taken it, and otherwise what to do.

use leptos::prelude::*;

use super::browser;
use super::button::{Button, Variant};
use super::icon::{Icon, IconView};
use super::live::{announcer, hydrated};

/// How a copy went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    NotTried,
    Copied,
    Refused,
}

const SHOWN_FOR: u32 = 2000;

/// Starts a copy; the signal tells how it went, for two seconds where it went well.
fn copy(text: String, outcome: RwSignal<Outcome>) {
    let announcer = announcer();
    browser::spawn(async move {
        if browser::copy_text(text).await {
            outcome.try_set(Outcome::Copied);
            if let Some(announcer) = announcer {
                announcer.say("Copied");
            }
            browser::after(SHOWN_FOR, move || {
                outcome.try_set(Outcome::NotTried);
            });
        } else {
            outcome.try_set(Outcome::Refused);
        }
    });
}

/// Copies a text that is no secret.
#[component]
pub fn CopyButton(
    /// What is copied.
    #[prop(into)]
    text: String,
    /// What the button says before.
    #[prop(default = "Copy")]
    label: &'static str,
) -> impl IntoView {
    let outcome = RwSignal::new(Outcome::NotTried);
    let copying = text.clone();
    let on_click = Callback::new(move |()| copy(copying.clone(), outcome));
    let said = move || match outcome.get() {
        Outcome::NotTried => label,
        Outcome::Copied => "Copied",
        Outcome::Refused => "Select and press Ctrl+C",
    };
    let refused = move || outcome.get() == Outcome::Refused;
    view! {
        <span class="copy">
            <Button variant=Variant::Quiet icon=Icon::Copy on_click>
                {said}
            </Button>
            // Where the clipboard refuses, the text stands ready to be selected by hand.
            <Show when=refused>
                <textarea class="mono" readonly aria-label="The text to copy" rows="2">
                    {text.clone()}
                </textarea>
            </Show>
        </span>
    }
}

/// An id in the fixed-width face, with a button that copies it.
#[component]
pub fn CopyId(
    /// The id.
    #[prop(into)]
    value: String,
    /// What it is the id of: `tenant ID`.
    label: &'static str,
) -> impl IntoView {
    let outcome = RwSignal::new(Outcome::NotTried);
    let live = hydrated();
    let copying = value.clone();
    let icon = move || match outcome.get() {
        Outcome::NotTried => view! { <IconView icon=Icon::Copy /> },
        Outcome::Copied => view! { <IconView icon=Icon::Check /> },
        Outcome::Refused => view! { <IconView icon=Icon::Close /> },
    };
    let refused = move || outcome.get() == Outcome::Refused;
    view! {
        <span class="copy-id">
            <code>{value}</code>
            <button
                type="button"
                class="button quiet icon-only small"
                aria-label=format!("Copy {label}")
                title=format!("Copy {label}")
                disabled=move || !live.get()
                on:click=move |_| copy(copying.clone(), outcome)
            >
                {icon}
            </button>
            <Show when=refused>
                <span class="meta">"Select it and press Ctrl+C"</span>
            </Show>
        </span>
    }
}
