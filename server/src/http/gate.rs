//! Who is asking. An API token or a session becomes the request's [`Identity`], which calls and pages find in its extensions.
//!
//! Rule: closed by default. Strangers reach what [`is_open`] lists; from a page they are led to the sign-in page, from a call
//! (in `api`) they get 401.

use app::domain::{ApiError, Identity, SecretText};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::{HttpState, assets, errors, next};

/// Recognises the caller and lets strangers no further than they may go.
pub async fn recognise(State(state): State<HttpState>, mut request: Request, following: Next) -> Response {
    let path = request.uri().path();
    if needs_nobody(path) {
        return following.run(request).await;
    }
    let open = is_open(path);
    match identity(&state, request.headers()).await {
        Ok(Some(identity)) => {
            request.extensions_mut().insert(identity);
        }
        Ok(None) if open => {}
        Err(error) if !open => return errors::answer(error),
        Err(_) => {}
        Ok(None) => return refuse(&request),
    }
    following.run(request).await
}

/// What answers everybody alike, so that nobody need be looked up.
fn needs_nobody(path: &str) -> bool {
    path.starts_with("/assets/") || matches!(path, "/healthz" | "/readyz")
}

/// What strangers may reach: calls refuse them by themselves.
fn is_open(path: &str) -> bool {
    matches!(path, "/sign-in" | "/sign-out") || path.starts_with("/api/") || assets::exists(path)
}

async fn identity(state: &HttpState, headers: &HeaderMap) -> Result<Option<Identity>, ApiError> {
    let auth = &state.backend.auth;
    let found = match headers.get(header::AUTHORIZATION) {
        // Whoever sends a token means it: a wrong one does not fall back to the cookie.
        Some(value) => match value.to_str().ok().and_then(bearer) {
            Some(token) => auth.by_bearer(&token).await,
            None => return Ok(None),
        },
        None => match state.backend.session_cookie.read(headers) {
            Some(token) => auth.by_session(&token).await,
            None => return Ok(None),
        },
    };
    found.map_err(ApiError::from)
}

fn bearer(value: &str) -> Option<SecretText> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| SecretText::new(token))
}

fn refuse(request: &Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return errors::answer(ApiError::unauthenticated());
    }
    let wanted = request
        .uri()
        .path_and_query()
        .map_or("/", |wanted| wanted.as_str());
    let mut response = Redirect::to(&next::sign_in_page(wanted, None)).into_response();
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-store"),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bearer_tokens_count() {
        for (value, expected) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Bearer ", None),
            ("Bearer", None),
            ("Basic abc", None),
        ] {
            assert_eq!(
                bearer(value).as_ref().map(SecretText::expose),
                expected,
                "{value:?}"
            );
        }
    }
}
