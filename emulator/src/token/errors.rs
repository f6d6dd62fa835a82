//! The token endpoint's errors, each with its AADSTS number, its OAuth name and its words.

use http::StatusCode;
use serde_json::json;
use time::macros::format_description;

use crate::{clock, entropy::new_id, wire::Response};

/// A refusal of the token endpoint.
#[derive(Clone, Debug)]
pub struct TokenError {
    /// The number behind `AADSTS`.
    pub number: u32,
    /// OAuth's name for it.
    pub error: &'static str,
    /// The status.
    pub status: StatusCode,
    /// The message, without the number.
    pub message: String,
}

impl TokenError {
    fn new(number: u32, error: &'static str, status: StatusCode, message: String) -> Self {
        Self {
            number,
            error,
            status,
            message,
        }
    }

    fn request(number: u32, message: String) -> Self {
        Self::new(number, "invalid_request", StatusCode::BAD_REQUEST, message)
    }

    fn client(number: u32, message: String) -> Self {
        Self::new(number, "invalid_client", StatusCode::UNAUTHORIZED, message)
    }

    fn scope(number: u32, message: String) -> Self {
        Self::new(number, "invalid_scope", StatusCode::BAD_REQUEST, message)
    }

    /// No tenant has this id or domain name.
    pub fn unknown_tenant(tenant: &str) -> Self {
        Self::request(
            90002,
            format!(
                "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into \
                 the correct cloud. Check with your subscription administrator, this may happen if there are no \
                 active subscriptions for the tenant."
            ),
        )
    }

    /// What stands for the tenant is neither an id nor a domain name.
    pub fn malformed_tenant(tenant: &str) -> Self {
        Self::request(
            900_023,
            format!(
                "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain."
            ),
        )
    }

    /// The request names no tenant in particular.
    pub fn no_tenant() -> Self {
        Self::request(
            50059,
            "No tenant-identifying information found in either the request or implied by any provided credentials."
                .into(),
        )
    }

    /// A field of the form is missing.
    pub fn missing_field(name: &str) -> Self {
        Self::request(
            900_144,
            format!("The request body must contain the following parameter: '{name}'."),
        )
    }

    /// A grant that the emulator does not give.
    pub fn unsupported_grant(name: &str) -> Self {
        Self::new(
            70003,
            "unsupported_grant_type",
            StatusCode::BAD_REQUEST,
            format!("The app requested an unsupported grant type '{name}'."),
        )
    }

    /// The tenant has no such application.
    pub fn unknown_client(client_id: &str) -> Self {
        Self::new(
            700_016,
            "unauthorized_client",
            StatusCode::BAD_REQUEST,
            format!(
                "Application with identifier '{client_id}' was not found in the directory '{}'. This can happen if \
                 the application has not been installed by the administrator of the tenant or consented to by any \
                 user in the tenant. You may have sent your authentication request to the wrong tenant.",
                crate::seed::TENANT_NAME
            ),
        )
    }

    /// The application has no service principal here.
    pub fn no_service_principal(client_id: &str, tenant_id: &str) -> Self {
        Self::new(
            7_000_229,
            "unauthorized_client",
            StatusCode::BAD_REQUEST,
            format!(
                "The client application {client_id} is missing service principal in the tenant {tenant_id}."
            ),
        )
    }

    /// The application is disabled.
    pub fn disabled_client(client_id: &str, name: &str) -> Self {
        Self::new(
            7_000_112,
            "unauthorized_client",
            StatusCode::BAD_REQUEST,
            format!("Application '{client_id}'({name}) is disabled."),
        )
    }

    /// Neither a secret nor an assertion.
    pub fn no_credential() -> Self {
        Self::client(
            7_000_218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
                .into(),
        )
    }

    /// A secret that the application does not have.
    pub fn wrong_secret(client_id: &str) -> Self {
        Self::client(
            7_000_215,
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
                 value, not the client secret ID, for a secret added to app '{client_id}'."
            ),
        )
    }

    /// A secret whose time is over.
    pub fn expired_secret(client_id: &str) -> Self {
        Self::client(
            7_000_222,
            format!(
                "The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal to create \
                 new keys for your app, or consider using certificate credentials for added security."
            ),
        )
    }

    /// An assertion that no registered certificate vouches for.
    pub fn bad_assertion(reason: &str) -> Self {
        Self::client(
            700_027,
            format!("The certificate used to sign the client assertion is not usable: {reason}."),
        )
    }

    /// An assertion of somebody else.
    pub fn foreign_assertion() -> Self {
        Self::client(
            700_021,
            "Client assertion application identifier doesn't match 'client_id' parameter.".into(),
        )
    }

    /// An assertion meant for another place.
    pub fn misdirected_assertion() -> Self {
        Self::client(
            700_023,
            "Client assertion audience claim does not match Realm issuer.".into(),
        )
    }

    /// An assertion whose time is over, or has not come.
    pub fn untimely_assertion() -> Self {
        Self::client(
            700_024,
            "Client assertion is not within its valid time range.".into(),
        )
    }

    /// A scope that is none.
    pub fn bad_scope(scope: &str) -> Self {
        Self::scope(
            70011,
            format!(
                "The provided request must include a 'scope' input parameter. The provided value for the input \
                 parameter 'scope' is not valid. The scope {scope} is not valid."
            ),
        )
    }

    /// Scopes of more than one resource.
    pub fn several_resources(scope: &str) -> Self {
        Self::scope(
            700_022,
            format!(
                "The provided value for the input parameter scope '{scope}' names more than one resource."
            ),
        )
    }

    /// A resource that the tenant does not have.
    pub fn unknown_resource(resource: &str) -> Self {
        Self::new(
            500_011,
            "invalid_resource",
            StatusCode::BAD_REQUEST,
            format!(
                "The resource principal named {resource} was not found in the tenant named {}. This can happen if \
                 the application has not been installed by the administrator of the tenant or consented to by any \
                 user in the tenant.",
                crate::seed::TENANT_NAME
            ),
        )
    }

    /// The error that an ordered fault of this status stands for.
    pub fn of_fault(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::new(
            90033,
            "temporarily_unavailable",
            status,
            "A transient error has occurred. Please try again.".into(),
        )
    }

    /// The answer that says so.
    pub fn answer(&self, now: i64, base: &str) -> Response {
        let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z");
        let timestamp = clock::at(now).format(&format).unwrap_or_default();
        let (trace, correlation) = (new_id(), new_id());
        let description = format!(
            "AADSTS{}: {} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}",
            self.number, self.message
        );
        let body = json!({
            "error": self.error,
            "error_description": description,
            "error_codes": [self.number],
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("{base}/error?code={}", self.number),
        });
        Response::json(self.status, body)
    }
}
