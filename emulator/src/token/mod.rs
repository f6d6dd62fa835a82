//! The token endpoint: client credentials in, signed access tokens out.
//!
//! To add a grant, branch on `grant_type` in [`issue`]; to add a refusal, name it in [`errors`].

pub mod assertion;
pub mod discovery;
pub mod errors;
pub mod jwt;

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    directory::{Directory, object::Object},
    entropy::new_id,
    wire::{Request, Response},
    world::World,
};
use errors::TokenError;

/// How long a token lives, in seconds: the shortest that Entra gives by default.
const LIFETIME: i64 = 3600;
/// Microsoft Graph's own hosts, one per cloud.
pub const GRAPH_HOSTS: [&str; 4] = [
    "graph.microsoft.com",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "microsoftgraph.chinacloudapi.cn",
];
/// Resources besides Graph that every tenant has, for which an application needs no grant to get a token.
const OTHER_RESOURCES: [&str; 6] = [
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://vault.azure.net",
    "https://storage.azure.com",
    "https://database.windows.net",
    "https://redis.azure.com",
];

/// Answers `POST /{tenant}/oauth2/v2.0/token`.
pub fn answer(world: &World, request: &Request, tenant: &str) -> Response {
    let directory = world.directory();
    match issue(world, &directory, request, tenant) {
        Ok(token) => Response::json(
            StatusCode::OK,
            json!({
                "token_type": "Bearer",
                "expires_in": LIFETIME - 1,
                "ext_expires_in": LIFETIME - 1,
                "access_token": token,
            }),
        )
        .with("cache-control", "no-store, no-cache")
        .with("pragma", "no-cache"),
        Err(error) => error.answer(directory.now, &request.base),
    }
}

/// The client id that a request to the token endpoint names, for the log.
pub fn client_of(request: &Request) -> Option<String> {
    request
        .basic()
        .map(|(client, _)| client)
        .or_else(|| Form::of(request).client_id)
}

#[derive(Default)]
struct Form {
    grant_type: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    assertion_type: Option<String>,
    assertion: Option<String>,
    scope: Option<String>,
}

impl Form {
    fn of(request: &Request) -> Self {
        let fields = request.form();
        let field = |name: &str| {
            let found = fields
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone());
            found.filter(|value| !value.is_empty())
        };
        Self {
            grant_type: field("grant_type"),
            client_id: field("client_id"),
            client_secret: field("client_secret"),
            assertion_type: field("client_assertion_type"),
            assertion: field("client_assertion"),
            scope: field("scope"),
        }
    }
}

fn issue(
    world: &World,
    directory: &Directory,
    request: &Request,
    tenant: &str,
) -> Result<String, TokenError> {
    discovery::check_tenant(directory, tenant)?;
    let mut form = Form::of(request);
    if let Some((client, secret)) = request.basic() {
        form.client_id = Some(client);
        form.client_secret = Some(secret);
    }
    let grant = form
        .grant_type
        .as_deref()
        .ok_or_else(|| TokenError::missing_field("grant_type"))?;
    if grant != "client_credentials" {
        return Err(TokenError::unsupported_grant(grant));
    }
    let claimed = form.assertion.as_deref().and_then(assertion::claimed_client);
    let client_id = form
        .client_id
        .clone()
        .or(claimed)
        .ok_or_else(|| TokenError::missing_field("client_id"))?;
    let application = directory
        .application(&client_id)
        .filter(|application| directory.get(&application.id).is_some())
        .ok_or_else(|| TokenError::unknown_client(&client_id))?;
    let principal = directory
        .service_principal(&client_id)
        .ok_or_else(|| TokenError::no_service_principal(&client_id, &directory.tenant_id))?;
    authenticate(directory, &form, application, principal, tenant)?;
    if !principal.flag("accountEnabled") || application.flag("isDisabled") {
        return Err(TokenError::disabled_client(
            &client_id,
            application.text("displayName"),
        ));
    }
    let audience = audience(directory, request, form.scope.as_deref())?;
    Ok(world
        .key
        .sign(&claims(directory, request, application, principal, &audience)))
}

fn authenticate(
    directory: &Directory,
    form: &Form,
    application: &Object,
    principal: &Object,
    tenant: &str,
) -> Result<(), TokenError> {
    let client_id = application.text("appId");
    match (&form.assertion, &form.client_secret) {
        (Some(assertion), _) if form.assertion_type.as_deref() == Some(assertion::TYPE) => {
            assertion::verify(assertion, application, tenant, directory.now)
        }
        (_, Some(sent)) => {
            let secrets = application.secrets.iter().chain(&principal.secrets);
            let known = secrets
                .filter(|secret| secret.seen_from <= directory.now && secret.start <= directory.now)
                .find(|secret| secret.text == *sent)
                .ok_or_else(|| TokenError::wrong_secret(client_id))?;
            if known.end <= directory.now {
                Err(TokenError::expired_secret(client_id))
            } else {
                Ok(())
            }
        }
        _ => Err(TokenError::no_credential()),
    }
}

/// Whom the token is for.
struct Audience {
    /// The `aud` claim.
    name: String,
    /// Whether it is Graph, whose roles the tenant grants here.
    is_graph: bool,
}

fn audience(directory: &Directory, request: &Request, scope: Option<&str>) -> Result<Audience, TokenError> {
    let scope = scope.ok_or_else(|| TokenError::bad_scope("''"))?;
    let mut scopes = scope.split_whitespace();
    let (Some(first), rest) = (scopes.next(), scopes.next()) else {
        return Err(TokenError::bad_scope("''"));
    };
    if rest.is_some() {
        return Err(TokenError::several_resources(scope));
    }
    let resource = first
        .strip_suffix("/.default")
        .ok_or_else(|| TokenError::bad_scope(first))?;
    let host = url::Url::parse(resource)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    let is_graph = host.is_some_and(|host| GRAPH_HOSTS.contains(&host.as_str()))
        || resource.trim_end_matches('/') == request.base
        || resource == GRAPH_APP_ID;
    if is_graph {
        return Ok(Audience {
            name: "https://graph.microsoft.com".into(),
            is_graph,
        });
    }
    let name = resource.trim_end_matches('/').to_owned();
    let is_registered = directory
        .truth(crate::directory::object::Kind::Application)
        .any(|application| {
            application.text("appId") == name.trim_start_matches("api://")
                || application.lists("identifierUris", &name)
        });
    if is_registered || OTHER_RESOURCES.contains(&name.as_str()) {
        Ok(Audience { name, is_graph })
    } else {
        Err(TokenError::unknown_resource(&name))
    }
}

/// Graph's own client id.
const GRAPH_APP_ID: &str = "00000003-0000-0000-c000-000000000000";

fn claims(
    directory: &Directory,
    request: &Request,
    application: &Object,
    principal: &Object,
    audience: &Audience,
) -> Value {
    let client_id = application.text("appId");
    let tenant = &directory.tenant_id;
    let now = directory.now / 1000;
    // Graph takes tokens of the first version, whose issuer is another; registered applications take the second.
    let (version, issuer) = if audience.is_graph {
        ("1.0", format!("https://sts.windows.net/{tenant}/"))
    } else {
        ("2.0", format!("{}/{tenant}/v2.0", request.base))
    };
    let mut claims = json!({
        "aud": audience.name,
        "iss": issuer,
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "app_displayname": application.text("displayName"),
        "appid": client_id,
        "azp": client_id,
        "appidacr": "1",
        "azpacr": "1",
        "idtyp": "app",
        "oid": principal.id,
        "sub": principal.id,
        "tid": tenant,
        "uti": new_id(),
        "ver": version,
    });
    // An application without grants gets a token without the claim, not with an empty one.
    if let Some(roles) = directory
        .grants
        .get(client_id)
        .filter(|roles| audience.is_graph && !roles.is_empty())
    {
        claims["roles"] = json!(roles);
    }
    claims
}
