//! For whatever watches us: alive, and ready to lease.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::HttpState;

/// The process answers.
pub async fn alive() -> Response {
    answer(StatusCode::OK, &json!({"status": "alive"}))
}

/// The database can be written and the reaper is alive; otherwise 503 and why.
pub async fn ready(State(state): State<HttpState>) -> Response {
    match state.backend.ready().await {
        Ok(()) => answer(StatusCode::OK, &json!({"status": "ready"})),
        Err(reasons) => answer(
            StatusCode::SERVICE_UNAVAILABLE,
            &json!({"status": "not ready", "reasons": reasons}),
        ),
    }
}

fn answer(status: StatusCode, body: &serde_json::Value) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
