//! What can go wrong between us and Entra, as a closed enum.
//!
//! Nothing of it holds a secret: Entra's texts name the app, the tenant and the request, never a credential.

use super::answer::shorten;
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

    /// Whether it says something of Entra or of our way in, not of what was asked: anything else asked now would most likely fail
    /// as well.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::TokenRefused { .. }
            | Self::Throttled { .. }
            | Self::Unavailable { .. }
            | Self::Unreachable { .. }
            | Self::Malformed { .. } => true,
            Self::InvalidConnection { .. }
            | Self::Refused { .. }
            | Self::NotFound { .. }
            | Self::Ambiguous { .. }
            | Self::OwnApplication { .. } => false,
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
