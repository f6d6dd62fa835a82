//! A lease: one use of an item, and its states.
//!
//! `generating → active → revoking → revoked | expired`; `generating → revoking → failed` where issuing failed and all was
//! undone; `revoking → abandoned` where somebody gave up what Entra refuses to let go. Rules about what may happen when are methods here; the console asks the same ones that the engine obeys.

use serde::{Deserialize, Serialize};

use super::{Invalid, ItemPath, Kind, LeaseId, SecretId, TargetName, Timestamp, Ttl};

mod abandonment;

pub use abandonment::Abandonment;

/// Where a lease is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaseState {
    /// Entra is being asked.
    Generating,
    /// Issued, and good until its end.
    Active,
    /// Being taken back; tried until done.
    Revoking,
    /// Gone from Entra, before its time.
    Revoked,
    /// Gone from Entra, at its time.
    Expired,
    /// Never issued; whatever was made is undone.
    Failed,
    /// Given up: nobody tries to take it back any more, and something of it may be left in Entra.
    Abandoned,
}

impl LeaseState {
    /// Every state.
    pub const ALL: [LeaseState; 7] = [
        Self::Generating,
        Self::Active,
        Self::Revoking,
        Self::Revoked,
        Self::Expired,
        Self::Failed,
        Self::Abandoned,
    ];

    /// Its name in the database, on the wire and in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Generating => "generating",
            Self::Active => "active",
            Self::Revoking => "revoking",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
        }
    }

    /// The state of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether nothing more is done about it here. It does not say that Entra holds nothing of it: an abandoned lease has ended
    /// too, and [`is_gone`](Self::is_gone) tells the two apart.
    pub fn is_ended(self) -> bool {
        match self {
            Self::Generating | Self::Active | Self::Revoking => false,
            Self::Revoked | Self::Expired | Self::Failed | Self::Abandoned => true,
        }
    }

    /// Whether nothing of it is left in Entra, verified.
    pub fn is_gone(self) -> bool {
        match self {
            Self::Generating | Self::Active | Self::Revoking | Self::Abandoned => false,
            Self::Revoked | Self::Expired | Self::Failed => true,
        }
    }

    /// Whether a lease can go from this state to that.
    pub fn can_become(self, next: LeaseState) -> bool {
        match self {
            Self::Generating => matches!(next, Self::Active | Self::Revoking),
            Self::Active => next == Self::Revoking,
            Self::Revoking => next.is_ended(),
            Self::Revoked | Self::Expired | Self::Failed | Self::Abandoned => false,
        }
    }
}

/// Which leases a list shows: those in one state, or those that are not ended, or those that need attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum LeaseStateFilter {
    /// Generating, active or revoking.
    Live,
    /// Revoking, after three failed attempts or more.
    NeedsAttention,
    /// In this state.
    State(LeaseState),
}

impl TryFrom<String> for LeaseStateFilter {
    type Error = Invalid;
    fn try_from(name: String) -> Result<Self, Invalid> {
        Self::from_name(&name).ok_or_else(|| {
            let names: Vec<_> = LeaseState::ALL.iter().map(|state| state.as_str()).collect();
            Invalid::new(format!(
                "{name:?} is no state; use live, needs_attention, {}",
                names.join(", ")
            ))
        })
    }
}

impl From<LeaseStateFilter> for String {
    fn from(filter: LeaseStateFilter) -> String {
        filter.as_str().to_owned()
    }
}

impl LeaseStateFilter {
    /// The filter of this name: a state's, `live` or `needs_attention`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "live" => Some(Self::Live),
            "needs_attention" => Some(Self::NeedsAttention),
            _ => LeaseState::from_name(name).map(Self::State),
        }
    }

    /// Its name on the wire and in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::NeedsAttention => "needs_attention",
            Self::State(state) => state.as_str(),
        }
    }

    /// The states that it lets through.
    pub fn states(self) -> Vec<LeaseState> {
        match self {
            Self::Live => vec![LeaseState::Generating, LeaseState::Active, LeaseState::Revoking],
            Self::NeedsAttention => vec![LeaseState::Revoking],
            Self::State(state) => vec![state],
        }
    }
}

/// How many leases there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LeaseCounts {
    /// Being issued.
    pub generating: u64,
    /// Issued and good.
    pub active: u64,
    /// Being taken back.
    pub revoking: u64,
    /// Of those being taken back: after three failed attempts or more.
    pub needs_attention: u64,
    /// Taken back before their time.
    pub revoked: u64,
    /// Ended at their time.
    pub expired: u64,
    /// Never issued.
    pub failed: u64,
    /// Given up; something of them may be left in Entra.
    pub abandoned: u64,
}

/// Why a lease is being taken back; it decides how it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "cause", content = "by")]
pub enum EndCause {
    /// Its time was up.
    Expired,
    /// Somebody revoked it: their name.
    Revoked(String),
    /// Issuing failed.
    Failed,
    /// Issued, but the caller was gone before the value could be handed over.
    Unseen,
    /// The process ended while it was being issued.
    Interrupted,
}

impl EndCause {
    /// The state in which a lease that is taken back for this cause ends.
    pub fn final_state(&self) -> LeaseState {
        match self {
            Self::Expired => LeaseState::Expired,
            Self::Revoked(_) | Self::Unseen => LeaseState::Revoked,
            Self::Failed | Self::Interrupted => LeaseState::Failed,
        }
    }

    /// The cause in words.
    pub fn describe(&self) -> String {
        match self {
            Self::Expired => "its time was up".to_owned(),
            Self::Revoked(who) => format!("revoked by {who}"),
            Self::Failed => "issuing failed".to_owned(),
            Self::Unseen => {
                "revoked at once: the caller was gone before the credential could be handed over".to_owned()
            }
            Self::Interrupted => "the server stopped while it was being issued".to_owned(),
        }
    }
}

/// Why something can't be done with a lease, in words for the person who wants it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

/// One use of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Its id.
    pub id: LeaseId,
    /// The path that the item had when the lease was generated.
    pub secret: ItemPath,
    /// The item's id.
    pub secret_id: SecretId,
    /// The kind of what was issued.
    pub kind: Kind,
    /// The target that it acts on.
    pub target: TargetName,
    /// Where it is in its life.
    pub state: LeaseState,
    /// Who generated it: `user:admin`, `token:ci`.
    pub holder: String,
    /// Why, in the holder's words.
    pub reason: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When the credential was complete.
    pub issued_at: Option<Timestamp>,
    /// When it ends unless it is renewed.
    pub expires_at: Timestamp,
    /// The latest that it could ever end.
    pub max_expires_at: Timestamp,
    /// When it was found to be gone from Entra, or given up.
    pub ended_at: Option<Timestamp>,
    /// Why it is ending or has ended.
    pub end_cause: Option<EndCause>,
    /// How often it was renewed.
    pub renewals: u32,
    /// What a person recognises: the application's name, the user's principal name.
    pub identity: String,
    /// When Entra itself ends it, though we never came back; nothing where only we end it.
    pub entra_ends_at: Option<Timestamp>,
    /// Whether taking it back has failed three times or more.
    pub needs_attention: bool,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// Attempts made to take it back.
    pub attempts_made: u32,
    /// When the next attempt is due.
    pub next_attempt_at: Option<Timestamp>,
    /// Who gave it up, and why; nothing in any other state.
    pub abandoned: Option<Abandonment>,
}

/// Attempts that may fail before a lease is shown as needing attention.
pub const ATTEMPTS_BEFORE_ATTENTION: u32 = 3;

impl Lease {
    /// How much longer it could become: from its present end to its latest, in milliseconds. Refused where nothing is left.
    pub fn can_renew(&self, now: Timestamp) -> Result<i64, Refusal> {
        match self.state {
            LeaseState::Active if now < self.expires_at => {}
            LeaseState::Active => {
                return Err(Refusal("it has reached its end; generate a new one".to_owned()));
            }
            LeaseState::Generating => return Err(Refusal("it is still being issued".to_owned())),
            LeaseState::Revoking => return Err(Refusal("it is being taken back".to_owned())),
            LeaseState::Revoked | LeaseState::Expired | LeaseState::Failed => {
                return Err(Refusal("it has ended; generate a new one".to_owned()));
            }
            LeaseState::Abandoned => {
                return Err(Refusal("it was given up; generate a new one".to_owned()));
            }
        }
        let left = self.max_expires_at.millis_since(self.expires_at);
        if left <= 0 {
            return Err(Refusal(format!(
                "nothing is left to add: it already ends at the latest time its item allows, {}",
                self.max_expires_at.to_utc_text()
            )));
        }
        Ok(left)
    }

    /// Where a renewal for `ttl` would move its end: `now + ttl`, never earlier than the present end, never past the latest.
    pub fn renewed_end(&self, now: Timestamp, ttl: Ttl) -> Result<Timestamp, Refusal> {
        self.can_renew(now)?;
        Ok(now.plus(ttl).max(self.expires_at).min(self.max_expires_at))
    }

    /// Whether it can be revoked: anything that has not ended.
    pub fn can_revoke(&self) -> Result<(), Refusal> {
        match self.state {
            LeaseState::Generating | LeaseState::Active => Ok(()),
            LeaseState::Revoking => Err(Refusal("it is already being taken back".to_owned())),
            LeaseState::Revoked | LeaseState::Expired | LeaseState::Failed => {
                Err(Refusal("it has ended".to_owned()))
            }
            LeaseState::Abandoned => Err(Refusal(
                "it was given up, and what remains of it in Entra is removed by hand".to_owned(),
            )),
        }
    }

    /// Whether it ends soon: in less than 15 minutes, or with less than a tenth of its time left.
    pub fn ends_soon(&self, now: Timestamp) -> bool {
        let left = self.expires_at.millis_since(now);
        let whole = self.expires_at.millis_since(self.created_at);
        self.state == LeaseState::Active && (left < 15 * 60_000 || left * 10 < whole)
    }
}

/// What kind of thing a grant put into Entra.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantKind {
    /// A client secret of an application.
    AppPassword,
    /// A user.
    User,
    /// A membership of a group.
    Membership,
    /// An assignment of a directory role.
    DirectoryRole,
}

/// Where a grant is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantState {
    /// Written down; Entra may or may not have been asked.
    Planned,
    /// In Entra.
    Applied,
    /// Gone from Entra, verified.
    Undone,
}

impl GrantState {
    /// Its name in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Applied => "applied",
            Self::Undone => "undone",
        }
    }
}

/// One thing that a lease put into Entra, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantView {
    /// What kind of thing.
    pub kind: GrantKind,
    /// What it is, in words: `member of Billing readers`.
    pub what: String,
    /// Entra's id of it, once known.
    pub entra_id: Option<String>,
    /// Where it is in its life.
    pub state: GrantState,
    /// When it was put into Entra.
    pub applied_at: Option<Timestamp>,
    /// When it was found to be gone.
    pub undone_at: Option<Timestamp>,
    /// Whether the user had it before: then the lease neither put it there nor takes it away.
    #[serde(default)]
    pub had_before: bool,
}

/// One call that was made to Entra for a lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When.
    pub at: Timestamp,
    /// What was asked: `POST /applications/{id}/addPassword`.
    pub step: String,
    /// How it went, in words; `ok` where it did.
    pub outcome: String,
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// Entra's id of the request.
    pub request_id: Option<String>,
    /// How long it took.
    pub millis: u64,
}

/// A lease with everything that was done for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseDetail {
    /// The lease.
    #[serde(flatten)]
    pub lease: Lease,
    /// What it put into Entra.
    pub grants: Vec<GrantView>,
    /// The calls that were made, oldest first; at most the latest 200.
    pub attempts: Vec<Attempt>,
    /// What is, or may be, still in Entra of a lease that is being taken back or was given up, in words with Entra's ids, in the
    /// order in which to remove it. Empty in any other state.
    pub remains: Vec<String>,
    /// The command that removes each of these by hand.
    pub clean_up: Vec<String>,
}

#[cfg(test)]
mod tests;
