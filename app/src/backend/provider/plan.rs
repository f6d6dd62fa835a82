//! What a lease will put into Entra, written down before the first call.

use serde::{Deserialize, Serialize};

use super::Recipient;
use crate::backend::Entropy;
use crate::domain::{DynamicSecret, GrantKind, LeaseId, Timestamp};

/// One thing that a lease will put into Entra, with every name that it will bear there. It is kept as JSON: fields may be added with
/// `#[serde(default)]`, never renamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum GrantPlan {
    /// A client secret of an application.
    AppPassword {
        /// The application's object id.
        application_object_id: String,
        /// The application's name.
        application_name: String,
        /// The secret's name: our marker.
        display_name: String,
        /// When Entra itself ends it.
        ends_at: Timestamp,
    },
    /// A user.
    User(UserPlan),
    /// A membership of a group.
    Membership {
        /// The group's object id.
        group_id: String,
        /// The group's name.
        group_name: String,
        /// The user who joins it.
        user_principal_name: String,
        /// The object id of a user who existed before the lease; nothing of one that the lease makes itself.
        #[serde(default)]
        user_id: Option<String>,
        /// Whether that user was a member before: then it is neither put there nor taken away.
        #[serde(default)]
        had_before: bool,
    },
    /// An assignment of a directory role in the whole tenant.
    DirectoryRole {
        /// The role's template id.
        role_template_id: String,
        /// The role's name.
        role_name: String,
        /// The user who gets it.
        user_principal_name: String,
        /// The object id of a user who existed before the lease; nothing of one that the lease makes itself.
        #[serde(default)]
        user_id: Option<String>,
        /// Whether that user held it before: then it is neither put there nor taken away.
        #[serde(default)]
        had_before: bool,
    },
}

/// A user to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserPlan {
    /// The name to sign in with.
    pub user_principal_name: String,
    /// The name to show.
    pub display_name: String,
    /// The mail alias.
    pub mail_nickname: String,
    /// Our marker, kept in `employeeType`.
    pub marker: String,
    /// Characters of the password.
    pub password_length: usize,
    /// Whether the deleted user is left restorable for 30 days.
    pub keep_deleted: bool,
}

impl GrantPlan {
    /// The sort of thing.
    pub fn kind(&self) -> GrantKind {
        match self {
            Self::AppPassword { .. } => GrantKind::AppPassword,
            Self::User(_) => GrantKind::User,
            Self::Membership { .. } => GrantKind::Membership,
            Self::DirectoryRole { .. } => GrantKind::DirectoryRole,
        }
    }

    /// What it is, in words: `member of Billing readers`.
    pub fn describe(&self) -> String {
        match self {
            Self::AppPassword { application_name, .. } => format!("client secret of {application_name}"),
            Self::User(user) => format!("user {}", user.user_principal_name),
            Self::Membership { group_name, .. } => format!("member of {group_name}"),
            Self::DirectoryRole { role_name, .. } => format!("role {role_name}"),
        }
    }
}

impl GrantPlan {
    /// What leases of one user share: two grants with the same text are one thing in Entra. Nothing of what is a lease's alone.
    /// Object ids are unique in all tenants, so targets need not be told apart.
    pub fn subject(&self) -> Option<String> {
        match self {
            Self::Membership {
                group_id,
                user_id: Some(user_id),
                ..
            } => Some(format!("member:{group_id}:{user_id}").to_ascii_lowercase()),
            Self::DirectoryRole {
                role_template_id,
                user_id: Some(user_id),
                ..
            } => Some(format!("role:{role_template_id}:{user_id}").to_ascii_lowercase()),
            Self::AppPassword { .. }
            | Self::User(_)
            | Self::Membership { user_id: None, .. }
            | Self::DirectoryRole { user_id: None, .. } => None,
        }
    }

    /// Whether the user had it before, so that it is not the lease's.
    pub fn had_before(&self) -> bool {
        match self {
            Self::Membership { had_before, .. } | Self::DirectoryRole { had_before, .. } => *had_before,
            Self::AppPassword { .. } | Self::User(_) => false,
        }
    }

    /// The same, with the user having had it before, or not.
    #[must_use]
    pub fn with_had_before(mut self, had: bool) -> Self {
        match &mut self {
            Self::Membership { had_before, .. } | Self::DirectoryRole { had_before, .. } => *had_before = had,
            Self::AppPassword { .. } | Self::User(_) => {}
        }
        self
    }
}

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct PlanInput<'a> {
    /// The lease.
    pub lease_id: &'a LeaseId,
    /// This installation.
    pub instance_id: &'a str,
    /// The item, with the names of what it acts on.
    pub secret: &'a DynamicSecret,
    /// Who asked: `user:admin`.
    pub requester: &'a str,
    /// The user who gets something, where the kind acts on one who exists.
    pub recipient: Option<&'a Recipient>,
    /// The latest that the lease can ever end.
    pub max_expires_at: Timestamp,
    /// For the random part of names.
    pub entropy: &'a Entropy,
}

/// Everything that a lease will put into Entra.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What a person recognises: the application's name, the user's principal name.
    pub identity: String,
    /// When Entra itself ends it, though we never came back; nothing where only we end it.
    pub entra_ends_at: Option<Timestamp>,
    /// In the order in which they are put there; they are taken out from the last.
    pub grants: Vec<GrantPlan>,
}

/// Characters of the installation's id that a marker holds: with them it fits the 64 that Entra keeps of a user's property.
const INSTANCE_PART: usize = 16;

/// What everything of this installation bears in Entra: `leasehold:<instance>:`.
pub fn marker_prefix(instance_id: &str) -> String {
    let instance: String = instance_id
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(INSTANCE_PART)
        .collect();
    format!("leasehold:{instance}:")
}

/// What everything of one lease bears in Entra: `leasehold:<instance>:<lease>`, at most 64 characters.
pub fn marker(instance_id: &str, lease_id: &LeaseId) -> String {
    format!("{}{lease_id}", marker_prefix(instance_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_fits_and_begins_with_the_prefix() {
        let lease = LeaseId::from_bits(u128::MAX);
        for instance in ["k3v9", "0193b2d4-1c2d-7e3f-8a4b-5c6d7e8f9a0b", ""] {
            let text = marker(instance, &lease);
            assert!(
                text.len() <= 64 && text.starts_with(&marker_prefix(instance)),
                "{text}"
            );
        }
    }

    #[test]
    fn a_plan_is_kept_as_json_with_its_kind() {
        let plan = GrantPlan::Membership {
            group_id: "g".to_owned(),
            group_name: "Billing readers".to_owned(),
            user_principal_name: "u@c.com".to_owned(),
            user_id: None,
            had_before: false,
        };
        let text = serde_json::to_string(&plan).unwrap();
        assert!(text.starts_with(r#"{"kind":"membership","#), "{text}");
        assert_eq!(serde_json::from_str::<GrantPlan>(&text).unwrap(), plan);
        assert_eq!(plan.describe(), "member of Billing readers");
        // As it was written before users that exist could join.
        let old = r#"{"kind":"membership","group_id":"g","group_name":"Billing readers","user_principal_name":"u@c.com"}"#;
        assert_eq!(serde_json::from_str::<GrantPlan>(old).unwrap(), plan);
        assert_eq!(plan.subject(), None);
    }
}
