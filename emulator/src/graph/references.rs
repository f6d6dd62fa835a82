//! `@odata.id`: how a request's body refers to another object.

use serde_json::{Map, Value};

use super::errors::GraphError;
use crate::{
    token::GRAPH_HOSTS,
    wire::{Request, Response},
};

/// The object id that a `$ref` body refers to.
pub fn target(request: &Request, body: &Map<String, Value>) -> Result<String, GraphError> {
    let Some(link) = body.get("@odata.id").and_then(Value::as_str) else {
        return Err(GraphError::bad(
            "The request body must contain the property '@odata.id'.",
        ));
    };
    let refuse = || GraphError::bad(format!("Invalid URL specified for resource: '{link}'."));
    let url = url::Url::parse(link).map_err(|_| refuse())?;
    let named = url.host_str().unwrap_or_default();
    let is_own = url.origin().ascii_serialization() == request.base;
    if !is_own && !(url.scheme() == "https" && GRAPH_HOSTS.contains(&named)) {
        return Err(refuse());
    }
    let parts: Vec<&str> = url.path().split('/').filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [
            "v1.0" | "beta",
            "directoryObjects" | "users" | "groups" | "servicePrincipals",
            id,
        ] => Ok((*id).to_owned()),
        _ => Err(refuse()),
    }
}

/// The answer to a reference that has been made or removed.
pub fn done() -> Response {
    Response::empty(http::StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method};
    use serde_json::json;

    use super::*;

    #[test]
    fn links_must_lead_to_this_graph() {
        let request = Request::new(
            Method::POST,
            "http://127.0.0.1:99".into(),
            "/v1.0/groups",
            HeaderMap::new(),
            Vec::new(),
        );
        let read = |link: &str| target(&request, json!({"@odata.id": link}).as_object().unwrap()).ok();
        assert_eq!(
            read("http://127.0.0.1:99/v1.0/directoryObjects/7").as_deref(),
            Some("7")
        );
        assert_eq!(
            read("https://graph.microsoft.com/v1.0/users/7").as_deref(),
            Some("7")
        );
        assert_eq!(read("https://graph.evil.example/v1.0/users/7"), None);
        assert_eq!(read("http://127.0.0.1:99/users/7"), None);
        assert_eq!(read("7"), None);
    }
}
