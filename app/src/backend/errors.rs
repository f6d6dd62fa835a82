//! From the errors of the layers to the one error that leaves the server.
//!
//! What a caller can act on is explained; the rest is logged once, here, under an incident that the caller is told.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use super::auth::AuthError;
use super::store::StoreError;
use super::vault::VaultError;
use crate::domain::{ApiError, ErrorCode};

/// The word for programs where the disk is full, the database read-only or the like.
pub const DATABASE_UNAVAILABLE: &str = "database_unavailable";

/// Logs an error of ours and makes of it what the caller is told.
pub fn internal(error: &(dyn std::error::Error + 'static)) -> ApiError {
    // Not for secrecy, only to tell incidents apart across restarts: the standard library's random hasher will do.
    let incident = format!("inc_{:016x}", RandomState::new().build_hasher().finish());
    tracing::error!(incident, error = %chain(error), "internal error");
    ApiError::internal(incident)
}

/// The error and what caused it, in one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::BadCursor => ApiError::invalid(
                "after",
                "this is not a cursor of this list; pass the `next` of the answer before",
            ),
            StoreError::Taken { .. } => ApiError::conflict(format!("{error}.")),
            StoreError::Unavailable(_) => {
                let told = internal(&error);
                let message = format!("Nothing was changed, because {error}. Then try again.");
                ApiError { message, ..told }.with_reason(DATABASE_UNAVAILABLE)
            }
            other @ (StoreError::Gone { .. }
            | StoreError::InUse(_)
            | StoreError::Open { .. }
            | StoreError::Corrupt { .. }
            | StoreError::Database(_)) => internal(&other),
        }
    }
}

impl From<VaultError> for ApiError {
    fn from(error: VaultError) -> Self {
        internal(&error)
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::WrongCredentials => ApiError::new(
                ErrorCode::Unauthenticated,
                "The user name or the password is wrong.",
            ),
            AuthError::Throttled { retry_after_seconds } => ApiError::new(
                ErrorCode::RateLimited,
                "Too many failed sign-ins for this user name. Wait, then try again.",
            )
            .with_retry_after(Some(retry_after_seconds)),
            AuthError::Setting { setting, why } => ApiError::invalid(setting, why),
            other @ (AuthError::Hash(_) | AuthError::Store(_)) => internal(&other),
        }
    }
}
