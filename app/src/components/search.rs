//! Searching by address: a GET form that works without any script; once the page is live it navigates in the page.

use leptos::html;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

/// A form whose answers are the address's parameters.
#[component]
pub fn SearchForm(
    /// The page that it leads to.
    action: String,
    /// The address of what is asked for now, read when it is sent.
    address: Callback<(), String>,
    /// Its fields and button.
    children: Children,
) -> impl IntoView {
    let navigate = use_navigate();
    view! {
        <form
            class="search-form"
            role="search"
            method="get"
            action=action
            on:submit=move |event| {
                event.prevent_default();
                navigate(&address.run(()), leptos_router::NavigateOptions::default());
            }
        >
            {children()}
        </form>
    }
}

/// The text searched for. It follows the address, and keeps what was typed before the page was live.
#[component]
pub fn SearchInput(
    /// The input, for whoever reads it.
    node: NodeRef<html::Input>,
    /// What is searched, for those who can't see the placeholder.
    label: &'static str,
    /// The same in short.
    placeholder: &'static str,
    /// What the address searches for.
    #[prop(into)]
    value: Signal<String>,
) -> impl IntoView {
    Effect::new(move |before: Option<String>| {
        let text = value.get();
        if before.is_some_and(|before| before != text)
            && let Some(input) = node.get_untracked()
        {
            input.set_value(&text);
        }
        text
    });
    view! {
        <label class="visually-hidden" for="q">
            {label}
        </label>
        <input node_ref=node id="q" name="q" type="search" placeholder=placeholder value=value.get_untracked() />
    }
}

/// What stands in an input now.
pub fn typed(node: NodeRef<html::Input>) -> String {
    node.get_untracked()
        .map(|input| input.value().trim().to_owned())
        .unwrap_or_default()
}
