//! The one error that leaves the server: `{"error":{"code","message","field","reason","retry_after","incident"}}`.
//!
//! To add a code: add the variant, its status and its name here; `as_str` and `status` are matched without a wildcard.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Permission;

/// What kind of refusal it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Nobody is signed in, or the token or session is not valid (401).
    Unauthenticated,
    /// The caller may not do this (403).
    Forbidden,
    /// No such thing (404).
    NotFound,
    /// The request is wrong (400, 405, 413, 415 by its reason; otherwise 422).
    Invalid,
    /// The request is right, but not now: the state of things forbids it (409).
    Conflict,
    /// Too many requests (429).
    RateLimited,
    /// Entra answered and refused (502).
    Upstream,
    /// Entra could not be reached, or asked us to wait (503).
    UpstreamUnavailable,
    /// Our fault; the incident is in the log (500).
    Internal,
}

/// An error as every caller sees it. It holds no secret and no detail of the inside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// What kind of refusal it is.
    pub code: ErrorCode,
    /// What happened, why, and what to do: for a person.
    pub message: String,
    /// The dotted path of the wrong field, such as `spec.portal_user.groups`.
    pub field: Option<String>,
    /// A word for programs: Entra's error code, the id of the lease in the way, `not_json` and the like.
    pub reason: Option<String>,
    /// Seconds to wait before trying again.
    pub retry_after: Option<f64>,
    /// The id under which the log tells more.
    pub incident: Option<String>,
}

/// The reasons for which a request is `invalid` before it is read as a call, with the HTTP status of each.
const TRANSPORT_REASONS: [(&str, u16); 5] = [
    ("not_json", 400),
    ("duplicate_key", 400),
    ("method_not_allowed", 405),
    ("too_large", 413),
    ("not_application_json", 415),
];

impl ApiError {
    /// An error of this code.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            field: None,
            reason: None,
            retry_after: None,
            incident: None,
        }
    }

    /// Nobody is signed in.
    pub fn unauthenticated() -> Self {
        Self::new(
            ErrorCode::Unauthenticated,
            "Sign in, or send an API token as \"Authorization: Bearer …\".",
        )
    }

    /// The caller lacks this permission.
    pub fn forbidden(permission: Permission) -> Self {
        Self::new(
            ErrorCode::Forbidden,
            format!("Your role does not allow this: it needs \"{permission}\". Ask an administrator."),
        )
        .with_reason(permission.to_string())
    }

    /// There is no such thing; `what` is a noun and its name, such as `item /prod/x`.
    pub fn not_found(what: impl fmt::Display) -> Self {
        Self::new(ErrorCode::NotFound, format!("There is no {what}."))
    }

    /// A field is wrong, for this reason.
    pub fn invalid(field: impl Into<String>, reason: impl fmt::Display) -> Self {
        let field = field.into();
        Self {
            field: Some(field.clone()),
            ..Self::new(ErrorCode::Invalid, format!("{field}: {reason}."))
        }
    }

    /// The state of things forbids it.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Conflict, message)
    }

    /// Our fault, to be found in the log under this id.
    pub fn internal(incident: impl Into<String>) -> Self {
        let incident = incident.into();
        let message = format!(
            "Something went wrong here, not with your request. The server's log tells more under incident {incident}."
        );
        Self {
            incident: Some(incident),
            ..Self::new(ErrorCode::Internal, message)
        }
    }

    /// The same error with a word for programs.
    #[must_use]
    pub fn with_reason(self, reason: impl Into<String>) -> Self {
        Self {
            reason: Some(reason.into()),
            ..self
        }
    }

    /// The same error with the field that it is about.
    #[must_use]
    pub fn with_field(self, field: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..self
        }
    }

    /// The same error with the seconds to wait.
    #[must_use]
    pub fn with_retry_after(self, seconds: Option<f64>) -> Self {
        Self {
            retry_after: seconds,
            ..self
        }
    }

    /// The HTTP status that it is sent with.
    pub fn status(&self) -> u16 {
        match self.code {
            ErrorCode::Unauthenticated => 401,
            ErrorCode::Forbidden => 403,
            ErrorCode::NotFound => 404,
            ErrorCode::Conflict => 409,
            ErrorCode::RateLimited => 429,
            ErrorCode::Upstream => 502,
            ErrorCode::UpstreamUnavailable => 503,
            ErrorCode::Internal => 500,
            ErrorCode::Invalid => {
                let reason = self.reason.as_deref().unwrap_or_default();
                TRANSPORT_REASONS
                    .iter()
                    .find(|(name, _)| *name == reason)
                    .map_or(422, |&(_, status)| status)
            }
        }
    }
}

/// How the error stands in an answer's body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The error.
    pub error: ApiError,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_has_every_key() {
        let body = serde_json::to_value(ErrorBody {
            error: ApiError::invalid("ttl", "too long"),
        })
        .unwrap();
        assert_eq!(
            body,
            serde_json::json!({"error": {"code": "invalid", "message": "ttl: too long.", "field": "ttl", "reason": null, "retry_after": null, "incident": null}})
        );
    }

    #[test]
    fn statuses_follow_code_and_reason() {
        assert_eq!(ApiError::invalid("ttl", "x").status(), 422);
        assert_eq!(
            ApiError::new(ErrorCode::Invalid, "x")
                .with_reason("not_json")
                .status(),
            400
        );
        assert_eq!(
            ApiError::new(ErrorCode::Upstream, "x")
                .with_reason("not_json")
                .status(),
            502
        );
    }
}
