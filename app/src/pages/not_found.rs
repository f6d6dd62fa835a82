//! An address where nothing is.

use leptos::prelude::*;

use crate::components::frame::Frame;
use crate::components::{Icon, PageHeader, SubmitButton, Variant};
use crate::routes;

/// The page for addresses that lead nowhere.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(options) = use_context::<leptos_axum::ResponseOptions>() {
        options.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <Frame>
            <PageHeader title="Nothing is at this address" lead="It may have been moved or deleted, or the link is incomplete." />
            <form method="get" action=routes::items() class="search-form">
                <label for="not-found-q">"Search the items"</label>
                <div class="search-row">
                    <input id="not-found-q" name="q" type="search" />
                    <SubmitButton plain=true variant=Variant::Secondary icon=Icon::Search>
                        "Search"
                    </SubmitButton>
                </div>
            </form>
            <p>
                "Or go to " <a href=routes::home()>"Home"</a> ", " <a href=routes::leases()>"Leases"</a> " or "
                <a href=routes::targets()>"Targets"</a> "."
            </p>
        </Frame>
    }
}
