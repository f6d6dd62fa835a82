//! A row of the credential card: a value that is masked until somebody asks to see it.

use std::time::Duration;

use leptos::html;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

use super::browser;
use super::copy_secret::CopySecretButton;
use super::exports::MASK;
use crate::domain::SecretText;

const SHOWN_FOR: Duration = Duration::from_secs(30);

/// A secret in a table's row: masked, with Reveal and Copy. Copying needs no revealing. It masks itself again after 30
/// seconds, when the page is hidden, and before it is printed.
#[component]
pub fn RevealOnce(
    /// What it is: `Client secret`.
    label: &'static str,
    /// The secret.
    value: SecretText,
    /// Told once it is on the clipboard.
    on_copied: Callback<()>,
) -> impl IntoView {
    let value = StoredValue::new(value);
    let shown = RwSignal::new(false);
    let refused = RwSignal::new(false);
    let masking = StoredValue::new(None::<TimeoutHandle>);
    let cell = NodeRef::<html::Code>::new();

    let stop_timer = move || {
        if let Some(Some(timer)) = masking.try_update_value(Option::take) {
            timer.clear();
        }
    };
    let mask = move || {
        stop_timer();
        shown.try_set(false);
        refused.try_set(false);
    };
    let reveal = move || {
        stop_timer();
        shown.set(true);
        masking.set_value(set_timeout_with_handle(mask, SHOWN_FOR).ok());
    };
    mask_when_unseen(mask);
    on_cleanup(stop_timer);
    // After the value has been drawn: there is nothing to select before.
    Effect::new(move |_| {
        if shown.get()
            && refused.get()
            && let Some(node) = cell.get()
        {
            request_animation_frame(move || browser::select_all(&node));
        }
    });

    let lower = label.to_lowercase();
    let text = move || {
        if shown.get() {
            value.with_value(|it| it.expose().to_owned())
        } else {
            MASK.to_owned()
        }
    };
    view! {
        <tr>
            <th scope="row">{label}</th>
            <td>
                <code
                    node_ref=cell
                    class="credential-value"
                    class:is-masked=move || !shown.get()
                    role=move || (!shown.get()).then_some("img")
                    aria-label=move || (!shown.get()).then_some("hidden")
                >
                    {text}
                </code>
                <Show when=move || refused.get()>
                    <p class="field-note">
                        "Press Ctrl+C — the browser blocked the clipboard (is this page on HTTPS?)."
                    </p>
                </Show>
            </td>
            <td class="credential-actions">
                <button
                    type="button"
                    class="button quiet small"
                    aria-pressed=move || shown.get().to_string()
                    on:click=move |_| if shown.get_untracked() { mask() } else { reveal() }
                >
                    {move || if shown.get() { "Hide" } else { "Reveal" }}
                    <span class="visually-hidden">{format!(" {lower}")}</span>
                </button>
                <CopySecretButton
                    text=Callback::new(move |()| value.with_value(|it| it.expose().to_owned()))
                    what=lower
                    on_copied=on_copied
                    on_refused=Callback::new(move |()| {
                        refused.set(true);
                        reveal();
                    })
                />
            </td>
        </tr>
    }
}

/// Runs `mask` when the page is hidden and before it is printed, for as long as the row is there.
fn mask_when_unseen(mask: impl Fn() + Clone + 'static) {
    Effect::new(move |_| {
        let mask = StoredValue::new_local(mask.clone());
        let hidden = window_event_listener_untyped("visibilitychange", move |_| {
            if !browser::is_visible() {
                mask.with_value(|mask| mask());
            }
        });
        let printed = window_event_listener_untyped("beforeprint", move |_| mask.with_value(|mask| mask()));
        on_cleanup(move || {
            hidden.remove();
            printed.remove();
        });
    });
}
