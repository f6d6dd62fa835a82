//! Why somebody was not let in, or an account not made.

use crate::backend::store::StoreError;
use crate::domain::{ApiError, ErrorCode};

/// An error of signing in or of the first start.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The user name or the password is wrong; which of them is not told.
    #[error("the user name or the password is wrong")]
    Refused,
    /// This name, or the server as a whole, was tried too often.
    #[error("too many attempts to sign in")]
    TooMany {
        /// Seconds to wait.
        retry_after: f64,
    },
    /// A setting of the first start can't be used.
    #[error("{setting}: {why}")]
    Setting {
        /// The setting's name.
        setting: &'static str,
        /// What is wrong; nothing of the value.
        why: String,
    },
    /// A password could not be hashed, or a kept hash not be read.
    #[error("a password hash is unusable: {0}")]
    Hash(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AuthError {
    /// What the caller is told, where it is a matter between us and the caller; nothing where it is a fault of ours.
    pub fn refusal(&self) -> Option<ApiError> {
        match self {
            Self::Refused => Some(ApiError::new(
                ErrorCode::Unauthenticated,
                "The user name or the password is wrong.",
            )),
            Self::TooMany { retry_after } => Some(
                ApiError::new(
                    ErrorCode::RateLimited,
                    "Too many attempts to sign in. Wait a little, then try again.",
                )
                .with_retry_after(Some(*retry_after)),
            ),
            Self::Setting { .. } | Self::Hash(_) | Self::Store(_) => None,
        }
    }
}
