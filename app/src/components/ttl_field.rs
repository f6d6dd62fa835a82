//! A field for a length of time: presets, and text such as `90m` or `1h30m`.

use leptos::html;
use leptos::prelude::*;

use super::field::{Field, described_by};
use super::time::ttl_text;
use crate::domain::Ttl;

/// A text field with presets beside it.
#[component]
pub fn TtlField(
    /// The field's id.
    id: &'static str,
    /// Its label.
    label: &'static str,
    /// What is typed.
    text: RwSignal<String>,
    /// The lengths to choose from.
    presets: Vec<Ttl>,
    /// Why what is typed is refused.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// What to know before answering.
    #[prop(into)]
    hint: String,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    // What was typed before the page was live counts.
    Effect::new(move |started: Option<()>| {
        let typed = text.get();
        let Some(input) = input.get() else { return };
        if started.is_none() {
            text.set(input.value());
        } else if input.value() != typed {
            input.set_value(&typed);
        }
    });
    let presets = presets
        .into_iter()
        .map(|ttl| view! { <Preset text ttl /> })
        .collect_view();
    view! {
        <Field id=id label=label hint=hint error=error>
            <div class="ttl-field">
                <input
                    node_ref=input
                    type="text"
                    id=id
                    name=id
                    class="mono ttl-input"
                    value=text.get_untracked()
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    aria-describedby=described_by(id)
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    on:input:target=move |event| text.set(event.target().value())
                />
                <div class="presets" role="group" aria-label="Presets">
                    {presets}
                </div>
            </div>
        </Field>
    }
}

#[component]
fn Preset(text: RwSignal<String>, ttl: Ttl) -> impl IntoView {
    let live = super::live::hydrated();
    let chosen = move || Ttl::parse(&text.get()) == Ok(ttl);
    view! {
        <button
            type="button"
            class="preset"
            aria-pressed=move || chosen().to_string()
            disabled=move || !live.get()
            on:click=move |_| text.set(ttl.to_string())
        >
            {ttl_text(ttl)}
        </button>
    }
}
