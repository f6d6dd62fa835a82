//! Who is signed in, the theme, and signing out. It opens and signs out without any script.

use leptos::prelude::*;

use super::browser;
use super::icon::{Icon, IconView};
use super::live::hydrated;
use crate::app::{PageFacts, Theme};
use crate::domain::Role;
use crate::{api, routes};

/// The menu at the top.
#[component]
pub fn UserMenu() -> impl IntoView {
    let identity = Resource::new(|| (), |()| api::session::whoami());
    let name = move || Suspend::new(async move { identity.await.map(|identity| identity.name).ok() });
    let role =
        move || Suspend::new(async move { identity.await.map(|identity| role_name(identity.role)).ok() });
    view! {
        <details class="user-menu">
            <summary>
                <IconView icon=Icon::Account />
                <span class="user-name">
                    <span class="visually-hidden">"Account: "</span>
                    <Transition>{name}</Transition>
                </span>
                <IconView icon=Icon::ChevronDown />
            </summary>
            <div class="popover">
                <p class="meta">
                    <Transition>{role}</Transition>
                </p>
                <ThemeChoice />
                <form method="post" action=routes::sign_out()>
                    <button class="button quiet wide" type="submit">
                        <IconView icon=Icon::SignOut />
                        <span>"Sign out"</span>
                    </button>
                </form>
            </div>
        </details>
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Administrator => "Administrator",
        Role::Auditor => "Auditor",
    }
}

/// System, light or dark.
#[component]
fn ThemeChoice() -> impl IntoView {
    let live = hydrated();
    let theme = RwSignal::new(use_context::<PageFacts>().map_or(Theme::System, |facts| facts.theme));
    let choice = move |choice: Theme, icon: Icon, name: &'static str| {
        view! {
            <button
                type="button"
                class="button quiet"
                aria-pressed=move || (theme.get() == choice).to_string()
                disabled=move || !live.get()
                on:click=move |_| {
                    browser::set_theme(choice.name());
                    theme.set(choice);
                }
            >
                <IconView icon />
                <span>{name}</span>
            </button>
        }
    };
    view! {
        <div class="theme-choice" role="group" aria-label="Theme">
            {choice(Theme::System, Icon::System, "System")}
            {choice(Theme::Light, Icon::Sun, "Light")}
            {choice(Theme::Dark, Icon::Moon, "Dark")}
        </div>
    }
}
