//! How long leases of the item last.

use leptos::prelude::*;

use super::Draft;
use super::answers::field;
use crate::components::ttl_field::TtlField;
use crate::domain::Ttl;

/// The section.
#[component]
pub fn TtlSection(
    /// The form.
    draft: Draft,
) -> impl IntoView {
    let usual = ["15m", "1h", "4h", "8h", "1d"];
    let longer = ["1h", "8h", "1d", "7d", "30d"];
    view! {
        <fieldset class="form-section">
            <legend>"5. How long leases last"</legend>
            <TtlField
                id=field::DEFAULT_TTL
                label="Default TTL"
                text=draft.default_ttl
                presets=read(&usual)
                error=draft.error(field::DEFAULT_TTL)
                hint="The length of a lease that asks for none. Such as 90m or 1h30m."
            />
            <TtlField
                id=field::MAX_TTL
                label="Maximum TTL"
                text=draft.max_ttl
                presets=read(&longer)
                error=draft.error(field::MAX_TTL)
                hint="The longest that a lease can ever become, renewals included."
            />
        </fieldset>
    }
}

fn read(texts: &[&str]) -> Vec<Ttl> {
    texts.iter().filter_map(|text| Ttl::parse(text).ok()).collect()
}
