//! An [`ApiError`] as an answer.

use app::domain::error::ErrorBody;
use app::domain::{ApiError, ErrorCode};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

/// The answer: status, `Retry-After` and body as the error says.
pub fn answer(error: ApiError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let retry_after = error.retry_after.map(whole_seconds);
    let body = serde_json::to_vec(&ErrorBody { error }).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// `Retry-After` has no fractions: better a moment late than early.
fn whole_seconds(seconds: f64) -> u64 {
    std::time::Duration::try_from_secs_f64(seconds.ceil())
        .unwrap_or_default()
        .as_secs()
}

/// A request that is wrong before it is read as a call.
pub fn invalid(reason: &str, message: impl Into<String>) -> ApiError {
    ApiError::new(ErrorCode::Invalid, message).with_reason(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_rounded_up() {
        let answered = answer(ApiError::new(ErrorCode::RateLimited, "wait").with_retry_after(Some(1.2)));
        assert_eq!(answered.status(), 429);
        assert_eq!(answered.headers()[header::RETRY_AFTER], "2");
    }

    #[test]
    fn an_answer_is_not_kept() {
        let answered = answer(invalid("not_json", "x"));
        assert_eq!(
            (
                answered.status().as_u16(),
                &answered.headers()[header::CACHE_CONTROL]
            ),
            (400, &HeaderValue::from_static("no-store"))
        );
    }
}
