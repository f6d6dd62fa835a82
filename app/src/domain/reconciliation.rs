//! What Entra holds of ours that no lease knows: the report of a check, as the API and the console show it.
//!
//! Everything that we put into Entra and that can bear a marker bears `leasehold:<instance>:<lease>`. A check lists what bears it and
//! compares with the leases. Rule: what belongs to a lease that is not ended is known; the rest is told, never guessed away.

use serde::{Deserialize, Serialize};

use super::{LeaseState, TargetName, Timestamp};

/// What sort of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftoverKind {
    /// A user.
    User,
    /// A user that is deleted, and can be restored.
    DeletedUser,
    /// A client secret of an application.
    AppPassword,
}

/// Something in Entra that bears our marker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leftover {
    /// What sort of thing.
    pub kind: LeftoverKind,
    /// Entra's id of it: a user's object id, a secret's key id.
    pub entra_id: String,
    /// The name that it bears there.
    pub name: String,
    /// The name of the application that a secret is on.
    pub application: Option<String>,
    /// The object id of that application.
    pub application_id: Option<String>,
    /// The lease that its marker names.
    pub lease: String,
    /// Where that lease is in its life; nothing where no lease of this id is known.
    pub lease_state: Option<LeaseState>,
    /// Since when it is in Entra in this form: created, or deleted.
    pub since: Option<Timestamp>,
    /// Why it is listed, in words.
    pub why: String,
    /// Whether it was taken away, and verified to be gone.
    pub cleaned: bool,
    /// Why it could not be taken away, where that was tried.
    pub error: Option<String>,
}

/// A client secret that has expired and still takes one of its application's places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpiredSecret {
    /// The application's name.
    pub application: String,
    /// The application's object id.
    pub application_id: String,
    /// The secret's id.
    pub key_id: String,
    /// The secret's name.
    pub display_name: Option<String>,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Whether it bears our marker. Nobody else's is ever removed.
    pub ours: bool,
    /// The lease that its marker names.
    pub lease: Option<String>,
    /// Where that lease is in its life.
    pub lease_state: Option<LeaseState>,
    /// Whether it was removed, and verified to be gone.
    pub cleaned: bool,
    /// Why it could not be removed, where that was tried.
    pub error: Option<String>,
}

/// What a check looks through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckedPart {
    /// The users.
    Users,
    /// The deleted users.
    DeletedUsers,
    /// The client secrets of all applications.
    AppPasswords,
}

/// A part that Entra did not let us look through: nothing is said about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotChecked {
    /// Which part.
    pub part: CheckedPart,
    /// Why, with what to do about it.
    pub error: String,
}

/// What a check of a target found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciliation {
    /// The target.
    pub target: TargetName,
    /// When Entra was asked.
    pub checked_at: Timestamp,
    /// How many things belong to leases that are not ended.
    pub known: u64,
    /// How many deleted users are there because their item keeps them restorable; Entra removes them after 30 days.
    pub kept: u64,
    /// What no live lease knows.
    pub unknown: Vec<Leftover>,
    /// What is of leases that ended a moment ago, which Entra's replicas may still show: look again in some minutes.
    pub settling: Vec<Leftover>,
    /// Secrets that have expired, of the applications that leases of this target are for; others' too.
    pub expired_secrets: Vec<ExpiredSecret>,
    /// How many more there are in these lists than are told: each tells a thousand.
    pub more: u64,
    /// What could not be looked through.
    pub not_checked: Vec<NotChecked>,
}

impl Reconciliation {
    /// What is unknown and still there.
    pub fn left(&self) -> impl Iterator<Item = &Leftover> {
        self.unknown.iter().filter(|it| !it.cleaned)
    }

    /// The expired secrets of ours that are still there.
    pub fn expired_left(&self) -> impl Iterator<Item = &ExpiredSecret> {
        self.expired_secrets.iter().filter(|it| it.ours && !it.cleaned)
    }

    /// How many things a clean-up would take away.
    pub fn to_clean(&self) -> usize {
        self.left().count() + self.expired_left().count()
    }
}

/// What is known of the checks of a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconciliationStatus {
    /// What the last check found that came to an end.
    pub report: Option<Reconciliation>,
    /// When the last check that failed was made, if it was the last of all.
    pub failed_at: Option<Timestamp>,
    /// Why it failed.
    pub error: Option<String>,
    /// When the next one is due by itself.
    pub next_at: Option<Timestamp>,
}
