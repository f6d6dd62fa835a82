//! The server functions as the HTTP API: which calls there are, what a request must look like, and the status of an error.
//!
//! Rule: a server function answers every error with 500, so the status is set here, from the error in the body. Nothing here
//! knows a single call; a new one needs no line.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use app::domain::error::ErrorBody;
use app::domain::{ApiError, ErrorCode, Identity};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use leptos::prelude::provide_context;
use server_fn::axum::server_fn_paths;

use super::{HttpState, errors};

/// The largest body of a call.
const BODY_LIMIT: usize = 1024 * 1024;
/// More than any error of ours.
const ERROR_LIMIT: usize = 64 * 1024;
/// The call that strangers may make.
const SIGN_IN: &str = "/api/v1/session/sign-in";

static CALLS: LazyLock<BTreeMap<&'static str, Method>> = LazyLock::new(|| server_fn_paths().collect());

/// Makes the call that the path names.
pub async fn call(State(state): State<HttpState>, request: Request) -> Response {
    match checked(request).await {
        Ok(request) => {
            let backend = state.backend.clone();
            let context = move || provide_context(backend.clone());
            let response = leptos_axum::handle_server_fns_with_context(context, request)
                .await
                .into_response();
            settled(&state, response).await
        }
        Err(Refused::Method(allowed)) => {
            let message = format!("This call takes {allowed} alone.");
            let mut response = errors::answer(errors::invalid("method_not_allowed", message));
            if let Ok(value) = HeaderValue::from_str(allowed.as_str()) {
                response.headers_mut().insert(header::ALLOW, value);
            }
            response
        }
        Err(Refused::Because(error)) => errors::answer(error),
    }
}

enum Refused {
    Method(&'static Method),
    Because(ApiError),
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self::Because(error)
    }
}

/// The request with its body read, where it is a call that its sender may make.
async fn checked(request: Request) -> Result<Request, Refused> {
    let path = request.uri().path();
    if path != SIGN_IN && request.extensions().get::<Identity>().is_none() {
        return Err(ApiError::unauthenticated().into());
    }
    let Some(method) = CALLS.get(path) else {
        return Err(ApiError::not_found(format_args!("call {path}")).into());
    };
    if request.method() != method {
        return Err(Refused::Method(method));
    }
    let (mut parts, body) = request.into_parts();
    let body = read(&parts.headers, body).await?;
    check_content_type(&parts.headers, &body)?;
    // With these, a server function would take the caller for a form in a browser and redirect it.
    parts.headers.remove(header::ACCEPT);
    parts.headers.remove(header::REFERER);
    Ok(Request::from_parts(parts, Body::from(body)))
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, ApiError> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > BODY_LIMIT as u64) {
        return Err(too_large());
    }
    to_bytes(body, BODY_LIMIT).await.map_err(|error| {
        let cause = std::error::Error::source(&error);
        if cause.is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>) {
            too_large()
        } else {
            errors::invalid("not_json", "The body ended early.")
        }
    })
}

fn too_large() -> ApiError {
    errors::invalid(
        "too_large",
        format!("The body is larger than {BODY_LIMIT} bytes."),
    )
}

fn check_content_type(headers: &HeaderMap, body: &Bytes) -> Result<(), ApiError> {
    let given = headers
        .get(header::CONTENT_TYPE)
        .map(|value| value.to_str().unwrap_or_default());
    let kind = given.map(|value| value.split(';').next().unwrap_or_default().trim());
    match kind {
        None if body.is_empty() => Ok(()),
        Some(kind) if kind.eq_ignore_ascii_case("application/json") => Ok(()),
        Some(_) | None => Err(errors::invalid(
            "not_application_json",
            "Send one JSON object, with the header \"Content-Type: application/json\".",
        )),
    }
}

/// The answer with the status that its error asks for; nothing in between may keep it.
async fn settled(state: &HttpState, mut response: Response) -> Response {
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        return response;
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, ERROR_LIMIT).await.unwrap_or_default();
    let error = serde_json::from_slice::<ErrorBody>(&body).map(|body| body.error);
    let error = error
        .unwrap_or_else(|_| ApiError::new(ErrorCode::Internal, "The call answered with no readable error."));
    let mut response = errors::answer(with_incident(state, error));
    for cookie in parts.headers.get_all(header::SET_COOKIE) {
        response.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    response
}

/// What the backend calls internal it has logged under an incident; what went wrong on the way here is logged now.
fn with_incident(state: &HttpState, error: ApiError) -> ApiError {
    if error.code != ErrorCode::Internal || error.incident.is_some() {
        return error;
    }
    let incident = format!("inc_{}", state.backend.entropy.name_part(16));
    tracing::error!(incident, error = error.message, "a call failed");
    ApiError::internal(incident)
}
