//! What the pickers find in a tenant: applications, groups, roles and domains, by name.

use serde::{Deserialize, Serialize};

/// An application (Entra: App registration).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryApplication {
    /// The object id.
    pub id: String,
    /// The application (client) id.
    pub app_id: String,
    /// Its name.
    pub display_name: String,
    /// Entra's word for who may sign in, such as `AzureADMyOrg`.
    pub sign_in_audience: Option<String>,
    /// How many client secrets it has.
    pub secrets: usize,
    /// Whether it is the target's own application, for which we never issue secrets.
    pub is_own: bool,
}

/// A group, with what decides whether we can change its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryGroup {
    /// The object id.
    pub id: String,
    /// Its name.
    pub display_name: String,
    /// What it is for.
    pub description: Option<String>,
    /// How its members come to be.
    pub membership: GroupMembershipRule,
    /// Whether directory roles can be assigned to it: changing its members then needs more rights.
    pub role_assignable: bool,
}

/// How a group's members come to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupMembershipRule {
    /// They are added and removed: ours to change.
    Assigned,
    /// Entra computes them by a rule.
    Dynamic,
    /// They are synchronised from on-premises.
    Synced,
    /// Exchange manages them (mail-enabled security groups and distribution lists).
    Exchange,
}

impl GroupMembershipRule {
    /// Why members can't be added, where they can't.
    pub fn refusal(self) -> Option<&'static str> {
        match self {
            Self::Assigned => None,
            Self::Dynamic => Some("its members follow a rule in Entra and can't be added one by one"),
            Self::Synced => {
                Some("its members are synchronised from on-premises and can't be changed in Entra")
            }
            Self::Exchange => {
                Some("its members are managed by Exchange and can't be changed through Microsoft Graph")
            }
        }
    }
}

/// A directory role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryRole {
    /// The template id, by which it is assigned.
    pub template_id: String,
    /// Its name.
    pub display_name: String,
    /// What it allows.
    pub description: Option<String>,
    /// Whether it is privileged: its holder could make itself anything.
    pub privileged: bool,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryUser {
    /// The object id.
    pub id: String,
    /// Its name.
    pub display_name: String,
    /// The name to sign in with.
    pub user_principal_name: String,
    /// What the user does.
    pub job_title: Option<String>,
    /// Whether it can sign in; nothing where we may not read that.
    pub enabled: Option<bool>,
    /// Whether it comes from another tenant.
    pub guest: bool,
    /// Whether it is synchronised from on-premises.
    pub synced: bool,
}

/// A domain of the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryDomain {
    /// Its name.
    pub name: String,
    /// Whether new users get it where nothing is said.
    pub is_default: bool,
    /// Whether Entra checks passwords itself; a federated domain leaves that to somebody else, and users made here could not sign in.
    pub managed: bool,
}
