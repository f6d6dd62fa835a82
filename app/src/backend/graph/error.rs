//! What can go wrong between us and Entra: each answer is parsed once, here, into a closed enum.
//!
//! Nothing of it holds a secret: Entra's texts name the app, the tenant and the request, never a credential.

use std::time::Duration;

use serde::Deserialize;

use super::{GraphCode, Operation};

/// A failed call.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GraphError {
    /// The target's addresses or names can't be used at all.
    #[error("the connection can't be used: {detail}")]
    InvalidConnection {
        /// Why, and what to do.
        detail: String,
    },
    /// The token endpoint refused to sign us in.
    #[error("sign-in refused: AADSTS{aadsts}: {description}")]
    TokenRefused {
        /// The number behind `AADSTS`; 0 where there is none.
        aadsts: u32,
        /// Entra's own words, first line.
        description: String,
        /// Entra's id of the request.
        trace_id: Option<String>,
    },
    /// Graph answered, and refused.
    #[error("can't {}: {code} ({status}): {message}", .operation.doing())]
    Refused {
        /// What was asked.
        operation: Operation,
        /// The HTTP status.
        status: u16,
        /// Graph's code.
        code: GraphCode,
        /// Graph's words.
        message: String,
        /// Graph's id of the request.
        request_id: Option<String>,
    },
    /// There is no such object, or this replica of the directory does not know it yet.
    #[error("can't {}: not found: {message}", .operation.doing())]
    NotFound {
        /// What was asked.
        operation: Operation,
        /// Graph's words.
        message: String,
        /// Graph's id of the request.
        request_id: Option<String>,
    },
    /// Entra asks us to come later. Nothing was done.
    #[error("Entra asks us to wait{}", .retry_after.map(|seconds| format!(" {seconds} s")).unwrap_or_default())]
    Throttled {
        /// Seconds, where Entra says.
        retry_after: Option<f64>,
        /// Entra's id of the request.
        request_id: Option<String>,
    },
    /// Entra is not well. Nothing was done, or doing it again does no harm.
    #[error("Entra is not available ({status})")]
    Unavailable {
        /// The HTTP status.
        status: u16,
        /// Seconds, where Entra says.
        retry_after: Option<f64>,
        /// Entra's id of the request.
        request_id: Option<String>,
    },
    /// No answer. Nothing was done, or doing it again does no harm.
    #[error("Entra can't be reached: {detail}")]
    Unreachable {
        /// What the network says.
        detail: String,
    },
    /// No answer, or a broken one, to something that must not be done twice: whether it was done has to be looked up.
    #[error("no clear answer when asked to {}: {detail}", .operation.doing())]
    Ambiguous {
        /// What was asked.
        operation: Operation,
        /// What came instead of an answer.
        detail: String,
        /// Our id of the request, which Entra's support can find.
        request_id: Option<String>,
    },
    /// The answer was not what Graph documents.
    #[error("an answer that is not understood: {detail}")]
    Malformed {
        /// What was wrong.
        detail: String,
    },
    /// A client secret was asked for the application that we ourselves sign in as.
    #[error("{client_id} is the application that the target itself signs in as")]
    OwnApplication {
        /// The application (client) id.
        client_id: String,
    },
}

impl GraphError {
    /// That nobody can say whether this was done.
    pub fn unclear(operation: Operation, detail: impl Into<String>) -> Self {
        Self::Ambiguous {
            operation,
            detail: detail.into(),
            request_id: None,
        }
    }

    /// Whether the call may have been done although it failed.
    pub fn is_ambiguous(&self) -> bool {
        matches!(self, Self::Ambiguous { .. })
    }

    /// Whether the same call will fail again until somebody changes something.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::InvalidConnection { .. } | Self::OwnApplication { .. } => true,
            Self::TokenRefused { aadsts, .. } => !RETRIABLE_SIGN_INS.contains(aadsts),
            Self::Refused { code, .. } => *code != GraphCode::ConcurrencyViolation,
            Self::NotFound { .. }
            | Self::Throttled { .. }
            | Self::Unavailable { .. }
            | Self::Unreachable { .. }
            | Self::Ambiguous { .. }
            | Self::Malformed { .. } => false,
        }
    }

    /// Whether the client itself tries again: nothing was done, and later it may be.
    pub(super) fn is_worth_repeating(&self) -> bool {
        match self {
            Self::Throttled { .. } | Self::Unavailable { .. } | Self::Unreachable { .. } => true,
            Self::Refused { code, .. } => *code == GraphCode::ConcurrencyViolation,
            Self::TokenRefused { aadsts, .. } => RETRIABLE_SIGN_INS.contains(aadsts),
            Self::InvalidConnection { .. }
            | Self::NotFound { .. }
            | Self::Ambiguous { .. }
            | Self::Malformed { .. }
            | Self::OwnApplication { .. } => false,
        }
    }

    /// Seconds that Entra asks us to wait.
    pub fn retry_after(&self) -> Option<f64> {
        match self {
            Self::Throttled { retry_after, .. } | Self::Unavailable { retry_after, .. } => *retry_after,
            Self::InvalidConnection { .. }
            | Self::TokenRefused { .. }
            | Self::Refused { .. }
            | Self::NotFound { .. }
            | Self::Unreachable { .. }
            | Self::Ambiguous { .. }
            | Self::Malformed { .. }
            | Self::OwnApplication { .. } => None,
        }
    }

    /// The id under which Entra's support finds the request.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Refused { request_id, .. }
            | Self::NotFound { request_id, .. }
            | Self::Throttled { request_id, .. }
            | Self::Unavailable { request_id, .. }
            | Self::Ambiguous { request_id, .. } => request_id.as_deref(),
            Self::TokenRefused { trace_id, .. } => trace_id.as_deref(),
            Self::InvalidConnection { .. }
            | Self::Unreachable { .. }
            | Self::Malformed { .. }
            | Self::OwnApplication { .. } => None,
        }
    }

    /// The HTTP status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } | Self::Unavailable { status, .. } => Some(*status),
            Self::NotFound { .. } => Some(404),
            Self::Throttled { .. } => Some(429),
            Self::InvalidConnection { .. }
            | Self::TokenRefused { .. }
            | Self::Unreachable { .. }
            | Self::Ambiguous { .. }
            | Self::Malformed { .. }
            | Self::OwnApplication { .. } => None,
        }
    }

    /// One line for tables and logs, at most 300 characters.
    pub fn short(&self) -> String {
        shorten(&self.to_string(), 300)
    }

    /// Whether Graph refused the access token itself.
    pub(super) fn is_stale_token(&self) -> bool {
        matches!(self, Self::Refused { status: 401, .. })
    }

    /// Whether a password was refused as too weak. Only the message tells.
    pub fn is_weak_password(&self) -> bool {
        self.refusal_mentions(&[
            "password complexity",
            "password does not comply",
            "banned password",
            "weak password",
        ])
    }

    /// Whether another object has the name. Only the message tells, or the code of newer replicas.
    pub fn is_already_there(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                code: GraphCode::MultipleObjectsWithSameKeyValue,
                ..
            }
        ) || self.refusal_mentions(&["already exist", "conflicting object"])
    }

    /// Whether a client secret was not found. Soon after it was added, that is not certain.
    pub fn is_no_such_password(&self) -> bool {
        matches!(self, Self::NotFound { .. }) || self.refusal_mentions(&["no password credential found"])
    }

    /// Whether an object that we made a moment ago is not known yet to the replica that answered.
    pub fn is_not_yet_there(&self) -> bool {
        matches!(self, Self::NotFound { .. })
            || self.refusal_mentions(&[
                "does not exist",
                "was not found",
                "could not be found",
                "not present",
            ])
    }

    fn refusal_mentions(&self, texts: &[&str]) -> bool {
        let Self::Refused {
            status: 400 | 409,
            message,
            ..
        } = self
        else {
            return false;
        };
        let message = message.to_ascii_lowercase();
        texts.iter().any(|text| message.contains(text))
    }
}

/// Sign-in errors that pass (Microsoft: Entra authentication and authorization error codes).
const RETRIABLE_SIGN_INS: [u32; 3] = [90_006, 90_012, 90_033];

/// The body of an error (Microsoft: Graph error responses and resource types). Everything in it may be missing.
#[derive(Debug, Default, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    error: ErrorPart,
}

#[derive(Debug, Default, Deserialize)]
struct ErrorPart {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default, alias = "innererror", rename = "innerError")]
    inner: InnerPart,
}

#[derive(Debug, Default, Deserialize)]
struct InnerPart {
    #[serde(rename = "request-id")]
    request_id: Option<String>,
}

/// What an answer says beside its body.
#[derive(Debug, Clone, Default)]
pub(super) struct Envelope {
    pub(super) status: u16,
    pub(super) retry_after: Option<f64>,
    pub(super) request_id: Option<String>,
}

/// The error that an answer without success stands for.
pub(super) fn from_answer(operation: Operation, envelope: &Envelope, body: &[u8]) -> GraphError {
    let part = serde_json::from_slice::<ErrorBody>(body)
        .unwrap_or_default()
        .error;
    let request_id = envelope.request_id.clone().or(part.inner.request_id);
    let (status, retry_after) = (envelope.status, envelope.retry_after);
    let message = shorten(&part.message, 500);
    let code = GraphCode::parse(&part.code);
    match status {
        404 => GraphError::NotFound {
            operation,
            message,
            request_id,
        },
        429 => GraphError::Throttled {
            retry_after,
            request_id,
        },
        // 503 is said before anything is done; of the others nobody knows.
        503 => GraphError::Unavailable {
            status,
            retry_after,
            request_id,
        },
        500.. if operation.is_repeatable() => GraphError::Unavailable {
            status,
            retry_after,
            request_id,
        },
        500.. => GraphError::Ambiguous {
            operation,
            detail: format!("HTTP status {status}"),
            request_id,
        },
        _ => GraphError::Refused {
            operation,
            status,
            code,
            message,
            request_id,
        },
    }
}

/// The seconds of a `Retry-After` header. Graph writes fractions, such as `2.128`; a date, or nonsense, counts as nothing said.
pub(super) fn retry_after_seconds(text: &str) -> Option<f64> {
    let seconds: f64 = text.trim().parse().ok()?;
    (seconds.is_finite() && seconds >= 0.0 && Duration::try_from_secs_f64(seconds).is_ok()).then_some(seconds)
}

/// What lies at the bottom of an error, where the network speaks.
pub(super) fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    shorten(&deepest.to_string(), 300)
}

pub(super) fn shorten(text: &str, characters: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= characters {
        return line;
    }
    let mut cut: String = line.chars().take(characters.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(operation: Operation, status: u16, body: &str) -> GraphError {
        let envelope = Envelope {
            status,
            retry_after: None,
            request_id: None,
        };
        from_answer(operation, &envelope, body.as_bytes())
    }

    #[test]
    fn retry_after_is_read_as_a_number_with_a_fraction() {
        assert_eq!(retry_after_seconds(" 2.128 "), Some(2.128));
        assert_eq!(retry_after_seconds("0"), Some(0.0));
        for text in ["", "soon", "-1", "inf", "NaN", "Sat, 21 Nov 2026 04:00:00 GMT"] {
            assert_eq!(retry_after_seconds(text), None, "{text:?}");
        }
    }

    #[test]
    fn an_error_body_is_read_in_both_spellings() {
        for inner in ["innerError", "innererror"] {
            let body = format!(
                r#"{{"error":{{"code":"Authorization_RequestDenied","message":"Insufficient privileges.","{inner}":{{"request-id":"r-1","date":"x"}}}}}}"#
            );
            let GraphError::Refused { code, request_id, .. } = answer(Operation::AddPassword, 403, &body)
            else {
                panic!("refused");
            };
            assert_eq!(
                (code, request_id.as_deref()),
                (GraphCode::AuthorizationRequestDenied, Some("r-1"))
            );
        }
    }

    #[test]
    fn a_broken_answer_is_ambiguous_only_where_repeating_does_harm() {
        for status in [500, 502, 504] {
            assert!(answer(Operation::CreateUser, status, "<html>").is_ambiguous());
            assert!(answer(Operation::DeleteUser, status, "").is_worth_repeating());
        }
        assert!(!answer(Operation::CreateUser, 503, "").is_ambiguous());
        assert!(!answer(Operation::AddPassword, 429, "{}").is_ambiguous());
    }

    #[test]
    fn what_only_the_message_tells_is_told() {
        let bad = |message: &str| {
            answer(
                Operation::CreateUser,
                400,
                &format!(r#"{{"error":{{"code":"Request_BadRequest","message":"{message}"}}}}"#),
            )
        };
        assert!(bad("The specified password does not comply with password complexity requirements. Please provide a different password.").is_weak_password());
        assert!(
            bad("Another object with the same value for property userPrincipalName already exists.")
                .is_already_there()
        );
        assert!(bad("No password credential found with keyId 1.").is_no_such_password());
        assert!(!bad("Something else").is_already_there());
    }

    #[test]
    fn a_line_is_cut_between_characters() {
        assert_eq!(shorten("ä b\n c", 10), "ä b c");
        assert_eq!(shorten("äöüß", 3), "äö…");
    }
}
