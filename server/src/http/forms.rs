//! Signing in and out by plain forms, so that both work before WebAssembly has loaded and without it.
//!
//! Rule: what was typed never goes back in an address; a failed sign-in leads back to the page with a word of ours.

use app::domain::{ApiError, ErrorCode, SecretText};
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::{HttpState, next};

/// The sign-in form.
#[derive(Deserialize)]
pub struct SignIn {
    username: String,
    password: SecretText,
    #[serde(default)]
    next: String,
}

/// Signs in and leads to where one wanted to go.
pub async fn sign_in(State(state): State<HttpState>, form: Result<Form<SignIn>, FormRejection>) -> Response {
    let Ok(Form(SignIn {
        username,
        password,
        next,
    })) = form
    else {
        return go(&next::sign_in_page("/", Some("incomplete")), None);
    };
    match state
        .backend
        .auth
        .sign_in(&username, &password)
        .await
        .map_err(ApiError::from)
    {
        Ok((_, token)) => go(
            &next::local(&next),
            Some(state.backend.session_cookie.set(&token)),
        ),
        Err(error) => go(&next::sign_in_page(&next, Some(word(error.code))), None),
    }
}

/// Ends the session and leads to the sign-in page.
pub async fn sign_out(State(state): State<HttpState>, headers: HeaderMap) -> Response {
    if let Some(token) = state.backend.session_cookie.read(&headers) {
        // The browser forgets the session whatever the database says; the session itself ends when it has been idle.
        if let Err(error) = state.backend.auth.sign_out(&token).await {
            let error = ApiError::from(error);
            tracing::warn!(incident = error.incident, "a session could not be ended");
        }
    }
    go("/sign-in", Some(state.backend.session_cookie.clear()))
}

/// Why a sign-in failed, as the page is told.
fn word(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Unauthenticated => "credentials",
        ErrorCode::RateLimited => "throttled",
        ErrorCode::Invalid => "incomplete",
        ErrorCode::Forbidden
        | ErrorCode::NotFound
        | ErrorCode::Conflict
        | ErrorCode::Upstream
        | ErrorCode::UpstreamUnavailable
        | ErrorCode::Internal => "unavailable",
    }
}

fn go(to: &str, cookie: Option<HeaderValue>) -> Response {
    let mut response = Redirect::to(to).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(cookie) = cookie {
        headers.insert(header::SET_COOKIE, cookie);
    }
    response
}
