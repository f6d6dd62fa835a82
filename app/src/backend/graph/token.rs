//! Signs in: one credential object of `azure_identity` a client, replaced when its token turns out to be stale.
//!
//! The credential object keeps its token and offers no way to drop it, hence the replacing. Its own retries are off: they would
//! last a minute and round `Retry-After`; `client.rs` retries instead.

use std::sync::{Arc, Mutex, PoisonError};

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::error::ErrorKind;
use azure_core::http::headers::HeaderName;
use azure_core::http::{AsyncRawResponse, ClientOptions, HttpClient, Request, RetryOptions, Transport};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use url::Url;

use crate::backend::crash_point;
use crate::domain::{SecretText, TenantId};

use super::answer::{retry_after_seconds, root_cause, shorten};
use super::endpoint::Endpoints;
use super::{Credential, GraphError};

/// What a token says about us. It is our own token, so nobody has to verify its signature here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenClaims {
    /// The application (client) id.
    pub app_id: String,
    /// The tenant's id.
    pub tenant_id: String,
    /// The object id of our service principal.
    pub oid: String,
    /// The application permissions that we hold.
    pub roles: Vec<String>,
}

impl TokenClaims {
    /// Reads the claims of an app-only access token (Microsoft: access token claims reference).
    pub(super) fn read(token: &SecretText) -> Result<Self, GraphError> {
        #[derive(Deserialize)]
        struct Payload {
            #[serde(default)]
            appid: Option<String>,
            #[serde(default)]
            azp: Option<String>,
            #[serde(default)]
            tid: String,
            #[serde(default)]
            oid: String,
            #[serde(default)]
            roles: Vec<String>,
        }
        let payload = token.expose().split('.').nth(1);
        let claims: Payload = payload
            .and_then(|part| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok())
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or_else(|| GraphError::Malformed {
                detail: "the access token can't be read".to_owned(),
            })?;
        Ok(Self {
            app_id: claims.appid.or(claims.azp).unwrap_or_default(),
            tenant_id: claims.tid,
            oid: claims.oid,
            roles: claims.roles,
        })
    }
}

/// A token, and which credential object it came from.
pub(super) struct Token {
    pub(super) text: SecretText,
    pub(super) generation: u64,
}

/// Gets tokens for one target.
pub(super) struct TokenSource {
    tenant: TenantId,
    credential: Credential,
    authority: Url,
    scope: String,
    http: reqwest::Client,
    current: Mutex<(u64, Arc<dyn TokenCredential>)>,
}

impl TokenSource {
    pub(super) fn new(
        tenant: &TenantId,
        credential: &Credential,
        endpoints: &Endpoints,
        http: &reqwest::Client,
    ) -> Result<Self, GraphError> {
        let first = credential_object(tenant, credential, &endpoints.authority, http)?;
        Ok(Self {
            tenant: tenant.clone(),
            credential: credential.clone(),
            authority: endpoints.authority.clone(),
            scope: endpoints.scope.clone(),
            http: http.clone(),
            current: Mutex::new((0, first)),
        })
    }

    pub(super) async fn get(&self) -> Result<Token, GraphError> {
        let (generation, credential) = {
            let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            (current.0, current.1.clone())
        };
        let token = credential
            .get_token(&[&self.scope], None)
            .await
            .map_err(|why| sign_in_error(&why))?;
        Ok(Token {
            text: SecretText::new(token.token.secret().to_owned()),
            generation,
        })
    }

    /// Replaces the credential object of this generation; a newer one stays, so that many stale calls make one new token.
    pub(super) fn forget(&self, generation: u64) -> Result<(), GraphError> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.0 == generation {
            let fresh = credential_object(&self.tenant, &self.credential, &self.authority, &self.http)?;
            *current = (generation + 1, fresh);
        }
        Ok(())
    }

    pub(super) fn generation(&self) -> u64 {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).0
    }
}

fn credential_object(
    tenant: &TenantId,
    credential: &Credential,
    authority: &Url,
    http: &reqwest::Client,
) -> Result<Arc<dyn TokenCredential>, GraphError> {
    let mut cloud = CustomConfiguration::default();
    // `azure_identity` insists on https and drops the path; the transport below restores the address as it was given.
    let mut https = authority.clone();
    https.set_path("");
    if https.set_scheme("https").is_err() {
        return Err(GraphError::InvalidConnection {
            detail: format!("The sign-in address {authority} can't be used."),
        });
    }
    https.as_str().clone_into(&mut cloud.authority_host);
    let client_options = ClientOptions {
        cloud: Some(Arc::new(CloudConfiguration::from(cloud))),
        retry: RetryOptions::none(),
        transport: Some(Transport::new(Arc::new(SignInTransport {
            authority: authority.clone(),
            http: http.clone(),
        }))),
        ..ClientOptions::default()
    };
    match credential {
        Credential::ClientSecret {
            client_id,
            client_secret,
        } => {
            let secret = Secret::new(client_secret.expose().to_owned());
            let options = ClientSecretCredentialOptions { client_options };
            let object =
                ClientSecretCredential::new(tenant.as_str(), client_id.clone(), secret, Some(options));
            object
                .map(|object| object as Arc<dyn TokenCredential>)
                .map_err(|why| GraphError::InvalidConnection {
                    detail: format!(
                        "The credential can't be used: {}.",
                        shorten(&why.to_string(), 200)
                    ),
                })
        }
    }
}

/// Sends sign-ins to the address that was given, and keeps the status of answers that are no sign-in answers.
#[derive(Debug)]
struct SignInTransport {
    authority: Url,
    http: reqwest::Client,
}

/// An answer that says "not now".
#[derive(Debug, Clone, thiserror::Error)]
#[error("the sign-in endpoint answered with HTTP status {status}")]
struct NotNow {
    status: u16,
    retry_after: Option<f64>,
}

#[async_trait::async_trait]
impl HttpClient for SignInTransport {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let mut request = request.clone();
        let path = format!(
            "{}{}",
            self.authority.path().trim_end_matches('/'),
            request.url().path()
        );
        let mut url = self.authority.clone();
        url.set_path(&path);
        *request.url_mut() = url;
        crash_point::reached(format_args!("before a sign-in"));
        let answer = self.http.execute_request(&request).await?;
        crash_point::reached(format_args!("after a sign-in"));
        let status = u16::from(answer.status());
        if status == 429 || status >= 500 {
            let asked = answer
                .headers()
                .get_optional_str(&HeaderName::from_static("retry-after"));
            let retry_after = asked.and_then(retry_after_seconds);
            return Err(azure_core::Error::new(
                ErrorKind::Other,
                NotNow { status, retry_after },
            ));
        }
        Ok(answer)
    }
}

/// The body of a refused sign-in (Microsoft: OAuth 2.0 client credentials flow, error response).
#[derive(Debug, Default, Deserialize)]
pub(super) struct SignInBody {
    #[serde(default)]
    error_description: String,
    #[serde(default)]
    error_codes: Vec<u32>,
    #[serde(default)]
    trace_id: Option<String>,
}

impl SignInBody {
    pub(super) fn into_error(self) -> GraphError {
        let text = self.error_description;
        let aadsts = self
            .error_codes
            .first()
            .copied()
            .unwrap_or_else(|| number_in(&text));
        let description = text.strip_prefix(&format!("AADSTS{aadsts}: ")).unwrap_or(&text);
        // Trace id, correlation id and time stand behind the sentence itself.
        let description = description.split(" Trace ID:").next().unwrap_or_default();
        GraphError::TokenRefused {
            aadsts,
            description: shorten(description, 400),
            trace_id: self.trace_id,
        }
    }
}

/// The number behind `AADSTS`.
fn number_in(text: &str) -> u32 {
    let digits = text.split("AADSTS").nth(1).unwrap_or_default();
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().unwrap_or_default()
}

/// The error behind the wrappings of `azure_identity`: status and body hang on an inner error.
fn sign_in_error(error: &azure_core::Error) -> GraphError {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut unreachable = false;
    while let Some(current) = next {
        if let Some(NotNow { status, retry_after }) = current.downcast_ref::<NotNow>() {
            let (status, retry_after) = (*status, *retry_after);
            return if status == 429 {
                GraphError::Throttled {
                    retry_after,
                    request_id: None,
                }
            } else {
                GraphError::Unavailable {
                    status,
                    retry_after,
                    request_id: None,
                }
            };
        }
        if let Some(core) = current.downcast_ref::<azure_core::Error>() {
            match core.kind() {
                ErrorKind::HttpResponse { raw_response, .. } => {
                    let body = raw_response
                        .as_ref()
                        .and_then(|raw| serde_json::from_slice::<SignInBody>(raw.body().as_ref()).ok());
                    return body.unwrap_or_default().into_error();
                }
                ErrorKind::Connection | ErrorKind::Io => unreachable = true,
                ErrorKind::DataConversion | ErrorKind::Credential | ErrorKind::Other => {}
            }
        }
        next = current.source();
    }
    let cause = root_cause(error);
    if unreachable {
        GraphError::Unreachable { detail: cause }
    } else {
        GraphError::Malformed {
            detail: format!("signing in brought no token: {cause}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_sign_in_is_read() {
        let body: SignInBody = serde_json::from_str(
            r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided. Trace ID: t Correlation ID: c Timestamp: x","error_codes":[7000215],"trace_id":"t"}"#,
        )
        .unwrap();
        assert_eq!(
            body.into_error(),
            GraphError::TokenRefused {
                aadsts: 7_000_215,
                description: "Invalid client secret provided.".to_owned(),
                trace_id: Some("t".to_owned()),
            }
        );
        assert_eq!(number_in("x AADSTS90002: y"), 90_002);
        assert_eq!(number_in("no number"), 0);
    }

    #[test]
    fn claims_are_read_from_the_token() {
        let payload =
            URL_SAFE_NO_PAD.encode(r#"{"appid":"a","tid":"t","oid":"o","roles":["User.Read.All"]}"#);
        let claims = TokenClaims::read(&SecretText::new(format!("h.{payload}.s"))).unwrap();
        assert_eq!((claims.app_id.as_str(), claims.roles.len()), ("a", 1));
        assert!(TokenClaims::read(&SecretText::new("opaque")).is_err());
    }
}
