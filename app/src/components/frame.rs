//! The frame around the pages behind the sign-in: rail, top bar, and the page in `main`.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::icon::{Icon, IconView};
use super::user_menu::UserMenu;
use crate::app::PageFacts;
use crate::{api, routes};

/// The frame.
#[component]
pub fn Frame(
    /// The page.
    children: Children,
) -> impl IntoView {
    let simulated = use_context::<PageFacts>().is_some_and(|facts| facts.simulated);
    view! {
        <a class="skip-link" href="#main" rel="external">
            "Skip to content"
        </a>
        <div class="frame">
            <Rail />
            <div class="column">
                <header class="top">
                {simulated
                    .then(|| {
                        view! {
                            <p class="banner">
                                <IconView icon=Icon::Info />
                                <span>"Simulated tenant: nothing here touches a real Entra ID."</span>
                            </p>
                        }
                    })}
                <UserMenu />
                </header>
                <main id="main" tabindex="-1">
                    {children()}
                </main>
                <p class="quiet-note wait-note">
                    "Buttons turn on in a moment. Nothing you type is lost."
                </p>
            </div>
        </div>
    }
}

/// A place in the rail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Home,
    Items,
    Leases,
    Targets,
}

impl Place {
    const ALL: [Self; 4] = [Self::Home, Self::Items, Self::Leases, Self::Targets];

    fn link(self) -> (Icon, &'static str, String) {
        match self {
            Self::Home => (Icon::Home, "Home", routes::home()),
            Self::Items => (Icon::Items, "Items", routes::items()),
            Self::Leases => (Icon::Leases, "Leases", routes::leases()),
            Self::Targets => (Icon::Targets, "Targets", routes::targets()),
        }
    }
}

/// Where one can go: at the side, and at the foot of a narrow screen.
#[component]
fn Rail() -> impl IntoView {
    view! {
        <nav class="rail" aria-label="Main">
            <a class="brand" href=routes::home()>
                <Mark />
                <span>"Leasehold"</span>
            </a>
            <ul>{Place::ALL.into_iter().map(|place| view! { <RailLink place /> }).collect_view()}</ul>
        </nav>
    }
}

/// One place of the rail; current on its own pages and those below.
#[component]
fn RailLink(place: Place) -> impl IntoView {
    let path = use_location().pathname;
    let (icon, name, href) = place.link();
    let address = href.clone();
    let current = move || {
        let path = path.get();
        let here = match place {
            Place::Home => path == "/",
            Place::Items | Place::Leases | Place::Targets => path
                .strip_prefix(&address)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        };
        here.then_some("page")
    };
    view! {
        <li>
            <a href=href aria-current=current>
                <IconView icon />
                <span>{name}</span>
                {(place == Place::Leases).then(|| view! { <AttentionCount /> })}
            </a>
        </li>
    }
}

/// How many leases need attention; nothing where none does.
#[component]
fn AttentionCount() -> impl IntoView {
    let path = use_location().pathname;
    let counts = Resource::new(move || path.get(), |_| api::leases::counts());
    view! {
        <Transition>
            {move || Suspend::new(async move {
                counts
                    .await
                    .ok()
                    .filter(|counts| counts.needs_attention > 0)
                    .map(|counts| {
                        view! {
                            <span class="count crit">
                                {counts.needs_attention} <span class="visually-hidden">" need attention"</span>
                            </span>
                        }
                    })
            })}
        </Transition>
    }
}

/// The mark: a fuse with its end.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" aria-hidden="true" width="24" height="24" viewBox="0 0 24 24">
            <rect class="mark-paper" width="24" height="24" rx="5"></rect>
            <path class="mark-burnt" d="M4 12h6"></path>
            <path class="mark-left" d="M10 12h6"></path>
            <path class="mark-more" d="M17.5 12h.5M20 12h.5"></path>
            <path class="mark-cap" d="M16 7v10"></path>
        </svg>
    }
}
