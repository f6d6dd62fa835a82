//! Deleting an item, a folder or a target: the button, the dialog, and the word beside what is on its way out.
//!
//! Rule: it says "deleted" only of what is gone; while leases are being taken back it says how many are left, and that it goes by
//! itself. To delete another sort of thing: a variant of [`Doomed`], its words and its call.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;

use super::actions::{Action, ActionButton, Actions};
use super::browser;
use super::field::{Checkbox, TextField};
use super::icon::{Icon, IconView};
use super::modal::{Closer, Modal, TITLE};
use super::notice::{Notice, Tone};
use super::problem::{PROBLEM, Problem};
use crate::api::{secrets, targets};
use crate::domain::{ApiError, Deletion, DynamicSecret, ErrorCode, FolderPath, ItemPath, Target, TargetName};
use crate::routes;

/// How often an open dialog looks how far it is.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// What is to be deleted, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doomed {
    /// An item.
    Item {
        /// Where it stands.
        path: ItemPath,
        /// Its leases that are not ended.
        leases: u64,
        /// Whether it is protected.
        protected: bool,
        /// Whether it is on its way out already.
        deleting: bool,
    },
    /// A folder, and everything in it and below it.
    Folder {
        /// Which.
        path: FolderPath,
        /// How many items.
        items: u64,
    },
    /// A target.
    Target {
        /// Its name.
        name: TargetName,
        /// Items that use it.
        items: u64,
        /// Leases on it that are not ended.
        leases: u64,
        /// Whether it is on its way out already.
        deleting: bool,
    },
}

impl Doomed {
    /// This item.
    pub fn item(item: &DynamicSecret) -> Self {
        Self::Item {
            path: item.path.clone(),
            leases: item.live_leases,
            protected: item.delete_protection,
            deleting: item.deleting_at.is_some(),
        }
    }

    /// This target.
    pub fn target(target: &Target) -> Self {
        Self::Target {
            name: target.name.clone(),
            items: target.items,
            leases: target.live_leases,
            deleting: target.deleting_at.is_some(),
        }
    }

    /// What tells it from every other.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Item { path, .. } => format!("item {path}"),
            Self::Folder { path, .. } => format!("folder {path}"),
            Self::Target { name, .. } => format!("target {name}"),
        }
    }

    /// What people call it.
    fn name(&self) -> String {
        match self {
            Self::Item { path, .. } => path.to_string(),
            Self::Folder { path, .. } => path.to_string(),
            Self::Target { name, .. } => name.to_string(),
        }
    }

    /// Why it can't be deleted now, where the page knows that.
    fn refusal(&self) -> Option<String> {
        match self {
            Self::Item { protected: true, .. } => {
                Some("Can't delete: it is protected from deletion; turn its protection off first.".to_owned())
            }
            Self::Target { items: 1, .. } => Some("Can't delete: 1 item uses it.".to_owned()),
            Self::Target { items, .. } if *items > 0 => Some(format!("Can't delete: {items} items use it.")),
            Self::Item { .. } | Self::Folder { .. } | Self::Target { .. } => None,
        }
    }

    /// Its leases that are not ended; of a folder they are not known.
    fn leases(&self) -> Option<u64> {
        match self {
            Self::Item { leases, .. } | Self::Target { leases, .. } => Some(*leases),
            Self::Folder { .. } => None,
        }
    }

    fn is_deleting(&self) -> bool {
        match self {
            Self::Item { deleting, .. } | Self::Target { deleting, .. } => *deleting,
            Self::Folder { .. } => false,
        }
    }

    /// What a person types to show that it is this one that they mean.
    fn word(&self) -> String {
        match self {
            Self::Item { path, .. } => path.name().to_owned(),
            Self::Folder { path, .. } => path.to_string(),
            Self::Target { name, .. } => name.to_string(),
        }
    }

    /// The list of its live leases.
    fn lease_list(&self) -> Option<String> {
        let list = |filter, value: &str| Some(routes::with_query(&routes::leases(), &[(filter, value)]));
        match self {
            Self::Item { path, .. } => list("secret", path.as_str()),
            Self::Target { name, .. } => list("target", name.as_str()),
            Self::Folder { .. } => None,
        }
    }

    /// Where one is once it is gone.
    fn then(&self) -> String {
        match self {
            Self::Item { path, .. } => {
                let folder = path.folder();
                let folder = if folder.is_root() { "" } else { folder.as_str() };
                routes::with_query(&routes::items(), &[("folder", folder)])
            }
            Self::Folder { .. } => routes::items(),
            Self::Target { .. } => routes::targets(),
        }
    }

    /// What goes with it, in a sentence.
    fn what_goes(&self) -> String {
        match self {
            Self::Item { .. } => {
                "No lease can be generated from it any more. Ended leases stay in the list.".to_owned()
            }
            Self::Folder { items, .. } => format!(
                "{} in it and below it, all of them or none. Ended leases stay in the list.",
                counted(*items, "item")
            ),
            Self::Target { .. } => {
                "Its credential is forgotten here. Nothing changes in the tenant: remove the app registration's secret there yourself."
                    .to_owned()
            }
        }
    }

    async fn delete(self, revoke_leases: bool) -> Result<Deletion, ApiError> {
        // The dialog itself waits and looks again, so that it can show how far it is.
        let wait = Some(false);
        match self {
            Self::Item { path, .. } => secrets::delete(path, revoke_leases, wait).await,
            Self::Folder { path, .. } => secrets::delete_folder(path, revoke_leases, wait).await,
            Self::Target { name, .. } => targets::delete(name, revoke_leases, wait).await,
        }
    }
}

/// `1 lease`, `3 leases`.
fn counted(count: u64, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}

/// Opens the Delete dialog; disabled, with the reason, where something is in the way.
#[component]
pub fn DeleteButton(
    /// What.
    doomed: Doomed,
    /// Told when the dialog closes after something changed.
    on_done: Callback<()>,
) -> impl IntoView {
    let (of, refusal) = (doomed.name(), doomed.refusal());
    let label = if doomed.is_deleting() {
        "Deletion…"
    } else {
        "Delete"
    };
    view! {
        <ActionButton
            action=Action::Delete(doomed)
            label=label
            of=of
            class="button danger"
            on_done=Some(on_done)
            open=false
            refusal=Signal::stored(refusal)
        />
    }
}

/// The word beside something that is on its way out, with the leases that keep it.
#[component]
pub fn BeingDeleted(
    /// Leases that are still being taken back.
    leases: u64,
) -> impl IntoView {
    view! {
        <span class="badge idle">
            <IconView icon=Icon::Revoking />
            "Being deleted"
        </span>
        <span class="sub">{format!("{} left", counted(leases, "lease"))}</span>
    }
}

/// The Delete dialog.
#[component]
pub fn DeleteDialog(
    /// What.
    doomed: Doomed,
) -> impl IntoView {
    let actions = expect_context::<Actions>();
    let navigate = use_navigate();
    let then = doomed.then();
    let title = format!("Delete {}", doomed.name());
    let answer = RwSignal::new(None::<Deletion>);
    // While leases are being taken back, closing is fine: the deletion goes on without anybody watching.
    let may_close = Callback::new(move |()| true);
    let on_closed = Callback::new(move |()| {
        let told = answer.get_untracked();
        actions.finish(told.is_some());
        if told.is_some_and(|deletion| deletion.is_done()) {
            navigate(&then, leptos_router::NavigateOptions::default());
        }
    });
    let answered = Memo::new(move |_| answer.with(Option::is_some));
    view! {
        <Modal title=title class="delete" may_close=may_close on_closed=on_closed>
            {move || {
                if answered.get() {
                    view! { <Progress doomed=doomed.clone() answer=answer /> }.into_any()
                } else {
                    view! { <Confirm doomed=doomed.clone() answer=answer /> }.into_any()
                }
            }}
        </Modal>
    }
}

#[component]
fn Confirm(doomed: Doomed, answer: RwSignal<Option<Deletion>>) -> impl IntoView {
    let closer = expect_context::<Closer>();
    let asking = RwSignal::new(false);
    let revoke = RwSignal::new(false);
    let error = RwSignal::new(None::<ApiError>);
    let leases = doomed.leases();
    let deleting = doomed.is_deleting();
    let typed = RwSignal::new(String::new());
    let word = doomed.word();
    let asked = format!("Type {word} to confirm");
    let list = doomed
        .lease_list()
        .filter(|_| leases.is_some_and(|count| count > 0));
    let blocked = move || {
        let in_use = leases.is_some_and(|count| count > 0) && !revoke.get();
        !deleting && (in_use || typed.with(|typed| typed.trim() != word))
    };
    let also = match leases {
        Some(0) => None,
        Some(count) => Some(format!("Also revoke {}", counted(count, "live lease"))),
        None => Some("Also revoke the live leases of these items".to_owned()),
    };
    let also = also.filter(|_| !deleting);
    let also = also.map(|label| {
        view! {
            <Checkbox
                id="revoke-leases"
                label=label
                checked=revoke
                hint="Whoever uses them loses access within about a minute. Without this, nothing is deleted while a lease lives."
            />
        }
    });
    let what_goes = doomed.what_goes();
    let send = move |_| {
        if asking.get_untracked() {
            return;
        }
        asking.set(true);
        error.set(None);
        let (doomed, revoke) = (doomed.clone(), revoke.get_untracked());
        spawn_local(async move {
            let given = doomed.delete(revoke).await;
            asking.try_set(false);
            match given {
                Ok(deletion) => {
                    answer.try_set(Some(deletion));
                    browser::focus_id_later(TITLE);
                }
                Err(refused) => {
                    error.try_set(Some(refused));
                    browser::focus_id_later(PROBLEM);
                }
            }
        });
    };
    view! {
        <p>
            {if deleting {
                "It is being deleted, and goes by itself when its last lease is gone from Entra. Ask again to try that now.".to_owned()
            } else {
                what_goes
            }}
        </p>
        {also}
        {list
            .map(|href| {
                view! {
                    <p>
                        <a href=href on:click=move |event| closer.follow(&event)>
                            "See its live leases"
                        </a>
                    </p>
                }
            })}
        {(!deleting).then(|| view! { <TextField id="confirm-name" label=asked value=typed mono=true /> })}
        {move || error.get().map(|error| view! { <Problem error=error /> })}
        <div class="dialog-actions">
            <button
                type="button"
                class="button danger"
                disabled=move || asking.get() || blocked()
                on:click=send
            >
                {move || match (asking.get(), deleting) {
                    (true, _) => "Deleting…",
                    (false, true) => "Try now",
                    (false, false) => "Delete",
                }}
            </button>
            <button type="button" class="button" on:click=move |_| {
                    closer.close();
                }>
                "Cancel"
            </button>
        </div>
    }
}

/// How far it is, looked up again until it is gone.
#[component]
fn Progress(doomed: Doomed, answer: RwSignal<Option<Deletion>>) -> impl IntoView {
    let closer = expect_context::<Closer>();
    let done = Memo::new(move |_| answer.with(|it| it.as_ref().is_none_or(Deletion::is_done)));
    let name = doomed.name();
    Effect::new(move |_| {
        if done.get() {
            return;
        }
        let doomed = doomed.clone();
        if let Ok(looking) = set_interval_with_handle(move || look(doomed.clone(), answer), LOOK_EVERY) {
            on_cleanup(move || looking.clear());
        }
    });
    view! {
        <p class="outcome" class:is-pending=move || !done.get() role="status">
            {move || answer.get().map(|deletion| outcome(&name, &deletion))}
        </p>
        {move || {
            answer
                .get()
                .filter(|deletion| !deletion.is_done())
                .and_then(|deletion| deletion.last_error)
                .map(|why| {
                    view! {
                        <Notice tone=Tone::Warn title="What Entra answered last">
                            <p>{why}</p>
                        </Notice>
                    }
                })
        }}
        <div class="dialog-actions">
            <button type="button" class="button primary" on:click=move |_| {
                    closer.close();
                }>
                "Close"
            </button>
        </div>
    }
}

/// Asks how far it is. What is not there any more is gone.
fn look(doomed: Doomed, answer: RwSignal<Option<Deletion>>) {
    spawn_local(async move {
        match doomed.delete(false).await {
            Ok(deletion) => {
                answer.try_set(Some(deletion));
            }
            Err(error) if error.code == ErrorCode::NotFound => {
                answer.try_set(Some(Deletion::done()));
            }
            // A look that fails tells nothing: what was last known stays, and the next look comes.
            Err(_) => {}
        }
    });
}

/// The truth about a deletion.
fn outcome(name: &str, deletion: &Deletion) -> String {
    if deletion.is_done() {
        return format!("{name} is deleted; every lease of it is gone from Entra, or was given up before.");
    }
    let items = match deletion.items_left {
        0 | 1 => String::new(),
        count => format!(" of {}", counted(count, "item")),
    };
    let attention = match deletion.needs_attention {
        0 => String::new(),
        count => format!(
            " {} attention: Entra has refused to let go several times.",
            needs(count)
        ),
    };
    format!(
        "Being deleted: {}{items} still being taken back.{attention} It goes by itself when the last one is gone from Entra; closing this does not stop it.",
        counted(deletion.leases_left, "lease")
    )
}

fn needs(count: u64) -> String {
    if count == 1 {
        "1 needs".to_owned()
    } else {
        format!("{count} need")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DeletionState;

    #[test]
    fn what_is_left_is_counted_in_words() {
        let deletion = |items_left, leases_left, needs_attention| Deletion {
            state: DeletionState::Deleting,
            items_left,
            leases_left,
            needs_attention,
            last_error: None,
        };
        let one = outcome("/x", &deletion(1, 1, 0));
        assert!(one.starts_with("Being deleted: 1 lease still"), "{one}");
        assert!(!one.contains("deleted;") && !one.contains("attention"), "{one}");
        let many = outcome("/x", &deletion(2, 3, 2));
        assert!(
            many.contains("3 leases of 2 items") && many.contains("2 need attention"),
            "{many}"
        );
        assert!(outcome("/x", &Deletion::done()).starts_with("/x is deleted"));
    }

    #[test]
    fn what_is_in_the_way_is_said_before() {
        let target = |items, leases| Doomed::Target {
            name: TargetName::parse("contoso").unwrap(),
            items,
            leases,
            deleting: false,
        };
        assert_eq!(target(0, 4).refusal(), None);
        assert!(target(2, 0).refusal().unwrap().contains("2 items use it"));
        assert!(target(1, 0).refusal().unwrap().contains("1 item uses it"));
    }
}
