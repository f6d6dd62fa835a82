//! What a caller may do. Every server function names one of these in its first line.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One right. A role is a set of them (`Role::allows`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See targets.
    TargetRead,
    /// Create, change, delete and test targets.
    TargetWrite,
    /// See items.
    SecretRead,
    /// Create, change and delete items.
    SecretWrite,
    /// See leases.
    LeaseRead,
    /// Take out a lease: the answer holds a credential.
    LeaseGenerate,
    /// Renew a lease.
    LeaseRenew,
    /// End leases.
    LeaseRevoke,
    /// Stop trying to take a lease back, and leave in Entra what is left.
    LeaseAbandon,
    /// Search a tenant's directory through a target.
    DirectoryRead,
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TargetRead => "read targets",
            Self::TargetWrite => "manage targets",
            Self::SecretRead => "read items",
            Self::SecretWrite => "manage items",
            Self::LeaseRead => "read leases",
            Self::LeaseGenerate => "generate leases",
            Self::LeaseRenew => "renew leases",
            Self::LeaseRevoke => "revoke leases",
            Self::LeaseAbandon => "give up leases",
            Self::DirectoryRead => "search the directory",
        })
    }
}
