//! Turns a failed call into words for a person: what happened, why, and what to do about it.

use crate::domain::{ApiError, ErrorCode};

use super::error::GraphError;
use super::{GraphCode, Operation};

/// Who we are to Entra: what an explanation has to name.
#[derive(Debug, Clone, Copy)]
struct AppIdentity<'a> {
    client_id: &'a str,
    tenant_id: &'a str,
}

impl GraphError {
    /// The error as callers see it: `upstream` where Entra refused, `upstream_unavailable` where it did not answer or asks us to wait.
    ///
    /// `client_id` and `tenant_id` are those of the target: explanations name them.
    pub fn to_api_error(&self, client_id: &str, tenant_id: &str) -> ApiError {
        let app = AppIdentity { client_id, tenant_id };
        match self {
            Self::InvalidConnection { detail } => ApiError::new(ErrorCode::Invalid, detail.clone())
                .with_field("cloud")
                .with_reason("invalid_connection"),
            Self::TokenRefused { aadsts, description, trace_id } => {
                sign_in_refused(*aadsts, description, trace_id.as_deref(), app)
            }
            Self::Refused { operation, status, code, message, request_id } => {
                let text = refused(*operation, *status, code, message, app);
                ApiError::new(ErrorCode::Upstream, with_request(text, request_id.as_deref()))
                    .with_reason(code.as_str())
            }
            Self::NotFound { operation, message, request_id } => {
                let text = format!(
                    "Entra can't {}: it does not know the object, or not yet. Check that it still exists in the tenant. Entra says: {}",
                    operation.doing(),
                    sentence(message),
                );
                ApiError::new(ErrorCode::Upstream, with_request(text, request_id.as_deref()))
                    .with_reason(GraphCode::ResourceNotFound.as_str())
            }
            Self::Throttled { retry_after, .. } => {
                let wait = retry_after.map_or("a moment".to_owned(), |seconds| format!("{} s", seconds.ceil()));
                ApiError::new(
                    ErrorCode::UpstreamUnavailable,
                    format!("Entra asked us to wait {wait}: too many requests. Nothing was changed; try again then."),
                )
                .with_reason(GraphCode::TooManyRequests.as_str())
                .with_retry_after(*retry_after)
            }
            Self::Unavailable { status, retry_after, request_id } => ApiError::new(
                ErrorCode::UpstreamUnavailable,
                with_request(
                    format!("Entra is not available at the moment (HTTP {status}), after several tries. Try again shortly."),
                    request_id.as_deref(),
                ),
            )
            .with_reason(GraphCode::ServiceNotAvailable.as_str())
            .with_retry_after(*retry_after),
            Self::Unreachable { detail } => ApiError::new(
                ErrorCode::UpstreamUnavailable,
                format!("Entra can't be reached from this server: {}. Check the network and the target's addresses.", detail.trim_end_matches('.')),
            )
            .with_reason("unreachable"),
            Self::Ambiguous { operation, request_id, .. } => ApiError::new(
                ErrorCode::UpstreamUnavailable,
                with_request(
                    format!("Entra did not answer clearly when asked to {}. Whatever it did is looked up and taken back.", operation.doing()),
                    request_id.as_deref(),
                ),
            )
            .with_reason("no_clear_answer"),
            Self::Malformed { detail } => ApiError::new(
                ErrorCode::Upstream,
                format!("The answer did not look like Entra's: {}. Check the target's addresses, and any proxy between.", detail.trim_end_matches('.')),
            )
            .with_reason("malformed_answer"),
            Self::OwnApplication { client_id } => ApiError::conflict(format!(
                "{client_id} is the application that the target itself signs in as. A lease of it would hand out the target's own power; choose another application."
            ))
            .with_reason("own_application"),
        }
    }
}

fn refused(
    operation: Operation,
    status: u16,
    code: &GraphCode,
    message: &str,
    app: AppIdentity<'_>,
) -> String {
    let (doing, client_id) = (operation.doing(), app.client_id);
    let says = sentence(message);
    match code {
        GraphCode::AuthorizationRequestDenied => denied(operation, app),
        GraphCode::ResourceSizeExceeded => format!(
            "Entra can't {doing}: the application holds as many client secrets as it may. End leases of it, or remove secrets that have expired. Entra says: {says}"
        ),
        GraphCode::QuotaExceeded => format!(
            "Entra can't {doing}: the tenant, or the app {client_id}, has as many objects as it may, deleted ones that can be restored included. Delete some for good. Entra says: {says}"
        ),
        GraphCode::CredentialTypeNotAllowed => format!(
            "Entra can't {doing}: a policy of the tenant forbids client secrets on this application. An administrator can exempt it in the app management policies."
        ),
        GraphCode::CredentialLifetimeNotAllowed => format!(
            "Entra can't {doing}: a policy of the tenant forbids client secrets that live this long. Choose a shorter maximum for the item."
        ),
        GraphCode::InvalidAuthenticationToken => format!(
            "Entra no longer takes the access token of the app {client_id}, even a fresh one. Check that the app is enabled in the tenant {}. Entra says: {says}",
            app.tenant_id
        ),
        GraphCode::NonPremiumTenant => {
            format!("Entra can't {doing}: the tenant lacks the licence for it (Entra ID P1 or P2).")
        }
        GraphCode::BadRequest
        | GraphCode::ResourceNotFound
        | GraphCode::MultipleObjectsWithSameKeyValue
        | GraphCode::ConcurrencyViolation
        | GraphCode::UnsupportedQuery
        | GraphCode::TooManyRequests
        | GraphCode::ServiceNotAvailable
        | GraphCode::Other(_)
            if status == 403 =>
        {
            denied(operation, app)
        }
        GraphCode::BadRequest
        | GraphCode::ResourceNotFound
        | GraphCode::MultipleObjectsWithSameKeyValue
        | GraphCode::ConcurrencyViolation
        | GraphCode::UnsupportedQuery
        | GraphCode::TooManyRequests
        | GraphCode::ServiceNotAvailable
        | GraphCode::Other(_) => format!("Entra can't {doing}. It says: {says}"),
    }
}

fn denied(operation: Operation, app: AppIdentity<'_>) -> String {
    let permission = operation.permission();
    let mut text = format!(
        "The app {} can't {}: it lacks the application permission {permission}. An administrator grants it with: {}",
        app.client_id,
        operation.doing(),
        permission.command(app.client_id),
    );
    if let Some(other) = operation.other_cause() {
        text.push_str(" — ");
        text.push_str(other);
    }
    text
}

fn sign_in_refused(aadsts: u32, description: &str, trace_id: Option<&str>, app: AppIdentity<'_>) -> ApiError {
    let AppIdentity { client_id, tenant_id } = app;
    let text = match aadsts {
        7_000_215 => format!(
            "The client secret of the app {client_id} is wrong. Replace the target's credential; give the secret's Value, not its Secret ID."
        ),
        7_000_222 => format!(
            "The client secret of the app {client_id} has expired. Make a new one in Entra and replace the target's credential."
        ),
        700_016 => format!(
            "The tenant {tenant_id} has no application {client_id}. Check both ids: are they swapped, or of another tenant?"
        ),
        90_002 | 900_023 => format!(
            "Entra knows no tenant {tenant_id}. Check the tenant's id and the cloud; the application's id is {client_id}, are they swapped?"
        ),
        7_000_112 => format!(
            "The app {client_id} is disabled in the tenant {tenant_id}. Enable it under Enterprise applications."
        ),
        7_000_229 => format!(
            "The app {client_id} has no service principal in the tenant {tenant_id}. Make one: az ad sp create --id {client_id}"
        ),
        53_003 => format!(
            "A Conditional Access policy of the tenant {tenant_id} keeps the app {client_id} from signing in here."
        ),
        500_011 => format!(
            "The tenant {tenant_id} does not know Microsoft Graph of this cloud. Check the target's cloud."
        ),
        65_001 => format!(
            "The permissions of the app {client_id} await an administrator's consent: az ad app permission admin-consent --id {client_id}"
        ),
        _ => format!(
            "Entra refused to sign in the app {client_id}. It says: {}",
            sentence(description)
        ),
    };
    let reason = if aadsts == 0 {
        "sign_in_refused".to_owned()
    } else {
        format!("AADSTS{aadsts}")
    };
    ApiError::new(ErrorCode::Upstream, with_request(text, trace_id)).with_reason(reason)
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        "(nothing)".to_owned()
    } else if text.ends_with(['.', '!', '?', '…']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

fn with_request(text: String, request_id: Option<&str>) -> String {
    match request_id {
        Some(id) => format!("{text} (Request {id})"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_names_app_permission_and_command() {
        let error = GraphError::Refused {
            operation: Operation::AssignRole,
            status: 403,
            code: GraphCode::AuthorizationRequestDenied,
            message: "Insufficient privileges to complete the operation.".to_owned(),
            request_id: Some("r-1".to_owned()),
        };
        let api = error.to_api_error("c-1", "t-1");
        assert_eq!(
            (api.code, api.status(), api.reason.as_deref()),
            (ErrorCode::Upstream, 502, Some("Authorization_RequestDenied"))
        );
        for part in [
            "c-1",
            "RoleManagement.ReadWrite.Directory",
            "az ad app permission add --id c-1",
            "admin-consent",
            "r-1",
        ] {
            assert!(api.message.contains(part), "{part} in {}", api.message);
        }
    }

    #[test]
    fn sign_in_errors_are_said_in_plain_words() {
        for (number, word) in [
            (7_000_215, "Secret ID"),
            (7_000_222, "expired"),
            (700_016, "no application"),
            (90_002, "no tenant"),
        ] {
            let error = GraphError::TokenRefused {
                aadsts: number,
                description: "x".to_owned(),
                trace_id: None,
            };
            let api = error.to_api_error("c-1", "t-1");
            assert!(api.message.contains(word), "{}", api.message);
            assert_eq!(api.reason, Some(format!("AADSTS{number}")));
        }
    }

    #[test]
    fn waiting_is_not_a_refusal() {
        let api = GraphError::Throttled {
            retry_after: Some(2.128),
            request_id: None,
        }
        .to_api_error("c-1", "t-1");
        assert_eq!((api.status(), api.retry_after), (503, Some(2.128)));
        let api = GraphError::Unreachable {
            detail: "connection refused".to_owned(),
        }
        .to_api_error("c-1", "t-1");
        assert_eq!((api.status(), api.retry_after), (503, None));
    }
}
