//! The fields of a temporary portal user: domain, names, password, groups, roles.

use leptos::prelude::*;

use super::Draft;
use super::answers::field;
use super::memberships::{GroupsField, RolesField};
use crate::api::directory;
use crate::components::{ErrorNotice, Field, TextField, described_by};
use crate::domain::{DirectoryDomain, Page, template};

/// The fields.
#[component]
pub fn PortalUserFields(
    /// The form.
    draft: Draft,
) -> impl IntoView {
    view! {
        <DomainField draft />
        <TextField
            id=field::USERNAME
            label="User name"
            value=draft.username_template
            hint=format!("Empty takes {}. Known: {{{{random}}}} (needed), {{{{secret}}}}, {{{{requester}}}}.", template::DEFAULT_USERNAME)
            error=draft.error(field::USERNAME)
            optional=true
            mono=true
        />
        <p class="path-preview" role="status">
            {move || {
                draft
                    .answers()
                    .username_preview()
                    .map(|name| {
                        view! {
                            "Will look like "
                            <code>{name}</code>
                        }
                    })
            }}
        </p>
        <TextField
            id=field::DISPLAY_NAME
            label="Display name"
            value=draft.display_name_template
            hint=format!("Empty takes {}.", template::DEFAULT_DISPLAY_NAME)
            error=draft.error(field::DISPLAY_NAME)
            optional=true
        />
        <TextField
            id=field::PASSWORD_LENGTH
            label="Password length"
            value=draft.password_length
            kind="number"
            hint="8 to 256 characters."
            error=draft.error(field::PASSWORD_LENGTH)
        />
        <GroupsField
            draft
            hint="The user joins these for as long as the lease lasts. None is fine."
        />
        <RolesField
            draft
            hint="The user holds these for as long as the lease lasts. None is fine."
        />
    }
}

/// The tenant's domains; where they can't be read, a text field.
#[component]
fn DomainField(draft: Draft) -> impl IntoView {
    let domains = LocalResource::new(move || {
        let target = draft.target_name();
        async move {
            match target {
                Some(target) => Some(directory::domains(target).await),
                None => None,
            }
        }
    });
    move || {
        match domains.get().flatten() {
        Some(Ok(page)) => view! { <DomainSelect draft page /> }.into_any(),
        Some(Err(error)) => view! {
            <ErrorNotice error />
            <TextField
                id=field::DOMAIN
                label="Domain"
                value=draft.domain
                hint="A verified domain of the tenant, as in contoso.com."
                error=draft.error(field::DOMAIN)
            />
        }
        .into_any(),
        None => view! {
            <Field id=field::DOMAIN label="Domain" error=draft.error(field::DOMAIN)>
                <select id=field::DOMAIN disabled=true aria-describedby=described_by(field::DOMAIN)>
                    <option>
                        {move || if draft.target_name().is_some() { "Loading the domains…" } else { "Choose a target first" }}
                    </option>
                </select>
            </Field>
        }
        .into_any(),
    }
    }
}

#[component]
fn DomainSelect(draft: Draft, page: Page<DirectoryDomain>) -> impl IntoView {
    let usual = page
        .items
        .iter()
        .find(|domain| domain.is_default && domain.managed)
        .map(|it| it.name.clone());
    let known: Vec<String> = page.items.iter().map(|domain| domain.name.clone()).collect();
    // A domain of another target means nothing here.
    Effect::new(move |_| {
        if draft.domain.with_untracked(|chosen| !known.contains(chosen)) {
            draft.domain.set(usual.clone().unwrap_or_default());
        }
    });
    let error = draft.error(field::DOMAIN);
    let options = page
        .items
        .into_iter()
        .map(|domain| {
            let name = domain.name.clone();
            let label = if domain.managed {
                domain.name.clone()
            } else {
                format!("{} — federated: users made here could not sign in", domain.name)
            };
            view! {
                <option
                    value=domain.name
                    disabled=!domain.managed
                    prop:selected=move || draft.domain.get() == name
                >
                    {label}
                </option>
            }
        })
        .collect_view();
    view! {
        <Field
            id=field::DOMAIN
            label="Domain"
            hint="The part of the user name after the @."
            error=error
        >
            <select
                id=field::DOMAIN
                aria-invalid=move || error.get().map(|_| "true")
                aria-describedby=described_by(field::DOMAIN)
                on:change:target=move |event| draft.domain.set(event.target().value())
            >
                <option value="">"Choose a domain"</option>
                {options}
            </select>
        </Field>
    }
}
