//! Fields of forms: a label, a hint, the control, and what is wrong with it.
//!
//! Typed text survives hydration: a control that already holds text when the page becomes live gives it to its signal.
//! To add a control: wrap it in [`Field`], give it `id` and `aria-describedby=described_by(id)`.

use leptos::html;
use leptos::prelude::*;

use super::icon::{Icon, IconView};

/// The ids that a control of this id is described by: its hint and its error.
pub fn described_by(id: &str) -> String {
    format!("{id}-hint {id}-error")
}

/// A label, a hint, a control and its error.
#[component]
pub fn Field(
    /// The control's id.
    #[prop(into)]
    id: String,
    /// What is asked for.
    #[prop(into)]
    label: String,
    /// What to know before answering.
    #[prop(optional, into)]
    hint: MaybeProp<String>,
    /// What is wrong with the answer.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// Whether it may stay empty; said beside the label.
    #[prop(optional)]
    optional: bool,
    /// The control.
    children: Children,
) -> impl IntoView {
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    view! {
        <div class="field" class:invalid=move || error.get().is_some()>
            <label for=id>
                {label} {optional.then(|| view! { <span class="optional">" (optional)"</span> })}
            </label>
            {hint.get_untracked().map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            {children()}
            <FieldError id=error_id error />
        </div>
    }
}

/// What is wrong with a field, under it.
#[component]
fn FieldError(id: String, error: Signal<Option<String>>) -> impl IntoView {
    view! {
        <p class="field-error" id=id>
            {move || error.get().map(|text| view! { <IconView icon=Icon::Failed /> <span>{text}</span> })}
        </p>
    }
}

/// One line of text.
#[component]
pub fn TextField(
    /// Its id, unique in the page; its name in the form too.
    id: &'static str,
    /// What is asked for.
    #[prop(into)]
    label: String,
    /// The text.
    value: RwSignal<String>,
    /// What to know before answering.
    #[prop(optional, into)]
    hint: MaybeProp<String>,
    /// What is wrong with the answer.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// Whether it may stay empty.
    #[prop(optional)]
    optional: bool,
    /// `text`, `password`, `search`, `number`.
    #[prop(default = "text")]
    kind: &'static str,
    /// Whether it is an id or code, to be set in the fixed-width face.
    #[prop(optional)]
    mono: bool,
    /// What the browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// An example, never an instruction.
    #[prop(optional)]
    placeholder: &'static str,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    Effect::new(move |started: Option<()>| {
        let text = value.get();
        let Some(input) = input.get() else { return };
        if started.is_none() && (kind != "password" || !input.value().is_empty()) {
            value.set(input.value());
        } else if input.value() != text {
            input.set_value(&text);
        }
    });
    let invalid = move || error.get().map(|_| "true");
    view! {
        <Field id=id label=label hint error optional>
            <input
                node_ref=input
                id=id
                name=id
                type=kind
                value=(kind != "password").then(|| value.get_untracked())
                class:mono=mono
                autocomplete=autocomplete
                autocapitalize="off"
                spellcheck="false"
                placeholder=placeholder
                required=!optional
                aria-invalid=invalid
                aria-describedby=described_by(id)
                on:input:target=move |event| value.set(event.target().value())
            />
        </Field>
    }
}

/// Several lines of text.
#[component]
pub fn TextArea(
    /// Its id, unique in the page; its name in the form too.
    id: &'static str,
    /// What is asked for.
    #[prop(into)]
    label: String,
    /// The text.
    value: RwSignal<String>,
    /// What to know before answering.
    #[prop(optional, into)]
    hint: MaybeProp<String>,
    /// What is wrong with the answer.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// Whether it may stay empty.
    #[prop(optional)]
    optional: bool,
    /// Lines shown.
    #[prop(default = 3)]
    rows: u32,
) -> impl IntoView {
    let area = NodeRef::<html::Textarea>::new();
    Effect::new(move |started: Option<()>| {
        let text = value.get();
        let Some(area) = area.get() else { return };
        if started.is_none() {
            value.set(area.value());
        } else if area.value() != text {
            area.set_value(&text);
        }
    });
    view! {
        <Field id=id label=label hint error optional>
            <textarea
                node_ref=area
                id=id
                name=id
                rows=rows
                required=!optional
                aria-invalid=move || error.get().map(|_| "true")
                aria-describedby=described_by(id)
                on:input:target=move |event| value.set(event.target().value())
            >
                {value.get_untracked()}
            </textarea>
        </Field>
    }
}

/// One of a few.
#[component]
pub fn SelectField(
    /// Its id, unique in the page; its name in the form too.
    id: &'static str,
    /// What is asked for.
    #[prop(into)]
    label: String,
    /// The chosen value.
    value: RwSignal<String>,
    /// The choices: value and label.
    #[prop(into)]
    options: Signal<Vec<(String, String)>>,
    /// What to know before answering.
    #[prop(optional, into)]
    hint: MaybeProp<String>,
    /// What is wrong with the answer.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// Whether it may stay unchosen.
    #[prop(optional)]
    optional: bool,
) -> impl IntoView {
    let select = NodeRef::<html::Select>::new();
    Effect::new(move |started: Option<()>| {
        let (chosen, _) = (value.get(), options.get());
        let Some(select) = select.get() else { return };
        if started.is_none() && !select.value().is_empty() {
            value.set(select.value());
        } else if select.value() != chosen {
            select.set_value(&chosen);
        }
    });
    let choices = move || {
        let chosen = value.get_untracked();
        let choice = |(key, text): (String, String)| {
            let selected = key == chosen;
            view! { <option value=key selected=selected>{text}</option> }
        };
        options.get().into_iter().map(choice).collect_view()
    };
    view! {
        <Field id=id label=label hint error optional>
            <select
                node_ref=select
                id=id
                name=id
                required=!optional
                aria-invalid=move || error.get().map(|_| "true")
                aria-describedby=described_by(id)
                on:change:target=move |event| value.set(event.target().value())
            >
                {choices}
            </select>
        </Field>
    }
}

/// Yes or no.
#[component]
pub fn Checkbox(
    /// Its id, unique in the page; its name in the form too.
    id: &'static str,
    /// What yes means.
    #[prop(into)]
    label: String,
    /// The answer.
    checked: RwSignal<bool>,
    /// What to know before answering.
    #[prop(optional, into)]
    hint: MaybeProp<String>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    Effect::new(move |started: Option<()>| {
        let yes = checked.get();
        let Some(input) = input.get() else { return };
        if started.is_none() {
            checked.set(input.checked());
        } else if input.checked() != yes {
            input.set_checked(yes);
        }
    });
    view! {
        <div class="field checkbox">
            <input
                node_ref=input
                id=id
                name=id
                type="checkbox"
                checked=checked.get_untracked()
                aria-describedby=format!("{id}-hint")
                on:change:target=move |event| checked.set(event.target().checked())
            />
            <label for=id>{label}</label>
            {hint.get_untracked().map(|hint| view! { <p class="hint" id=format!("{id}-hint")>{hint}</p> })}
        </div>
    }
}
