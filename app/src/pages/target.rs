//! Target.

use leptos::prelude::*;

use crate::components::PageHeader;

/// The page.
#[component]
pub fn TargetPage() -> impl IntoView {
    view! { <PageHeader title="Target" /> }
}
