//! New target: which tenant, and the app registration to act as.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use crate::components::notice::sentence;
use crate::components::{ErrorNotice, LinkButton, PageHeader, SelectField, SubmitButton, TextField, Variant};
use crate::domain::{ApiError, Cloud, CustomCloud, SecretText, Target, TargetAuth, TargetName, TenantId};
use crate::{api, routes};

/// The clouds with addresses of their own, by the value of their option.
const CLOUDS: [(&str, Cloud); 4] = [
    ("public", Cloud::Public),
    ("us_gov", Cloud::UsGov),
    ("us_gov_dod", Cloud::UsGovDod),
    ("china", Cloud::China),
];
const CUSTOM: &str = "custom";

/// What is typed.
#[derive(Debug, Clone, Copy)]
struct Draft {
    name: RwSignal<String>,
    cloud: RwSignal<String>,
    authority: RwSignal<String>,
    graph: RwSignal<String>,
    tenant_id: RwSignal<String>,
    client_id: RwSignal<String>,
    client_secret: RwSignal<String>,
}

impl Draft {
    fn new() -> Self {
        let empty = || RwSignal::new(String::new());
        Self {
            name: empty(),
            cloud: RwSignal::new("public".to_owned()),
            authority: empty(),
            graph: empty(),
            tenant_id: empty(),
            client_id: empty(),
            client_secret: empty(),
        }
    }

    async fn send(self) -> Result<Target, ApiError> {
        let text = |signal: RwSignal<String>| signal.get_untracked().trim().to_owned();
        let name = TargetName::parse(&text(self.name)).map_err(|why| ApiError::invalid("name", why))?;
        let tenant_id =
            TenantId::parse(&text(self.tenant_id)).map_err(|why| ApiError::invalid("tenant_id", why))?;
        let chosen = self.cloud.get_untracked();
        let known = CLOUDS
            .into_iter()
            .find(|(key, _)| *key == chosen)
            .map(|(_, cloud)| cloud);
        let custom = || {
            Cloud::Custom(CustomCloud {
                authority: text(self.authority),
                graph: text(self.graph),
                arm: None,
            })
        };
        let cloud = known.unwrap_or_else(custom);
        let auth = TargetAuth::ClientSecret {
            client_id: text(self.client_id),
            // Its spaces are kept: the server says so where they are wrong.
            client_secret: SecretText::new(self.client_secret.get_untracked()),
        };
        api::targets::create(name, cloud, tenant_id, auth).await
    }
}

/// The page.
#[component]
pub fn TargetNewPage() -> impl IntoView {
    let draft = Draft::new();
    let (saving, refused) = (RwSignal::new(false), RwSignal::new(None::<ApiError>));
    let navigate = use_navigate();
    // No local action: on the server, it would be dropped on another thread than the one that made it, and that panics.
    let create = move || {
        if saving.get_untracked() {
            return;
        }
        saving.set(true);
        let navigate = navigate.clone();
        spawn_local(async move {
            let made = draft.send().await;
            saving.try_set(false);
            match made {
                Ok(target) => {
                    draft.client_secret.try_set(String::new());
                    navigate(&routes::target(&target.name), NavigateOptions::default());
                }
                Err(error) => {
                    refused.try_set(Some(error));
                }
            }
        });
    };
    let error: Signal<Option<ApiError>> = refused.into();
    let crumbs = vec![("Targets".to_owned(), routes::targets())];
    view! {
        <PageHeader
            title="New target"
            crumbs
            lead="A tenant, and the app registration in it that acts for this console. You can test what it may do right after."
        />
        <form
            class="form"
            method="post"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                create();
            }
        >
            {move || error.get().map(|error| view! { <ErrorNotice error /> })}
            <TenantFields draft error />
            <AppFields draft error />
            <div class="form-actions">
                <SubmitButton disabled=saving>
                    {move || if saving.get() { "Saving" } else { "Create target" }}
                </SubmitButton>
                <LinkButton href=routes::targets() variant=Variant::Quiet>
                    "Cancel"
                </LinkButton>
            </div>
        </form>
    }
}

/// The error where it is about this field, as a sentence without the field's name.
fn error_at(error: Signal<Option<ApiError>>, field: &'static str) -> Signal<Option<String>> {
    Signal::derive(move || {
        let error = error.get()?;
        if error.field.as_deref() != Some(field) {
            return None;
        }
        Some(sentence(error))
    })
}

/// Which tenant.
#[component]
fn TenantFields(draft: Draft, error: Signal<Option<ApiError>>) -> impl IntoView {
    let mut options: Vec<_> = CLOUDS
        .iter()
        .map(|(key, cloud)| ((*key).to_owned(), cloud.label().to_owned()))
        .collect();
    options.push((CUSTOM.to_owned(), "Custom addresses".to_owned()));
    let custom = move || draft.cloud.get() == CUSTOM;
    view! {
        <fieldset class="form-section">
            <legend>"Tenant"</legend>
            <TextField
                id="name"
                label="Name"
                value=draft.name
                hint="What items call it: letters, digits, \"-\", \"_\" and \".\"."
                error=error_at(error, "name")
                placeholder="contoso-prod"
            />
            <TextField
                id="tenant_id"
                label="Tenant ID or domain"
                value=draft.tenant_id
                hint="Entra admin center → Overview → Tenant ID."
                error=error_at(error, "tenant_id")
                placeholder="contoso.onmicrosoft.com"
                mono=true
            />
            <SelectField
                id="cloud"
                label="Cloud"
                value=draft.cloud
                options=options
                hint="Where the tenant lives; Public for nearly everybody."
                error=error_at(error, "cloud")
            />
            <Show when=custom>
                <TextField
                    id="authority"
                    label="Authority"
                    value=draft.authority
                    hint="The base of the token endpoint. Plain http is for loopback addresses only."
                    error=error_at(error, "cloud.custom.authority")
                    placeholder="https://login.example.com"
                    mono=true
                />
                <TextField
                    id="graph"
                    label="Microsoft Graph"
                    value=draft.graph
                    hint="The base of Microsoft Graph, without /v1.0."
                    error=error_at(error, "cloud.custom.graph")
                    placeholder="https://graph.example.com"
                    mono=true
                />
            </Show>
        </fieldset>
    }
}

/// Which app registration.
#[component]
fn AppFields(draft: Draft, error: Signal<Option<ApiError>>) -> impl IntoView {
    view! {
        <fieldset class="form-section">
            <legend>"App registration"</legend>
            <TextField
                id="client_id"
                label="Application (client) ID"
                value=draft.client_id
                hint="On the app registration's Overview. Not the Object ID beside it."
                error=error_at(error, "auth.client_secret.client_id")
                placeholder="00000000-0000-0000-0000-000000000000"
                mono=true
            />
            <TextField
                id="client_secret"
                label="Client secret"
                kind="password"
                value=draft.client_secret
                hint="The Value, not the Secret ID. Stored encrypted, and never shown again."
                error=error_at(error, "auth.client_secret.client_secret")
                autocomplete="new-password"
            />
        </fieldset>
    }
}
