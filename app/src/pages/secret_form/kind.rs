//! What is issued: one card a kind.

use leptos::prelude::*;

use super::Draft;
use crate::components::hydrated;
use crate::domain::Kind;

/// What a person needs to know to choose a kind.
struct About {
    sentence: &'static str,
    changes: &'static str,
    needs: &'static str,
}

fn about(kind: Kind) -> About {
    match kind {
        Kind::AppSecret => About {
            sentence: "A client secret for a program, made for each lease and removed at its end.",
            changes: "Adds a client secret to an app registration.",
            needs: "Application.ReadWrite.OwnedBy, and ownership of the app registration",
        },
        Kind::UserGrants => About {
            sentence: "Groups and directory roles for a person who has a user, for as long as each lease lasts. Nothing secret is issued.",
            changes: "Adds an existing user to groups and directory roles, and takes away exactly what was added.",
            needs: "User.Read.All; with groups GroupMember.ReadWrite.All; with roles RoleManagement.ReadWrite.Directory",
        },
        Kind::PortalUser => About {
            sentence: "A user for a person, made for each lease and deleted at its end.",
            changes: "Creates a user, adds it to groups and directory roles, deletes it.",
            needs: "User.ReadWrite.All; with groups GroupMember.ReadWrite.All; with roles RoleManagement.ReadWrite.Directory",
        },
    }
}

/// The section.
#[component]
pub fn KindSection(
    /// The form.
    draft: Draft,
) -> impl IntoView {
    let cards = Kind::ALL
        .into_iter()
        .map(|kind| view! { <KindCard draft kind /> })
        .collect_view();
    view! {
        <fieldset class="form-section">
            <legend>"1. Type"</legend>
            <div class="kind-cards">{cards}</div>
        </fieldset>
    }
}

#[component]
fn KindCard(draft: Draft, kind: Kind) -> impl IntoView {
    let About {
        sentence,
        changes,
        needs,
    } = about(kind);
    let live = hydrated();
    let name = kind.as_str();
    view! {
        <label class="kind-card">
            <input
                type="radio"
                name="kind"
                value=name
                checked=draft.kind.get_untracked() == kind
                prop:checked=move || draft.kind.get() == kind
                disabled=move || !live.get()
                aria-describedby=format!("{name}-about")
                on:change=move |_| draft.kind.set(kind)
            />
            <span class="kind-name">{kind.label()}</span>
            <span class="kind-about" id=format!("{name}-about")>
                <span>{sentence}</span>
                <span class="kind-fact">
                    <b>"In Entra: "</b>
                    {changes}
                </span>
                <span class="kind-fact">
                    <b>"Needs: "</b>
                    <span class="mono">{needs}</span>
                </span>
            </span>
        </label>
    }
}
