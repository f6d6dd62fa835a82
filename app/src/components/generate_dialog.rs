//! Taking out a lease: the dialog. First the form, then the wait, then the credential, or what was granted.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::actions::Actions;
use super::browser;
use super::credential_card::CredentialCard;
use super::field::TextField;
use super::leave_guard::{LeaveGuard, LeaveQuestion};
use super::live::clock;
use super::modal::{Closer, Modal, TITLE};
use super::picker::{Choice, Picker, Search};
use super::problem::{PROBLEM, Problem, without_field};
use super::time::ttl_text;
use super::ttl_field::TtlField;
use super::words;
use crate::api::{directory, leases};
use crate::domain::{
    ApiError, DirectoryUser, DynamicSecret, ErrorCode, IssuedLease, ItemPath, Kind, TargetName, Timestamp,
    Ttl, TtlPolicy,
};

/// The id of the field for the user who gets it.
const USER_FIELD: &str = "generate-user";

/// After so long, the wait says that Entra is slow.
const SLOW_AFTER_SECONDS: u32 = 10;

/// What the form holds and how far it has come.
#[derive(Debug, Clone, Copy)]
struct Draft {
    ttl: RwSignal<String>,
    reason: RwSignal<String>,
    /// The user who gets it, where the item lets the caller choose: none or one.
    user: RwSignal<Vec<Choice>>,
    /// One for all presses of this dialog's button: a double click takes out one lease.
    request_id: RwSignal<Option<String>>,
    waiting: RwSignal<bool>,
    error: RwSignal<Option<ApiError>>,
    issued: RwSignal<Option<IssuedLease>>,
    guard: LeaveGuard,
}

impl Draft {
    fn new(default_ttl: Ttl) -> Self {
        Self {
            ttl: RwSignal::new(default_ttl.to_string()),
            reason: RwSignal::new(String::new()),
            user: RwSignal::new(Vec::new()),
            request_id: RwSignal::new(browser::random_id()),
            waiting: RwSignal::new(false),
            error: RwSignal::new(None),
            issued: RwSignal::new(None),
            guard: LeaveGuard::default(),
        }
    }

    fn send(self, secret: ItemPath, ttl: Ttl) {
        if self.waiting.get_untracked() {
            return;
        }
        self.waiting.set(true);
        self.error.set(None);
        let reason = Some(self.reason.get_untracked().trim().to_owned()).filter(|it| !it.is_empty());
        let request_id = self.request_id.get_untracked();
        let user = self
            .user
            .with_untracked(|user| user.first().map(|it| it.id.clone()));
        spawn_local(async move {
            let answer = leases::generate(secret, Some(ttl), reason, request_id, Some(true), user).await;
            self.waiting.try_set(false);
            match answer {
                Ok(issued) => {
                    self.issued.try_set(Some(issued));
                    browser::focus_id_later(TITLE);
                }
                Err(error) => self.refused(error),
            }
        });
    }

    fn refused(self, error: ApiError) {
        // Where no answer came, the lease may exist: the same id then finds it instead of making a second. After an answer
        // it would only find the attempt that has just failed.
        match error.code {
            ErrorCode::UpstreamUnavailable => {}
            ErrorCode::Unauthenticated
            | ErrorCode::Forbidden
            | ErrorCode::NotFound
            | ErrorCode::Invalid
            | ErrorCode::Conflict
            | ErrorCode::RateLimited
            | ErrorCode::Upstream
            | ErrorCode::Internal => {
                self.request_id.try_set(browser::random_id());
            }
        }
        self.error.try_set(Some(error));
        browser::focus_id_later(PROBLEM);
    }
}

/// The Generate dialog of an item.
#[component]
pub fn GenerateDialog(
    /// The item.
    secret: DynamicSecret,
) -> impl IntoView {
    let actions = expect_context::<Actions>();
    let draft = Draft::new(secret.default_ttl);
    let name = secret.path.name().to_owned();
    let what = if secret.kind.issues_secret() {
        "Credential"
    } else {
        "Lease"
    };
    let title = Signal::derive(move || {
        if draft.issued.with(Option::is_some) {
            format!("{what} of {name}")
        } else {
            format!("Generate {name}")
        }
    });
    let may_close = Callback::new(move |()| !draft.waiting.get_untracked() && draft.guard.may_leave());
    let on_closed = Callback::new(move |()| actions.finish(draft.issued.with_untracked(Option::is_some)));
    // Browsers keep a left page as it was, to go back to it: the credential must not be in it.
    Effect::new(move |_| {
        let leaving = window_event_listener_untyped("pagehide", move |_| {
            draft.guard.release();
            draft.issued.try_set(None);
        });
        on_cleanup(move || leaving.remove());
    });
    let secret = StoredValue::new(secret);
    view! {
        <Modal title=title class="generate wide" may_close=may_close on_closed=on_closed>
            {move || match draft.issued.get() {
                None => view! { <GenerateForm secret=secret.get_value() draft=draft /> }.into_any(),
                Some(issued) => view! { <Taken issued=issued guard=draft.guard /> }.into_any(),
            }}
        </Modal>
    }
}

/// The credential, and the way out.
#[component]
fn Taken(issued: IssuedLease, guard: LeaveGuard) -> impl IntoView {
    let closer = expect_context::<Closer>();
    view! {
        <CredentialCard issued=issued guard=guard />
        <LeaveQuestion guard=guard on_leave=Callback::new(move |()| {
            closer.close();
        }) />
        <div class="dialog-actions">
            <button type="button" class="button primary" on:click=move |_| {
                    closer.close();
                }>
                "Close"
            </button>
        </div>
    }
}

#[component]
fn GenerateForm(secret: DynamicSecret, draft: Draft) -> impl IntoView {
    let closer = expect_context::<Closer>();
    let clock = clock();
    let (path, max) = (secret.path.clone(), secret.max_ttl);
    let policy = TtlPolicy::new(secret.default_ttl, max);
    let asked = Memo::new(move |_| match &policy {
        Ok(policy) => words::read_ttl(&draft.ttl.get(), *policy),
        Err(why) => Err(why.0.clone()),
    });
    let ttl_error = Signal::derive(move || {
        let refused = draft.error.with(|error| {
            error
                .as_ref()
                .filter(|it| it.field.as_deref() == Some("ttl"))
                .map(without_field)
        });
        asked.get().err().or(refused)
    });
    let elapsed = elapsed_seconds(draft.waiting);
    let kind = secret.kind;
    let asks_for_user = secret.asks_for_username();
    let target = secret.target.clone();
    let on_submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match asked.get_untracked() {
            Ok(_) if asks_for_user && draft.user.with_untracked(Vec::is_empty) => {
                draft.error.set(Some(ApiError::invalid(
                    "username",
                    "choose the user who gets it from the list",
                )));
                browser::focus_id(USER_FIELD);
            }
            Ok(ttl) => draft.send(path.clone(), ttl),
            Err(_) => browser::focus_id("generate-ttl"),
        }
    };
    view! {
        <form class="dialog-form" novalidate on:submit=on_submit>
            <p class="dialog-about">
                {secret.kind.label()} " · " <strong>{secret.subject()}</strong> " · " <code>{secret.path.to_string()}</code>
            </p>
            {move || {
                draft.error
                    .get()
                    .filter(|error| !stands_at_its_field(error, asks_for_user))
                    .map(|error| view! { <Refused error=error /> })
            }}
            <fieldset class="plain-fieldset" disabled=move || draft.waiting.get()>
                {asks_for_user.then(|| view! { <UserField target=target draft=draft /> })}
                <TtlField
                    id="generate-ttl"
                    label="Lasts"
                    text=draft.ttl
                    presets=words::presets(max)
                    error=ttl_error
                    hint=format!("Such as 90m or 1h30m, at most {}.", ttl_text(max))
                />
                <p class="ends-line">{move || asked.get().ok().map(|ttl| ends_line(ttl, max, clock))}</p>
                <TextField
                    id="generate-reason"
                    label="Reason"
                    value=draft.reason
                    hint="A ticket, or what it is for. It is kept with the lease."
                    optional=true
                />
            </fieldset>
            <p class="dialog-wait" role="status">
                {move || draft.waiting.get().then(|| waiting_text(kind))}
            </p>
            <p class="dialog-elapsed" aria-hidden="true">
                {move || draft.waiting.get().then(|| elapsed_text(elapsed.get()))}
            </p>
            <div class="dialog-actions">
                <button
                    type="submit"
                    class="button primary"
                    disabled=move || draft.waiting.get() || asked.with(Result::is_err)
                >
                    {move || if draft.waiting.get() { "Generating…" } else { "Generate" }}
                </button>
                <button
                    type="button"
                    class="button"
                    disabled=move || draft.waiting.get()
                    on:click=move |_| {
                    closer.close();
                }
                >
                    "Cancel"
                </button>
            </div>
        </form>
    }
}

/// Whether the error is shown at a field of the form.
fn stands_at_its_field(error: &ApiError, asks_for_user: bool) -> bool {
    match error.field.as_deref() {
        Some("ttl") => true,
        Some("username") => asks_for_user,
        Some(_) | None => false,
    }
}

/// Who gets it: a search in the target's directory.
#[component]
fn UserField(target: TargetName, draft: Draft) -> impl IntoView {
    let error = Signal::derive(move || {
        draft.error.with(|error| {
            error
                .as_ref()
                .filter(|it| it.field.as_deref() == Some("username"))
                .map(without_field)
        })
    });
    view! {
        <Picker
            id=USER_FIELD
            label="User"
            hint="Who gets the groups and roles. Search by name, or by the user name from its beginning."
            chosen=draft.user
            search=Search::new(move |query| find_users(target.clone(), query))
            error=error
        />
    }
}

async fn find_users(target: TargetName, query: String) -> Result<Vec<Choice>, ApiError> {
    match directory::users(target, query.clone()).await {
        Ok(found) => Ok(found.items.into_iter().map(user_choice).collect()),
        // Where the directory can't be searched, a whole user name is as good: it is looked up when the lease is generated.
        Err(_) if query.contains('@') => Ok(vec![Choice {
            id: query.clone(),
            name: query,
            note: "as typed".to_owned(),
            badge: None,
            refusal: None,
        }]),
        Err(error) => Err(error),
    }
}

fn user_choice(user: DirectoryUser) -> Choice {
    let badge = if user.enabled == Some(false) {
        Some("Disabled")
    } else if user.guest {
        Some("Guest")
    } else if user.synced {
        Some("Synced")
    } else {
        None
    };
    let note = match &user.job_title {
        Some(title) => format!("{} · {title}", user.user_principal_name),
        None => user.user_principal_name.clone(),
    };
    Choice {
        id: user.id,
        name: user.display_name,
        note,
        badge,
        refusal: None,
    }
}

/// The refusal; where the lease exists already, the way to it.
#[component]
fn Refused(error: ApiError) -> impl IntoView {
    let closer = expect_context::<Closer>();
    let existing = error
        .reason
        .clone()
        .filter(|reason| error.code == ErrorCode::Conflict && reason.starts_with("lse_"));
    view! {
        <Problem error=error />
        {existing
            .map(|lease| {
                view! {
                    <p class="field-note">
                        "This request had already issued "
                        <a href=format!("/leases/{lease}") on:click=move |event| closer.follow(&event)>
                            "a lease"
                        </a>
                        ", and its credential can't be shown again. Revoke it, or press Generate for another."
                    </p>
                }
            })}
    }
}

/// "Ends **Sat 21 Nov, 18:04** (1 h 30 min) · can be renewed until …", counted from now, every 15 seconds anew.
fn ends_line(
    ttl: Ttl,
    max: Ttl,
    clock: impl Fn() -> Timestamp + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let now = RwSignal::new(clock());
    if let Ok(ticking) = set_interval_with_handle(move || now.set(clock()), Duration::from_secs(15)) {
        on_cleanup(move || ticking.clear());
    }
    view! {
        "Ends "
        <strong>{move || words::minute(now.get().plus(ttl))}</strong>
        {format!(" ({}) · ", ttl_text(ttl))}
        {move || {
            if ttl == max {
                "the latest that its item allows".to_owned()
            } else {
                format!(
                    "can be renewed until {}",
                    words::minute(now.get().plus(max)),
                )
            }
        }}
    }
}

/// Seconds since the waiting began.
fn elapsed_seconds(waiting: RwSignal<bool>) -> RwSignal<u32> {
    let elapsed = RwSignal::new(0);
    Effect::new(move |_| {
        elapsed.set(0);
        if !waiting.get() {
            return;
        }
        let tick = move || {
            elapsed.try_update(|seconds| *seconds += 1);
        };
        if let Ok(ticking) = set_interval_with_handle(tick, Duration::from_secs(1)) {
            on_cleanup(move || ticking.clear());
        }
    });
    elapsed
}

fn waiting_text(kind: Kind) -> &'static str {
    match kind {
        Kind::AppSecret => "Asking Entra for a secret, then checking that it works…",
        Kind::PortalUser => "Asking Entra for a user, with its groups and roles…",
        Kind::UserGrants => "Asking Entra to add the user to groups and roles…",
    }
}

fn elapsed_text(seconds: u32) -> String {
    if seconds < SLOW_AFTER_SECONDS {
        format!("{seconds} s")
    } else {
        format!("{seconds} s. Entra is slow; keep this page open: what comes of it is shown here only.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_told_by_name_and_user_name() {
        let user = DirectoryUser {
            id: "u".into(),
            display_name: "Ana Silva".into(),
            user_principal_name: "ana@contoso.com".into(),
            job_title: Some("Counsel".into()),
            enabled: Some(false),
            guest: true,
            synced: false,
        };
        let choice = user_choice(user);
        assert_eq!(
            (choice.name.as_str(), choice.note.as_str(), choice.badge),
            ("Ana Silva", "ana@contoso.com · Counsel", Some("Disabled"))
        );
    }

    #[test]
    fn an_error_without_a_field_of_the_form_is_shown_above_it() {
        let about = |field: &str| ApiError::invalid(field, "x");
        assert!(stands_at_its_field(&about("ttl"), false));
        assert!(stands_at_its_field(&about("username"), true));
        assert!(!stands_at_its_field(&about("username"), false));
        assert!(!stands_at_its_field(&about("reason"), true));
    }
}
