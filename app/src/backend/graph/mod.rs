//! The Microsoft Graph client: one concrete type that signs in, calls, retries and explains. It knows no leases.
//!
//! Rule: whatever Entra says is parsed here, once, into a closed type; a call that must not be made twice is never repeated blindly.
//!
//! To add a call: 1. a variant of [`Operation`], with its method, permission and words; 2. a method beside its kin in
//! `applications.rs`, `groups.rs`, `roles.rs`, `users.rs`; 3. where it needs a new permission, [`GraphPermission`] and, to show it
//! in the connection test, `probe.rs`.
//! To add a way to sign in: a variant of [`Credential`], then the compiler leads to `token.rs`.

mod answer;
mod applications;
mod batch;
mod call_log;
mod client;
mod code;
mod endpoint;
mod error;
mod explain;
mod groups;
mod known;
mod operation;
mod organization;
mod pace;
mod people;
mod permission;
pub mod probe;
mod roles;
mod send;
mod timing;
mod token;
mod users;

#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;

use crate::domain::{Cloud, SecretText, TargetAuth, TenantId};

pub use applications::{AddedPassword, Application, PasswordCredential};
pub use call_log::CallLog;
pub use client::GraphClient;
pub use code::GraphCode;
pub use endpoint::check_cloud;
pub use error::GraphError;
pub use operation::Operation;
pub use organization::Organization;
pub use pace::Priority;
pub use people::Person;
pub use permission::GraphPermission;
pub use timing::{Patience, Timing};
pub use token::TokenClaims;
pub use users::{NewUser, User};

/// A tenant and how to sign in to it: with the credential, which `Debug` does not show.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The cloud that the tenant lives in.
    pub cloud: Cloud,
    /// The tenant.
    pub tenant_id: TenantId,
    /// How to sign in.
    pub credential: Credential,
}

/// How to sign in.
#[derive(Debug, Clone)]
pub enum Credential {
    /// An application and its client secret.
    ClientSecret {
        /// The application (client) id.
        client_id: String,
        /// The secret's value.
        client_secret: SecretText,
    },
}

impl Credential {
    /// The application (client) id that it signs in as.
    pub fn client_id(&self) -> &str {
        match self {
            Self::ClientSecret { client_id, .. } => client_id,
        }
    }
}

impl From<TargetAuth> for Credential {
    fn from(auth: TargetAuth) -> Self {
        match auth {
            TargetAuth::ClientSecret {
                client_id,
                client_secret,
            } => Self::ClientSecret {
                client_id,
                client_secret,
            },
        }
    }
}

/// What became of something that was to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It was there, and Entra removed it.
    Removed,
    /// Entra knows no such thing, or not yet.
    NotThere,
}

impl Removal {
    /// "Not found" as an answer instead of an error.
    fn of(result: Result<send::Answer, GraphError>) -> Result<Self, GraphError> {
        match result {
            Ok(_) => Ok(Self::Removed),
            Err(GraphError::NotFound { .. }) => Ok(Self::NotThere),
            Err(other) => Err(other),
        }
    }
}

/// Absence as an answer instead of an error.
fn found<T>(result: Result<T, GraphError>) -> Result<Option<T>, GraphError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(GraphError::NotFound { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}
