//! Why somebody was not let in, or an account not made. What the caller is told of it is in `backend/errors.rs`.

use crate::backend::store::StoreError;

/// An error of signing in or of the first start.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The user name or the password is wrong; which of them is not told.
    #[error("the user name or the password is wrong")]
    WrongCredentials,
    /// This name, or the server as a whole, was tried too often.
    #[error("too many attempts to sign in")]
    Throttled {
        /// Seconds to wait.
        retry_after_seconds: f64,
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
