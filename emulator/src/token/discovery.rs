//! OpenID discovery: how clients find the token endpoint, and learn whether a tenant exists.

use http::StatusCode;
use serde_json::{Value, json};

use super::errors::TokenError;
use crate::{
    directory::Directory,
    entropy::is_uuid,
    wire::{Request, Response},
    world::World,
};

/// The names that stand for any tenant.
const ANY_TENANT: [&str; 3] = ["common", "organizations", "consumers"];

/// Makes sure that `tenant`, an id or a verified domain name, is the emulator's.
pub fn check_tenant(directory: &Directory, tenant: &str) -> Result<(), TokenError> {
    let is_domain = |name: &str| {
        directory
            .domains
            .iter()
            .any(|domain| domain.is_verified && domain.name.eq_ignore_ascii_case(name))
    };
    if directory.tenant_id.eq_ignore_ascii_case(tenant) || is_domain(tenant) {
        Ok(())
    } else if ANY_TENANT.contains(&tenant) {
        Err(TokenError::no_tenant())
    } else if is_uuid(tenant) || tenant.contains('.') {
        Err(TokenError::unknown_tenant(tenant))
    } else {
        Err(TokenError::malformed_tenant(tenant))
    }
}

/// Answers `/{tenant}/v2.0/.well-known/openid-configuration`.
pub fn configuration(world: &World, request: &Request, tenant: &str) -> Response {
    let now = world.clock.now_millis();
    let issuer_tenant = if ANY_TENANT.contains(&tenant) {
        "{tenantid}".to_owned()
    } else {
        let directory = world.directory();
        if let Err(mut error) = check_tenant(&directory, tenant) {
            if error.number == 90002 {
                // Discovery has a name of its own for this.
                error.error = "invalid_tenant";
            }
            return error.answer(now, &request.base);
        }
        directory.tenant_id.clone()
    };
    let base = &request.base;
    Response::json(
        StatusCode::OK,
        json!({
            "token_endpoint": format!("{base}/{tenant}/oauth2/v2.0/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": format!("{base}/{tenant}/discovery/v2.0/keys"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": format!("{base}/{issuer_tenant}/v2.0"),
            "request_uri_parameter_supported": false,
            "userinfo_endpoint": format!("{base}/oidc/userinfo"),
            "authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/authorize"),
            "device_authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/devicecode"),
            "http_logout_supported": true,
            "frontchannel_logout_supported": true,
            "end_session_endpoint": format!("{base}/{tenant}/oauth2/v2.0/logout"),
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "tid", "ver"],
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": "graph.microsoft.com",
            "rbac_url": "https://pas.windows.net",
        }),
    )
}

/// Answers `/{tenant}/discovery/v2.0/keys`.
pub fn keys(world: &World) -> Response {
    Response::json(StatusCode::OK, json!({"keys": [world.key.jwk()]}))
}

/// Answers `/common/discovery/instance`, by which MSAL learns the other names of an authority: this one has none.
pub fn instance(request: &Request) -> Response {
    let authority = request.option("authorization_endpoint").unwrap_or(&request.base);
    let tenant = url::Url::parse(authority)
        .ok()
        .and_then(|url| Some(url.path_segments()?.next()?.to_owned()))
        .filter(|tenant| !tenant.is_empty())
        .unwrap_or_else(|| "common".to_owned());
    let metadata: [Value; 0] = [];
    Response::json(
        StatusCode::OK,
        json!({
            "tenant_discovery_endpoint": format!("{}/{tenant}/v2.0/.well-known/openid-configuration", request.base),
            "api-version": "1.1",
            "metadata": metadata,
        }),
    )
}
