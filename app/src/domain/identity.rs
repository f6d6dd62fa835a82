//! Who is asking.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Permission;

/// A person or a machine, as recognised by a session or an API token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The stable id: `user:admin`, `token:bootstrap`. It is what a lease's holder and an audit event record.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// A person or a token.
    pub kind: IdentityKind,
    /// What it may do.
    pub role: Role,
    /// The folder that its rights end at; `/` is everything.
    pub scope: super::FolderPath,
    /// What the sign-in's own token says of them, by claim. A local password and an API token say nothing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub claims: BTreeMap<String, String>,
}

/// How somebody came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    /// A person who signed in to the console.
    User,
    /// A program with an API token.
    Token,
}

/// A set of permissions with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Administrator,
    /// Sees everything and changes nothing; gets no credential.
    Auditor,
}

impl Role {
    /// The name in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Auditor => "auditor",
        }
    }

    /// The role of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Administrator, Self::Auditor]
            .into_iter()
            .find(|role| role.as_str() == name)
    }

    /// Whether the role holds this right.
    pub fn allows(self, permission: Permission) -> bool {
        match (self, permission) {
            (Self::Administrator, _)
            | (Self::Auditor, Permission::TargetRead | Permission::SecretRead | Permission::LeaseRead) => {
                true
            }
            (
                Self::Auditor,
                Permission::TargetWrite
                | Permission::SecretWrite
                | Permission::LeaseGenerate
                | Permission::LeaseRenew
                | Permission::LeaseRevoke
                | Permission::LeaseAbandon
                | Permission::DirectoryRead,
            ) => false,
        }
    }
}
