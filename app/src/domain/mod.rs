//! The words of the product as types, shared by server and browser.
//!
//! Rule: nothing here does I/O, reads a clock or draws at random; `now` is an argument, and nothing of ours is imported.
//! Parsing a value is the only way to make one, so a value that exists is valid.

pub mod deletion;
pub mod directory;
pub mod dynamic_secret;
pub mod error;
pub mod id;
pub mod identity;
pub mod issued;
pub mod item_path;
pub mod lease;
pub mod page;
pub mod permission;
pub mod reconciliation;
pub mod secret_text;
pub mod spec;
pub mod target;
pub mod template;
pub mod time;
pub mod ttl;

pub use deletion::{Deletion, DeletionState};
pub use directory::{
    DirectoryApplication, DirectoryDomain, DirectoryGroup, DirectoryRole, DirectoryUser, GroupMembershipRule,
};
pub use dynamic_secret::{DynamicSecret, Folder, NewDynamicSecret};
pub use error::{ApiError, ErrorCode};
pub use id::{LeaseId, SecretId, TargetId};
pub use identity::{Identity, IdentityKind, Role};
pub use issued::{GrantedThing, Issued, IssuedAppSecret, IssuedLease, IssuedPortalUser, IssuedUserGrants};
pub use item_path::{FolderPath, ItemPath};
pub use lease::{
    Abandonment, Attempt, EndCause, GrantKind, GrantState, GrantView, Lease, LeaseCounts, LeaseDetail,
    LeaseState, LeaseStateFilter, Refusal,
};
pub use page::{Limit, Page};
pub use permission::Permission;
pub use reconciliation::{
    CheckedPart, ExpiredSecret, Leftover, LeftoverKind, NotChecked, Reconciliation, ReconciliationStatus,
};
pub use secret_text::SecretText;
pub use spec::{
    AppSecretSpec, CredentialKind, Kind, PasswordLength, PortalUserSpec, SecretSpec, UserGrantsSpec,
};
pub use target::{
    Check, Cloud, CustomCloud, PermissionRow, Target, TargetAuth, TargetName, TargetSignIn, TargetTest,
    TenantId,
};
pub use time::Timestamp;
pub use ttl::{Ttl, TtlPolicy};

/// Why a value was refused, in words that a person can act on: "use letters, digits, …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub String);

impl Invalid {
    /// A refusal with this text.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// Gives a parsed text type `Display`, `FromStr`, `TryFrom<String>` and serde, all through its `parse`.
macro_rules! text_newtype {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::domain::Invalid;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }
        impl TryFrom<String> for $name {
            type Error = $crate::domain::Invalid;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}
pub(crate) use text_newtype;
