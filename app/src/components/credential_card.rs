//! The credential, shown once; of a kind that issues nothing secret, what it did.
//!
//! Rule: the value lives in the signals of the dialog and in the DOM while it is revealed, and nowhere else. It is gone with
//! the dialog; reloading the page shows no secret.

use leptos::either::Either;
use leptos::prelude::*;

use super::browser;
use super::copy_secret::CopySecretButton;
use super::exports::{ExportForm, export, masked};
use super::leave_guard::LeaveGuard;
use super::modal::Closer;
use super::reveal_once::RevealOnce;
use super::words;
use crate::domain::{GrantedThing, Issued, IssuedLease, IssuedUserGrants, Lease, SecretText};
use crate::routes;

/// What the browser remembers the chosen form of copying under.
const CHOSEN_FORM: &str = "leasehold.copy-as";

/// The fields of what was issued, each with Copy, and the whole of it in the words of the tools that take it.
#[component]
pub fn CredentialCard(
    /// The lease and its value.
    issued: IssuedLease,
    /// Armed as long as nothing was copied.
    guard: LeaveGuard,
) -> impl IntoView {
    let IssuedLease { lease, issued } = issued;
    let closer = expect_context::<Closer>();
    let secret = lease.kind.issues_secret();
    if secret {
        guard.arm();
        guard.watch_page();
    }
    let saved = RwSignal::new(false);
    let on_copied = Callback::new(move |()| {
        guard.release();
        saved.try_set(true);
    });
    let rows = fields(&issued)
        .into_iter()
        .map(|(label, value)| match value {
            Value::Open(text) => view! { <OpenRow label=label text=text /> }.into_any(),
            Value::Secret(value) => {
                view! { <RevealOnce label=label value=value on_copied=on_copied /> }.into_any()
            }
        })
        .collect_view();
    view! {
        <section class="credential" aria-label=if secret { "Credential" } else { "What was granted" }>
            {headline(&issued, &lease)}
            <p class="credential-usable">{usable(&issued)}</p>
            <table class="credential-fields">
                <caption class="visually-hidden">{format!("Credential of {}", lease.identity)}</caption>
                <tbody>{rows}</tbody>
            </table>
            {sign_in_link(&issued)}
            {secret.then(|| view! { <CopyAs issued=issued on_copied=on_copied /> })}
            <p class="credential-ends">
                "Ends "
                <time datetime=lease.expires_at.to_string()>
                    <strong>{words::minute(lease.expires_at)}</strong>
                </time>
                " · can be renewed until "
                <time datetime=lease.max_expires_at.to_string()>
                    {words::minute(lease.max_expires_at)}
                </time> " · " <a href=routes::lease(&lease.id) on:click=move |event| closer.follow(&event)>"Open the lease"</a>
            </p>
            {secret
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="button"
                            disabled=move || saved.get()
                            on:click=move |_| on_copied.run(())
                        >
                            {move || if saved.get() { "Saved" } else { "I've saved it" }}
                        </button>
                    }
                })}
        </section>
    }
}

/// What matters most: that a secret is shown once, or what the user has got.
fn headline(issued: &Issued, lease: &Lease) -> impl IntoView + use<> {
    match issued {
        Issued::AppSecret(_) | Issued::PortalUser(_) => Either::Left(view! {
            <p class="credential-once">
                <strong>"Shown once."</strong>
                " Not stored here in readable form."
            </p>
        }),
        Issued::UserGrants(granted) => Either::Right(view! {
            <p class="credential-once">{granted_sentence(granted, &words::minute(lease.expires_at))}</p>
        }),
    }
}

/// "Billing admins and Directory Readers added to ana@contoso.com, until Sat 21 Nov, 14:00."
fn granted_sentence(granted: &IssuedUserGrants, until: &str) -> String {
    let things = granted.groups.iter().chain(&granted.roles);
    let names: Vec<&str> = things
        .filter(|thing| !thing.had_before)
        .map(|thing| thing.name.as_str())
        .collect();
    let user = &granted.user_principal_name;
    match words::list(&names) {
        Some(names) => format!("{names} added to {user}, until {until}."),
        None => format!("{user} had all of it before. Nothing was changed, and nothing will be taken away."),
    }
}

/// The names of those that the lease gave, or that the user had before.
fn names_of(things: &[GrantedThing], had_before: bool) -> Option<String> {
    let names: Vec<&str> = things
        .iter()
        .filter(|thing| thing.had_before == had_before)
        .map(|thing| thing.name.as_str())
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

enum Value {
    Open(String),
    Secret(SecretText),
}

/// The key's id is left out on purpose: beside the secret, it gets copied in its place.
fn fields(issued: &Issued) -> Vec<(&'static str, Value)> {
    match issued {
        Issued::AppSecret(app) => vec![
            ("Client ID", Value::Open(app.client_id.clone())),
            ("Tenant ID", Value::Open(app.tenant_id.clone())),
            ("Client secret", Value::Secret(app.client_secret.clone())),
        ],
        Issued::PortalUser(user) => {
            let mut fields = vec![("User name", Value::Open(user.user_principal_name.clone()))];
            fields.extend(user.password.clone().map(|it| ("Password", Value::Secret(it))));
            let pass = user.temporary_access_pass.clone();
            fields.extend(pass.map(|it| ("Temporary Access Pass", Value::Secret(it))));
            fields
        }
        Issued::UserGrants(granted) => {
            let mut fields = vec![("User name", Value::Open(granted.user_principal_name.clone()))];
            let things = [&granted.groups[..], &granted.roles[..]].concat();
            for (label, names) in [
                ("Groups added", names_of(&granted.groups, false)),
                ("Roles added", names_of(&granted.roles, false)),
                ("Had before, and keeps", names_of(&things, true)),
            ] {
                fields.extend(names.map(|names| (label, Value::Open(names))));
            }
            fields
        }
    }
}

fn usable(issued: &Issued) -> String {
    match issued {
        Issued::AppSecret(app) => app.usable_since.map_or_else(
            || "Entra may need up to a minute before it takes this secret.".to_owned(),
            |at| format!("Usable since {}.", words::second(at)),
        ),
        Issued::PortalUser(_) => "Entra may need up to a minute before this user can sign in.".to_owned(),
        Issued::UserGrants(_) => {
            "Entra may need up to 15 minutes, and the user a fresh sign-in, before it counts everywhere."
                .to_owned()
        }
    }
}

fn sign_in_link(issued: &Issued) -> Option<impl IntoView + use<>> {
    match issued {
        Issued::AppSecret(_) | Issued::UserGrants(_) => None,
        Issued::PortalUser(user) => Some(view! {
            <p>
                <a href=user.sign_in_url.clone() target="_blank" rel="noopener noreferrer">
                    "Open the sign-in page"
                </a>
                " in a private window, so that it doesn't meet the account that you are signed in with."
            </p>
        }),
    }
}

#[component]
fn OpenRow(label: &'static str, text: String) -> impl IntoView {
    let value = text.clone();
    view! {
        <tr>
            <th scope="row">{label}</th>
            <td>
                <code class="credential-value">{value}</code>
            </td>
            <td class="credential-actions">
                <CopySecretButton text=Callback::new(move |()| text.clone()) what=label.to_lowercase() />
            </td>
        </tr>
    }
}

/// The whole credential in the form that the user chose last.
#[component]
fn CopyAs(issued: Issued, on_copied: Callback<()>) -> impl IntoView {
    let forms = ExportForm::of(&issued);
    let remembered = browser::recall(CHOSEN_FORM);
    let first = forms
        .iter()
        .find(|form| Some(form.name()) == remembered.as_deref())
        .or(forms.first());
    let chosen = RwSignal::new(first.copied().unwrap_or(ExportForm::Json));
    let refused = RwSignal::new(false);
    let issued = StoredValue::new(issued);
    let choices = forms
        .iter()
        .map(|&form| {
            view! {
                <label class="segment">
                    <input
                        type="radio"
                        name="copy-as"
                        value=form.name()
                        prop:checked=move || chosen.get() == form
                        on:change=move |_| {
                            chosen.set(form);
                            refused.set(false);
                            browser::remember(CHOSEN_FORM, form.name());
                        }
                    />
                    <span>{form.label()}</span>
                </label>
            }
        })
        .collect_view();
    let shown = move || issued.with_value(|it| export(chosen.get(), &masked(it)));
    // What holds no secret saves none: copying it must not release the guard.
    let copied = Callback::new(move |()| {
        refused.try_set(false);
        if chosen.get_untracked().holds_secret() {
            on_copied.run(());
        }
    });
    view! {
        <fieldset class="copy-as">
            <legend>"Copy as"</legend>
            <div class="segments">{choices}</div>
            <pre class="copy-preview" tabindex="0" aria-label="Preview, with the secret masked">
                <code>{shown}</code>
            </pre>
            <CopySecretButton
                text=Callback::new(move |()| issued.with_value(|it| export(chosen.get_untracked(), it)))
                what="in this form"
                on_copied=copied
                on_refused=Callback::new(move |()| refused.set(true))
            />
            <Show when=move || refused.get()>
                <p class="field-note" role="alert">
                    "The browser blocked the clipboard (is this page on HTTPS?). Reveal the secret above and press Ctrl+C."
                </p>
            </Show>
        </fieldset>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thing(name: &str, had_before: bool) -> GrantedThing {
        GrantedThing {
            id: "id".into(),
            name: name.into(),
            had_before,
        }
    }

    #[test]
    fn the_sentence_names_only_what_was_added() {
        let granted = |groups, roles| IssuedUserGrants {
            user_principal_name: "ana@contoso.com".into(),
            object_id: "o".into(),
            groups,
            roles,
        };
        let both = granted(
            vec![thing("Billing admins", false), thing("Readers", true)],
            vec![thing("Directory Readers", false)],
        );
        assert_eq!(
            granted_sentence(&both, "14:00"),
            "Billing admins and Directory Readers added to ana@contoso.com, until 14:00."
        );
        let none = granted(vec![thing("Readers", true)], vec![]);
        assert!(granted_sentence(&none, "14:00").starts_with("ana@contoso.com had all of it before."));
    }
}
