//! Signing in and out, and who one is.

#![cfg_attr(
    feature = "ssr",
    expect(
        clippy::unused_async,
        reason = "a server function is async, even where it waits for nothing"
    )
)]

use leptos::prelude::*;

use super::{Done, StrictJson};
use crate::domain::{ApiError, Identity, SecretText};

#[cfg(feature = "ssr")]
use super::caller;

/// Signs in with a name and a password; the answer sets the session cookie.
#[server(prefix = "/api/v1", endpoint = "session/sign-in", input = StrictJson, output = StrictJson)]
pub async fn sign_in(username: String, password: SecretText) -> Result<Identity, ApiError> {
    caller::sign_in(&username, &password).await
}

/// Ends the session that the request came with.
#[server(prefix = "/api/v1", endpoint = "session/sign-out", input = StrictJson, output = StrictJson)]
pub async fn sign_out() -> Result<Done, ApiError> {
    caller::sign_out().await?;
    Ok(Done {})
}

/// Who the caller is.
#[server(prefix = "/api/v1", endpoint = "session/whoami", input = StrictJson, output = StrictJson)]
pub async fn whoami() -> Result<Identity, ApiError> {
    caller::identity()
}
