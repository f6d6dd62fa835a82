//! The form that makes an item: one file a section, one a kind.
//!
//! To add a kind: its answers in `answers.rs`, its signals in [`Draft`], its file with its fields, and its card in `kind.rs`;
//! the compiler leads through the rest.

pub mod answers;
pub mod app_secret;
pub mod kind;
pub mod memberships;
pub mod place;
pub mod portal_user;
pub mod summary;
pub mod target;
pub mod ttls;
pub mod user_grants;

use leptos::prelude::*;

use crate::components::picker::Choice;
use crate::components::problem::without_field;
use crate::domain::{ApiError, Kind, NewDynamicSecret, TargetName};
use answers::{Answers, FieldError, field_of};

/// What the form holds.
#[derive(Debug, Clone, Copy)]
pub struct Draft {
    /// The kind.
    pub kind: RwSignal<Kind>,
    /// The item's name.
    pub name: RwSignal<String>,
    /// The folder.
    pub folder: RwSignal<String>,
    /// For people.
    pub description: RwSignal<String>,
    /// Parted by commas.
    pub tags: RwSignal<String>,
    /// Whether deleting is refused.
    pub delete_protection: RwSignal<bool>,
    /// The target's name.
    pub target: RwSignal<String>,
    /// The application: none or one.
    pub application: RwSignal<Vec<Choice>>,
    /// The domain of new users.
    pub domain: RwSignal<String>,
    /// The user name's template.
    pub username_template: RwSignal<String>,
    /// The display name's template.
    pub display_name_template: RwSignal<String>,
    /// Characters of the password.
    pub password_length: RwSignal<String>,
    /// Whether a claim of the caller's sign-in names the user who gets the grants, instead of the caller.
    pub by_claim: RwSignal<bool>,
    /// That claim.
    pub claim: RwSignal<String>,
    /// Groups to join.
    pub groups: RwSignal<Vec<Choice>>,
    /// Directory roles to hold.
    pub roles: RwSignal<Vec<Choice>>,
    /// The length of a lease that asks for none.
    pub default_ttl: RwSignal<String>,
    /// The longest that a lease can become.
    pub max_ttl: RwSignal<String>,
    /// Whether Create was pressed: from then on, what is missing is an error.
    pub tried: RwSignal<bool>,
    /// What the server refused, and the answers that it refused.
    pub refused: RwSignal<Option<(ApiError, Answers)>>,
    /// What is wrong with the answers, or the item that they make.
    pub read: Memo<Result<NewDynamicSecret, Vec<FieldError>>>,
}

/// What an address can fill in: `?kind=portal_user&folder=/prod&target=contoso`.
#[derive(Debug, Clone, Default)]
pub struct Prefill {
    /// The kind.
    pub kind: Option<Kind>,
    /// The folder.
    pub folder: String,
    /// The target's name.
    pub target: String,
}

impl Draft {
    /// An empty form, but for what the address fills in.
    pub fn new(prefill: Prefill) -> Self {
        let empty = || RwSignal::new(String::new());
        let mut draft = Self {
            kind: RwSignal::new(prefill.kind.unwrap_or(Kind::AppSecret)),
            name: empty(),
            folder: RwSignal::new(prefill.folder),
            description: empty(),
            tags: empty(),
            delete_protection: RwSignal::new(false),
            target: RwSignal::new(prefill.target),
            application: RwSignal::new(Vec::new()),
            domain: empty(),
            username_template: empty(),
            display_name_template: empty(),
            password_length: RwSignal::new("16".to_owned()),
            by_claim: RwSignal::new(false),
            claim: RwSignal::new("upn".to_owned()),
            groups: RwSignal::new(Vec::new()),
            roles: RwSignal::new(Vec::new()),
            default_ttl: RwSignal::new("1h".to_owned()),
            max_ttl: RwSignal::new("1d".to_owned()),
            tried: RwSignal::new(false),
            refused: RwSignal::new(None),
            read: Memo::new(|_| Err(Vec::new())),
        };
        draft.read = Memo::new(move |_| draft.answers().read());
        draft
    }

    /// What was typed and chosen, followed as it changes.
    pub fn answers(self) -> Answers {
        let ids = |chosen: RwSignal<Vec<Choice>>| -> Vec<String> {
            chosen.with(|chosen| chosen.iter().map(|choice| choice.id.clone()).collect())
        };
        Answers {
            kind: self.kind.get(),
            name: self.name.get(),
            folder: self.folder.get(),
            description: self.description.get(),
            tags: self.tags.get(),
            delete_protection: self.delete_protection.get(),
            target: self.target.get(),
            application: ids(self.application).into_iter().next().unwrap_or_default(),
            domain: self.domain.get(),
            username_template: self.username_template.get(),
            display_name_template: self.display_name_template.get(),
            password_length: self.password_length.get(),
            claim: self.by_claim.get().then(|| self.claim.get()),
            groups: ids(self.groups),
            roles: ids(self.roles),
            default_ttl: self.default_ttl.get(),
            max_ttl: self.max_ttl.get(),
        }
    }

    /// What is wrong now: what the answers show by themselves, then what the server said.
    pub fn errors(self) -> Vec<FieldError> {
        let mut errors = self.read.get().err().unwrap_or_default();
        if !self.tried.get() {
            errors.retain(|error| !error.missing);
        }
        // A refusal of a field lasts as long as the answers that were refused.
        if let Some((refused, answers)) = self.refused.get()
            && let Some(field) = field_of(&refused)
            && answers == self.answers()
        {
            errors.push(FieldError {
                field,
                text: without_field(&refused),
                missing: false,
            });
        }
        errors
    }

    /// What is wrong with this field.
    pub fn error(self, field: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || {
            self.errors()
                .into_iter()
                .find(|error| error.field == field)
                .map(|error| error.text)
        })
    }

    /// The chosen target, where its name is one.
    pub fn target_name(self) -> Option<TargetName> {
        TargetName::parse(&self.target.get()).ok()
    }
}

/// The directory can't be searched before it is known whose.
fn target_first() -> ApiError {
    ApiError::conflict("Choose a target first: its directory is what is searched.")
}
