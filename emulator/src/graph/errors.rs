//! Graph's refusals: the codes that are its contract, and the words that clients have come to match on.

use http::StatusCode;
use serde_json::{Value, json};

use crate::wire::Response;

/// A refusal of Graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphError {
    /// The status.
    pub status: StatusCode,
    /// The code.
    pub code: &'static str,
    /// The message.
    pub message: String,
    /// What is wrong with which property, where Graph says so.
    pub detail: Option<Detail>,
}

/// What is wrong with a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// The code.
    pub code: &'static str,
    /// The property.
    pub target: String,
}

impl GraphError {
    /// A refusal without details.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            detail: None,
        }
    }

    /// The request is wrong.
    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Request_BadRequest", message)
    }

    /// The request is wrong about one property.
    pub fn bad_property(code: &'static str, target: &str, message: impl Into<String>) -> Self {
        Self {
            detail: Some(Detail {
                code,
                target: target.into(),
            }),
            ..Self::bad(message)
        }
    }

    /// The query options do not work here.
    pub fn query(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Request_UnsupportedQuery", message)
    }

    /// The object does not exist, or not yet.
    pub fn not_found(id: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Request_ResourceNotFound",
            format!(
                "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
            ),
        )
    }

    /// The path leads nowhere.
    pub fn no_such_segment(segment: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            format!("Resource not found for the segment '{segment}'."),
        )
    }

    /// The method does not fit the path.
    pub fn wrong_method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.",
        )
    }

    /// The caller may not do this.
    pub fn denied() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        )
    }

    /// The caller's token is not acceptable.
    pub fn token(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", message)
    }

    /// Another object has the same value for a property that must be unique.
    pub fn duplicate(property: &str) -> Self {
        Self::bad_property(
            "ObjectConflict",
            property,
            format!("Another object with the same value for property {property} already exists."),
        )
    }

    /// The object cannot take any more values.
    pub fn too_large() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Directory_ResourceSizeExceeded",
            "The size of the object has exceeded its limit. Please reduce the number of values and retry your request.",
        )
    }

    /// The error that an ordered fault of this status stands for.
    pub fn of_fault(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (code, message) = match status.as_u16() {
            400 => (
                "Request_BadRequest",
                "One or more property values specified are invalid.",
            ),
            401 => ("InvalidAuthenticationToken", "Access token validation failure."),
            403 => (
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            ),
            404 => (
                "Request_ResourceNotFound",
                "Resource does not exist or one of its queried reference-property objects are not present.",
            ),
            409 => (
                "Directory_ConcurrencyViolation",
                "Error due to concurrent requests being made to the tenant. Please wait briefly and retry.",
            ),
            429 => ("TooManyRequests", "Please retry again later."),
            503 => (
                "ServiceNotAvailable",
                "The service is temporarily unavailable. Please retry your request.",
            ),
            504 => ("GatewayTimeout", "The gateway did not receive a timely response."),
            _ => (
                "Service_InternalServerError",
                "Encountered an internal server error.",
            ),
        };
        Self::new(status, code, message)
    }

    /// The answer that says so. `inner` is Graph's `innerError`.
    pub fn answer(&self, inner: &Value) -> Response {
        let mut error = json!({"code": self.code, "message": self.message, "innerError": inner});
        if let Some(detail) = &self.detail {
            error["details"] =
                json!([{"code": detail.code, "message": self.message, "target": detail.target}]);
        }
        Response::json(self.status, json!({"error": error}))
    }
}
