//! Item.

use leptos::prelude::*;

use crate::components::PageHeader;

/// The page.
#[component]
pub fn ItemPage() -> impl IntoView {
    view! { <PageHeader title="Item" /> }
}
