//! New target.

use leptos::prelude::*;

use crate::components::PageHeader;

/// The page.
#[component]
pub fn TargetNewPage() -> impl IntoView {
    view! { <PageHeader title="New target" /> }
}
