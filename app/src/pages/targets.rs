//! Targets.

use leptos::prelude::*;

use crate::components::PageHeader;

/// The page.
#[component]
pub fn TargetsPage() -> impl IntoView {
    view! { <PageHeader title="Targets" /> }
}
