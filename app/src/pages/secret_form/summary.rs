//! What the form has come to: the summary beside it, and what is wrong above it.

use leptos::prelude::*;

use super::Draft;
use super::answers::field_of;
use crate::components::ErrorNotice;
use crate::components::browser;
use crate::components::picker::Choice;
use crate::components::time::ttl_text;
use crate::domain::{Kind, Ttl};

/// The id of the list of errors, which takes the focus when Create is refused.
pub const ERRORS: &str = "form-errors";

/// What is wrong, each with a link to its field; after Create was pressed.
#[component]
pub fn ErrorSummary(
    /// The form.
    draft: Draft,
) -> impl IntoView {
    let errors = Memo::new(move |_| {
        if draft.tried.get() {
            draft.errors()
        } else {
            Vec::new()
        }
    });
    let elsewhere = move || {
        draft
            .refused
            .get()
            .map(|(error, _)| error)
            .filter(|error| field_of(error).is_none())
    };
    let rows = move || {
        let row = |error: super::answers::FieldError| {
            let field = error.field;
            view! {
                <li>
                    <a
                        href=format!("#{field}")
                        on:click=move |event| {
                            event.prevent_default();
                            browser::focus_id(field);
                        }
                    >
                        {error.text}
                    </a>
                </li>
            }
        };
        errors.get().into_iter().map(row).collect_view()
    };
    view! {
        <div id=ERRORS class="error-summary" role="group" tabindex="-1" aria-labelledby="form-errors-title">
            <div hidden=move || errors.with(Vec::is_empty)>
                <h2 id="form-errors-title">"Something needs a change"</h2>
                <ul>{rows}</ul>
            </div>
            {move || elsewhere().map(|error| view! { <ErrorNotice error /> })}
        </div>
    }
}

/// The item as it will be.
#[component]
pub fn Summary(
    /// The form.
    draft: Draft,
) -> impl IntoView {
    let path = move || {
        let answers = draft.answers();
        let name = answers.name.trim().to_owned();
        answers
            .folder_path()
            .and_then(|folder| folder.join(&name))
            .map_or_else(|_| none(), |path| path.to_string())
    };
    let target = move || {
        Some(draft.target.get())
            .filter(|it| !it.is_empty())
            .unwrap_or_else(none)
    };
    view! {
        <aside class="form-summary" aria-labelledby="summary-title">
            <h2 id="summary-title">"Summary"</h2>
            <dl class="pairs">
                <div>
                    <dt>"Type"</dt>
                    <dd>{move || draft.kind.get().label()}</dd>
                </div>
                <div>
                    <dt>"Path"</dt>
                    <dd class="mono">{path}</dd>
                </div>
                <div>
                    <dt>"Target"</dt>
                    <dd>{target}</dd>
                </div>
                {move || match draft.kind.get() {
                    Kind::AppSecret => view! {
                        <div>
                            <dt>"Application"</dt>
                            <dd>{move || names(draft.application)}</dd>
                        </div>
                    }
                    .into_any(),
                    Kind::UserGrants => view! {
                        <div>
                            <dt>"User"</dt>
                            <dd>{move || whose(draft.by_claim, draft.claim)}</dd>
                        </div>
                        <div>
                            <dt>"Groups"</dt>
                            <dd>{move || names(draft.groups)}</dd>
                        </div>
                        <div>
                            <dt>"Roles"</dt>
                            <dd>{move || names(draft.roles)}</dd>
                        </div>
                    }
                    .into_any(),
                    Kind::PortalUser => view! {
                        <div>
                            <dt>"User"</dt>
                            <dd class="mono">
                                {move || draft.answers().username_preview().unwrap_or_else(none)}
                            </dd>
                        </div>
                        <div>
                            <dt>"Groups"</dt>
                            <dd>{move || names(draft.groups)}</dd>
                        </div>
                        <div>
                            <dt>"Roles"</dt>
                            <dd>{move || names(draft.roles)}</dd>
                        </div>
                    }
                    .into_any(),
                }}
                <div>
                    <dt>"Leases last"</dt>
                    <dd>{move || format!("{}, at most {}", length(&draft.default_ttl.get()), length(&draft.max_ttl.get()))}</dd>
                </div>
            </dl>
        </aside>
    }
}

fn none() -> String {
    "–".to_owned()
}

/// Who gets it.
fn whose(by_claim: RwSignal<bool>, claim: RwSignal<String>) -> String {
    if by_claim.get() {
        format!("named by the caller's claim {}", claim.get().trim())
    } else {
        "named by the caller".to_owned()
    }
}

fn names(chosen: RwSignal<Vec<Choice>>) -> String {
    let names = chosen.with(|chosen| {
        chosen
            .iter()
            .map(|it| it.name.clone())
            .collect::<Vec<_>>()
            .join(", ")
    });
    if names.is_empty() { none() } else { names }
}

fn length(text: &str) -> String {
    Ttl::parse(text).map_or_else(|_| none(), ttl_text)
}
