//! New dynamic secret: the form at `/items/new`.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

use super::secret_form::app_secret::AppSecretFields;
use super::secret_form::kind::KindSection;
use super::secret_form::place::PlaceSection;
use super::secret_form::portal_user::PortalUserFields;
use super::secret_form::summary::{ERRORS, ErrorSummary, Summary};
use super::secret_form::target::TargetSection;
use super::secret_form::ttls::TtlSection;
use super::secret_form::user_grants::UserGrantsFields;
use super::secret_form::{Draft, Prefill};
use crate::api::secrets;
use crate::components::browser;
use crate::components::{Checkbox, PageHeader, SubmitButton};
use crate::domain::{ApiError, DynamicSecret, ErrorCode, Kind, NewDynamicSecret};
use crate::routes;

/// New dynamic secret.
#[component]
pub fn SecretNewPage() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let draft = Draft::new(Prefill {
        kind: query.get("kind").and_then(|name| Kind::from_name(&name)),
        folder: query.get("folder").unwrap_or_default(),
        target: query.get("target").unwrap_or_default(),
    });
    let skip_checks = RwSignal::new(false);
    let saving = RwSignal::new(false);
    let navigate = use_navigate();
    let on_created =
        move |secret: DynamicSecret| navigate(&routes::item(&secret.path), NavigateOptions::default());
    let create = move || {
        draft.tried.set(true);
        draft.refused.set(None);
        match draft.read.get_untracked() {
            Ok(new) if !saving.get_untracked() => {
                let on_created = on_created.clone();
                let answers = untrack(|| draft.answers());
                saving.set(true);
                spawn_local(async move {
                    let answer = send(new, skip_checks.get_untracked()).await;
                    saving.try_set(false);
                    match answer {
                        Ok(secret) => on_created(secret),
                        Err(error) => {
                            draft.refused.try_set(Some((error, answers)));
                            browser::focus_id_later(ERRORS);
                        }
                    }
                });
            }
            Ok(_) => {}
            Err(_) => browser::focus_id_later(ERRORS),
        }
    };
    view! {
        <PageHeader
            title="New dynamic secret"
            crumbs=vec![("Items".to_owned(), routes::items())]
            lead="A recipe from which leases are generated. Nothing changes in Entra until somebody generates one."
        />
        <form
            class="secret-new"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                create();
            }
        >
            <div class="form-sections">
                <ErrorSummary draft />
                <KindSection draft />
                <PlaceSection draft />
                <TargetSection draft />
                <fieldset class="form-section">
                    <legend>{move || format!("4. {}", draft.kind.get().label())}</legend>
                    {move || match draft.kind.get() {
                        Kind::AppSecret => view! { <AppSecretFields draft /> }.into_any(),
                        Kind::PortalUser => view! { <PortalUserFields draft /> }.into_any(),
                        Kind::UserGrants => view! { <UserGrantsFields draft /> }.into_any(),
                    }}
                </fieldset>
                <TtlSection draft />
                <CreateSection draft saving skip_checks />
            </div>
            <Summary draft />
        </form>
    }
}

#[component]
fn CreateSection(draft: Draft, saving: RwSignal<bool>, skip_checks: RwSignal<bool>) -> impl IntoView {
    let unreachable = move || {
        draft.refused.with(|refused| {
            refused
                .as_ref()
                .is_some_and(|(error, _)| error.code == ErrorCode::UpstreamUnavailable)
        })
    };
    view! {
        <fieldset class="form-section">
            <legend>"6. Review and create"</legend>
            <p class="hint">"Creating looks up in Entra what the summary names, and changes nothing there."</p>
            <Show when=unreachable>
                <Checkbox
                    id="skip-checks"
                    label="Create without looking it up in Entra"
                    checked=skip_checks
                    hint="A wrong id is then found only when somebody generates a lease."
                />
            </Show>
            <p class="visually-hidden" role="status">
                {move || saving.get().then_some("Looking it up in Entra and creating the item")}
            </p>
            <SubmitButton disabled=saving>
                {move || if saving.get() { "Creating…" } else { "Create" }}
            </SubmitButton>
        </fieldset>
    }
}

async fn send(new: NewDynamicSecret, skip_checks: bool) -> Result<DynamicSecret, ApiError> {
    secrets::create(
        new.path,
        new.target,
        new.spec,
        new.default_ttl,
        new.max_ttl,
        new.description,
        new.tags,
        new.delete_protection,
        skip_checks,
    )
    .await
}
