//! Who calls, and what the tenant has granted them.

use serde_json::Value;

use super::errors::GraphError;
use crate::{token::jwt::Unreadable, wire::Request, world::World};

/// The application behind a request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Its client id.
    pub app_id: String,
    /// The object id of its service principal.
    pub object_id: String,
    roles: Vec<String>,
}

impl Caller {
    /// Reads the caller from the request's bearer token.
    pub fn of(world: &World, request: &Request) -> Result<Self, GraphError> {
        let token = request.bearer().filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| GraphError::token("Access token is empty."))?;
        let claims = world.key.read(token).map_err(|why| match why {
            Unreadable::Malformed => GraphError::token("IDX14100: JWT is not well formed."),
            Unreadable::Signature => GraphError::token("Access token validation failure."),
        })?;
        let text = |name: &str| {
            claims
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        if text("aud") != "https://graph.microsoft.com" {
            return Err(GraphError::token(
                "Access token validation failure. Invalid audience.",
            ));
        }
        let expires = claims.get("exp").and_then(Value::as_i64).unwrap_or_default();
        if expires * 1000 <= world.clock.now_millis() {
            return Err(GraphError::token(
                "Lifetime validation failed, the token is expired.",
            ));
        }
        let roles = claims
            .get("roles")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let roles = roles.filter_map(Value::as_str).map(str::to_owned).collect();
        Ok(Self {
            app_id: text("appid"),
            object_id: text("oid"),
            roles,
        })
    }

    /// Whether the token carries one of these permissions.
    pub fn has(&self, any: &[&str]) -> bool {
        any.iter()
            .any(|wanted| self.roles.iter().any(|role| role == wanted))
    }

    /// Refuses the caller who has none of these permissions.
    pub fn require(&self, any: &[&str]) -> Result<(), GraphError> {
        if self.has(any) {
            Ok(())
        } else {
            Err(GraphError::denied())
        }
    }
}
