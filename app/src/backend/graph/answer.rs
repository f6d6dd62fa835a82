//! Reads answers without success, once, into the closed [`GraphError`].

use std::time::Duration;

use serde::Deserialize;

use super::{GraphCode, GraphError, Operation};

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
