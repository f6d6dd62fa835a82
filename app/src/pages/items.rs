//! Items.

use leptos::prelude::*;

use crate::components::PageHeader;

/// The page.
#[component]
pub fn ItemsPage() -> impl IntoView {
    view! { <PageHeader title="Items" /> }
}
