//! The document around every page ([`shell`]) and the table of routes ([`App`]).
//!
//! To add a page: a function in `routes.rs`, a file in `pages/`, a `<Route>` here, `ssr=SsrMode::Async` where it shows data,
//! so that it is whole in the server's HTML.

use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::components::{Outlet, ParentRoute, Route, Router, Routes};
use leptos_router::{SsrMode, path};
use serde::{Deserialize, Serialize};

use crate::components::frame::Frame;
use crate::components::live::{AnnouncerRegion, provide_announcer, provide_clock};
use crate::components::page_header::provide_page_focus;
use crate::components::{ActionHost, provide_actions};
use crate::domain::Timestamp;
use crate::pages::{
    HomePage, ItemPage, ItemsPage, LeasePage, LeasesPage, NotFoundPage, SecretNewPage, SignInPage,
    TargetNewPage, TargetPage, TargetsPage,
};

/// Where the built files are: URL paths. Empty where nothing was built, as in tests.
#[derive(Debug, Clone, Default)]
pub struct AssetNames {
    /// The module that loads the console.
    pub script: String,
    /// The console.
    pub wasm: String,
    /// The style sheet.
    pub style: String,
}

/// What the server knows about every page; provided as context.
#[derive(Debug, Clone, Default)]
pub struct PageContext {
    /// Where the built files are.
    pub assets: AssetNames,
    /// Whether the tenant is simulated.
    pub simulated: bool,
}

/// What a person chose to see the console in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Theme {
    /// What the system says.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Its name in the cookie and in `data-theme`; none for the system's.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }
}

/// What the server tells the browser with the page, in context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageFacts {
    /// Whether the tenant is simulated.
    pub simulated: bool,
    /// The chosen theme.
    pub theme: Theme,
    /// The server's time.
    pub now: Timestamp,
}

impl PageFacts {
    #[cfg(not(feature = "ssr"))]
    fn gather() -> Self {
        Self {
            simulated: false,
            theme: Theme::System,
            now: crate::components::browser::now(),
        }
    }

    #[cfg(feature = "ssr")]
    fn gather() -> Self {
        use crate::backend::Backend;

        Self {
            simulated: use_context::<PageContext>().is_some_and(|page| page.simulated),
            theme: theme_of_request(),
            // There is no backend only while the routes are listed at start.
            now: use_context::<Backend>().map_or(Timestamp::from_millis(0), |backend| backend.clock.now()),
        }
    }
}

/// The theme that the request's cookie names.
fn theme_of_request() -> Theme {
    let parts = use_context::<http::request::Parts>();
    let cookies = parts
        .as_ref()
        .and_then(|parts| parts.headers.get(http::header::COOKIE));
    let text = cookies.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let chosen = text
        .split(';')
        .find_map(|cookie| cookie.trim().strip_prefix("leasehold_theme="));
    [Theme::Light, Theme::Dark]
        .into_iter()
        .find(|theme| theme.name() == chosen && chosen.is_some())
        .unwrap_or_default()
}

/// The document around every page.
pub fn shell(page: PageContext) -> impl IntoView {
    let AssetNames { script, wasm, style } = page.assets;
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme_of_request().name()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#fbfaf7" />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0e1318" />
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                {(!style.is_empty()).then(|| view! { <link rel="stylesheet" href=style /> })}
                {(!script.is_empty()).then(|| view! { <Start script wasm /> })}
                <MetaTags />
            </head>
            <body>
                <App />
                <noscript>
                    <p class="quiet-note">
                        "Without scripts you can look at everything; to generate, renew and revoke, allow them or use the command line."
                    </p>
                </noscript>
                <p class="quiet-note wasm-note">
                    "The interactive part of this page did not load. You can go on reading; reload to try again."
                </p>
            </body>
        </html>
    }
}

/// Loads the console and hydrates the page. Written by hand: leptos' own preloads the WASM in a way that Firefox fetches twice.
#[component]
fn Start(script: String, wasm: String) -> impl IntoView {
    let start = format!(
        "import({script:?}).then(app => app.default({{ module_or_path: fetch({wasm:?}) }}).then(() => app.hydrate()))\
         .catch(error => {{ document.documentElement.dataset.wasm = 'failed'; console.error(error); }});"
    );
    view! {
        <link rel="modulepreload" href=script />
        <script type="module" nonce=use_nonce()>
            {start}
        </script>
    }
}

/// The console.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let facts = SharedValue::new(PageFacts::gather).into_inner();
    provide_context(facts);
    provide_clock(facts.now);
    provide_announcer();
    provide_page_focus();
    provide_actions();

    view! {
        <Title formatter=|title: String| {
            if title.is_empty() { "Leasehold".to_owned() } else { format!("{title} · Leasehold") }
        } />
        <Router>
            <AnnouncerRegion />
            <Routes fallback=NotFoundPage>
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async />
                <ParentRoute path=path!("/") view=Console ssr=SsrMode::Async>
                    <Route path=path!("") view=HomePage ssr=SsrMode::Async />
                    <Route path=path!("items") view=ItemsPage ssr=SsrMode::Async />
                    <Route path=path!("items/new") view=SecretNewPage ssr=SsrMode::Async />
                    <Route path=path!("items/at/*path") view=ItemPage ssr=SsrMode::Async />
                    <Route path=path!("leases") view=LeasesPage ssr=SsrMode::Async />
                    <Route path=path!("leases/:id") view=LeasePage ssr=SsrMode::Async />
                    <Route path=path!("targets") view=TargetsPage ssr=SsrMode::Async />
                    <Route path=path!("targets/new") view=TargetNewPage ssr=SsrMode::Async />
                    <Route path=path!("targets/at/:name") view=TargetPage ssr=SsrMode::Async />
                </ParentRoute>
            </Routes>
            <ActionHost />
        </Router>
    }
}

/// The pages behind the sign-in, in their frame.
#[component]
fn Console() -> impl IntoView {
    view! {
        <Frame>
            <Outlet />
        </Frame>
    }
}
