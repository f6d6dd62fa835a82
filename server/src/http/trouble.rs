//! One line in the log for each request, and an answer even where the code panicked.
//!
//! Rule: the line holds method, path, status and duration; no query, no header, no body, since any of these may hold a secret.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use app::backend::Stopwatch;
use app::domain::ApiError;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures::FutureExt as _;

use super::{HttpState, errors};

/// Passes the request on and watches what comes of it.
pub async fn watch(State(state): State<HttpState>, request: Request, next: Next) -> Response {
    let watch = Stopwatch::start();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let response = match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => after_panic(&state, &path, panic.as_ref()),
    };
    let status = response.status().as_u16();
    let millis = watch.millis();
    if path.starts_with("/assets/") || path == "/healthz" || path == "/readyz" {
        tracing::debug!(%method, path, status, millis, "request");
    } else {
        tracing::info!(%method, path, status, millis, "request");
    }
    response
}

fn after_panic(state: &HttpState, path: &str, panic: &(dyn Any + Send)) -> Response {
    let incident = format!("inc_{}", state.backend.entropy.name_part(16));
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(incident, path, panic = text.unwrap_or("unknown"), "panic");
    let error = ApiError::internal(incident);
    if path.starts_with("/api/") {
        errors::answer(error)
    } else {
        let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
        (StatusCode::INTERNAL_SERVER_ERROR, plain, error.message).into_response()
    }
}
