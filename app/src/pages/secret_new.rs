//! New dynamic secret.

use leptos::prelude::*;

/// The page at `/items/new`.
#[component]
pub fn SecretNewPage() -> impl IntoView {}
