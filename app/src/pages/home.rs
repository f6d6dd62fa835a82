//! Home.

use leptos::prelude::*;

use crate::components::PageHeader;

/// The page.
#[component]
pub fn HomePage() -> impl IntoView {
    view! { <PageHeader title="Home" /> }
}
