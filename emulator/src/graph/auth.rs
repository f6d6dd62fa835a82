//! Who calls, and what the tenant has granted them.

use std::{collections::HashMap, sync::Arc};

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
    /// When its token ends, in milliseconds.
    expires_at: i64,
}

/// How many callers are known by their tokens.
const MOST: usize = 64;

/// The callers of tokens whose signature and audience were found good, so that they are not proven again at every request.
#[derive(Debug, Default)]
pub struct KnownCallers(HashMap<String, Arc<Caller>>);

impl Caller {
    /// Reads the caller from the request's bearer token.
    pub fn of(world: &World, request: &Request) -> Result<Arc<Self>, GraphError> {
        let token = request.bearer().filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| GraphError::token("Access token is empty."))?;
        let known = world.known_callers().0.get(token).cloned();
        let caller = match known {
            Some(caller) => caller,
            None => Self::prove(world, token)?,
        };
        if caller.expires_at <= world.clock.now_millis() {
            return Err(GraphError::token(
                "Lifetime validation failed, the token is expired.",
            ));
        }
        Ok(caller)
    }

    /// Proves a token that was not seen before.
    fn prove(world: &World, token: &str) -> Result<Arc<Self>, GraphError> {
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
        let roles = claims
            .get("roles")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let caller = Arc::new(Self {
            app_id: text("appid"),
            object_id: text("oid"),
            roles: roles.filter_map(Value::as_str).map(str::to_owned).collect(),
            expires_at: expires.saturating_mul(1000),
        });
        let mut known = world.known_callers();
        if known.0.len() >= MOST {
            known.0.clear();
        }
        known.0.insert(token.to_owned(), Arc::clone(&caller));
        Ok(caller)
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
