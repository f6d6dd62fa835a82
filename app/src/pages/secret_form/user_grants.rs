//! The fields of groups and roles for an existing user: who gets them, and what.

use leptos::prelude::*;

use super::Draft;
use super::answers::field;
use super::memberships::{GroupsField, RolesField};
use crate::components::{Checkbox, TextField};

/// The fields.
#[component]
pub fn UserGrantsFields(
    /// The form.
    draft: Draft,
) -> impl IntoView {
    view! {
        <Checkbox
            id="by-claim"
            label="Only for the user that the caller's own sign-in names"
            checked=draft.by_claim
            hint="Otherwise whoever generates a lease names the user who gets it."
        />
        <Show when=move || draft.by_claim.get()>
            <TextField
                id=field::CLAIM
                label="Claim"
                value=draft.claim
                hint="The claim of the sign-in that holds the user principal name, as in upn or preferred_username; or the display name, as in name, which must be one user's alone."
                error=draft.error(field::CLAIM)
                mono=true
            />
        </Show>
        <GroupsField
            draft
            hint="The user joins these for as long as the lease lasts. A group that the user is in already is left alone."
        />
        <RolesField
            draft
            hint="The user holds these for as long as the lease lasts. A role that the user holds already is left alone."
        />
    }
}
