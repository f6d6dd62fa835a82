//! Buttons, and links that look like them.
//!
//! A [`Button`] does something in the page, so it is disabled until the page is live; a [`SubmitButton`] may be `plain`, for a
//! form that the server understands without any script.

use leptos::prelude::*;

use super::icon::{Icon, IconView};
use super::live::hydrated;

/// How much a button asks for attention. One primary a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Variant {
    /// What one came for.
    Primary,
    /// Anything else.
    #[default]
    Secondary,
    /// What can't be taken back.
    Danger,
    /// In rows and headers, where a border would be noise.
    Quiet,
}

impl Variant {
    fn class(self) -> &'static str {
        match self {
            Self::Primary => "button primary",
            Self::Secondary => "button",
            Self::Danger => "button danger",
            Self::Quiet => "button quiet",
        }
    }
}

/// Does something in the page.
#[component]
pub fn Button(
    /// How much it asks for attention.
    #[prop(optional)]
    variant: Variant,
    /// An outline before the text.
    #[prop(optional, into)]
    icon: Option<Icon>,
    /// Whether it can't be used now. Say why beside it.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// What it is called, where its text alone would not tell (`Renew the lease of /prod/x`).
    #[prop(optional, into)]
    label: Option<String>,
    /// The id of the text that says more, such as why it is disabled.
    #[prop(optional, into)]
    described_by: Option<String>,
    /// What it does.
    on_click: Callback<()>,
    /// Its text.
    children: Children,
) -> impl IntoView {
    let live = hydrated();
    view! {
        <button
            type="button"
            class=variant.class()
            aria-label=label
            aria-describedby=described_by
            disabled=move || !live.get() || disabled.get()
            on:click=move |_| on_click.run(())
        >
            {icon.map(|icon| view! { <IconView icon /> })}
            <span>{children()}</span>
        </button>
    }
}

/// Sends the form that it stands in.
#[component]
pub fn SubmitButton(
    /// How much it asks for attention.
    #[prop(default = Variant::Primary)]
    variant: Variant,
    /// An outline before the text.
    #[prop(optional, into)]
    icon: Option<Icon>,
    /// Whether it can't be used now. Say why beside it.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Whether the server understands the form without any script.
    #[prop(optional)]
    plain: bool,
    /// Its text.
    children: Children,
) -> impl IntoView {
    let live = hydrated();
    view! {
        <button
            type="submit"
            class=variant.class()
            disabled=move || (!plain && !live.get()) || disabled.get()
        >
            {icon.map(|icon| view! { <IconView icon /> })}
            <span>{children()}</span>
        </button>
    }
}

/// A link that looks like a button.
#[component]
pub fn LinkButton(
    /// Where it leads.
    #[prop(into)]
    href: String,
    /// How much it asks for attention.
    #[prop(optional)]
    variant: Variant,
    /// An outline before the text.
    #[prop(optional, into)]
    icon: Option<Icon>,
    /// What it is called, where its text alone would not tell.
    #[prop(optional, into)]
    label: Option<String>,
    /// Its text.
    children: Children,
) -> impl IntoView {
    view! {
        <a class=variant.class() href=href aria-label=label>
            {icon.map(|icon| view! { <IconView icon /> })}
            <span>{children()}</span>
        </a>
    }
}

/// A button that is an outline alone: close, copy. Its label is its name and its tooltip.
#[component]
pub fn IconButton(
    /// Which outline.
    icon: Icon,
    /// What it does, in words.
    #[prop(into)]
    label: String,
    /// What it does.
    on_click: Callback<()>,
) -> impl IntoView {
    let live = hydrated();
    view! {
        <button
            type="button"
            class="button quiet icon-only"
            aria-label=label.clone()
            title=label
            disabled=move || !live.get()
            on:click=move |_| on_click.run(())
        >
            <IconView icon />
        </button>
    }
}
