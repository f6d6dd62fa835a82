//! A field for a length of time: presets, and text such as `90m` or `1h30m`.

use leptos::prelude::*;

use super::words;
use crate::domain::Ttl;

/// Presets up to a maximum, and a text field. `error` stands beside the field and is tied to it.
#[component]
pub fn TtlField(
    /// The field's id.
    id: &'static str,
    /// Its label.
    label: &'static str,
    /// What is typed.
    text: RwSignal<String>,
    /// The largest that makes sense: presets end there.
    max: Ttl,
    /// Why what is typed is refused.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// A line under the field.
    #[prop(optional, into)]
    hint: String,
) -> impl IntoView {
    let presets = words::presets(max)
        .into_iter()
        .map(|ttl| {
            let chosen = move || Ttl::parse(&text.get()) == Ok(ttl);
            view! {
                <button
                    type="button"
                    class="preset"
                    aria-pressed=move || chosen().to_string()
                    on:click=move |_| text.set(ttl.to_string())
                >
                    {words::duration(ttl.millis())}
                </button>
            }
        })
        .collect_view();
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let described = format!("{hint_id} {error_id}");
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <div class="ttl-field">
                <input
                    type="text"
                    id=id
                    class="input ttl-input"
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    aria-describedby=described
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    prop:value=move || text.get()
                    on:input=move |event| text.set(event_target_value(&event))
                />
                <div class="presets" role="group" aria-label=format!("{label}: presets")>
                    {presets}
                </div>
            </div>
            <p class="field-hint" id=hint_id>
                {hint}
            </p>
            <p class="field-error" id=error_id aria-live="polite">
                {move || error.get()}
            </p>
        </div>
    }
}
