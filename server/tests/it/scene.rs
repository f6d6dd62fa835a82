//! What most tests begin with: a target, items and leases in the simulated tenant, and what a refusal must look like.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::harness::{TOKEN, TestServer};

/// An id that nothing in the tenant has.
pub const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// Tries to see a change that the server makes by itself.
const TRIES: usize = 400;

impl TestServer {
    /// The arguments that make a target of the simulated tenant.
    pub fn target_arguments(&self, name: &str) -> Value {
        let tenant = self.emulator.tenant();
        json!({
            "name": name,
            "cloud": {"custom": {"authority": self.emulator.url(), "graph": self.emulator.url(), "arm": null}},
            "tenant_id": tenant.tenant_id,
            "auth": {"client_secret": {"client_id": tenant.client_id, "client_secret": tenant.client_secret}},
        })
    }

    /// The arguments that make an app secret of the target `contoso`.
    pub fn app_secret_arguments(&self, path: &str) -> Value {
        json!({
            "path": path,
            "target": "contoso",
            "spec": {"app_secret": {"application_object_id": self.emulator.tenant().owned_application_id}},
            "default_ttl": "10m",
            "max_ttl": "1h",
        })
    }

    /// The arguments that make a portal user of the target `contoso`, with a group and a role.
    pub fn portal_user_arguments(&self, path: &str) -> Value {
        let tenant = self.emulator.tenant();
        json!({
            "path": path,
            "target": "contoso",
            "spec": {"portal_user": {
                "domain": tenant.domain,
                "groups": [tenant.security_group_id],
                "roles": [tenant.roles["Reports Reader"]],
            }},
            "default_ttl": "10m",
            "max_ttl": "1h",
        })
    }

    /// The arguments that make an item of the target `contoso` which gives a group and a role to a user whom the caller names.
    pub fn user_grants_arguments(&self, path: &str) -> Value {
        let tenant = self.emulator.tenant();
        json!({
            "path": path,
            "target": "contoso",
            "spec": {"user_grants": {
                "groups": [tenant.security_group_id],
                "roles": [tenant.roles["Reports Reader"]],
            }},
            "default_ttl": "10m",
            "max_ttl": "1h",
        })
    }

    /// A server with the target `contoso`.
    pub async fn with_target() -> Self {
        let server = Self::start().await;
        server
            .ok("targets/create", server.target_arguments("contoso"))
            .await;
        server
    }

    /// A server with the target `contoso` and an app secret at this path.
    pub async fn with_item(path: &str) -> Self {
        let server = Self::with_target().await;
        server
            .ok("secrets/create", server.app_secret_arguments(path))
            .await;
        server
    }

    /// A lease of the item at this path: the whole answer.
    pub async fn lease(&self, path: &str) -> Value {
        self.ok("leases/generate", json!({"secret": path})).await
    }

    /// A call whose headers matter too.
    pub async fn raw(&self, name: &str, arguments: &Value) -> Response {
        let request = self.request(Method::POST, &format!("/api/v1/{name}"));
        request.bearer_auth(TOKEN).json(arguments).send().await.unwrap()
    }

    /// A call that must be refused with this status and name this field; gives the error.
    pub async fn refused(&self, name: &str, arguments: Value, status: u16, field: Option<&str>) -> Value {
        let (found, body) = self.call(name, arguments.clone()).await;
        let error = &body["error"];
        assert_eq!(
            (found.as_u16(), error["field"].as_str()),
            (status, field),
            "{name} {arguments}: {body}"
        );
        let code = match status {
            404 => "not_found",
            409 => "conflict",
            422 => "invalid",
            502 => "upstream",
            503 => "upstream_unavailable",
            other => panic!("no code is known for {other}"),
        };
        assert_eq!(error["code"], code, "{name} {arguments}: {body}");
        assert!(!error["message"].as_str().unwrap().is_empty());
        error.clone()
    }

    /// The lease, once it is as wanted: for what the reaper does unasked.
    pub async fn lease_when(&self, id: &Value, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        for _ in 0..TRIES {
            last = self.ok("leases/get", json!({"lease": id})).await;
            if wanted(&last) {
                return last;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the lease stays {last}");
    }
}

/// The same arguments with one of them replaced or, where the value is null, left out.
pub fn with(arguments: &Value, key: &str, value: Value) -> Value {
    let mut changed = arguments.clone();
    let object = changed.as_object_mut().unwrap();
    if value.is_null() {
        object.remove(key);
    } else {
        object.insert(key.to_owned(), value);
    }
    changed
}

/// This key of each row of a list.
pub fn column<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    let rows = list["items"].as_array().unwrap().iter();
    rows.map(|row| row[key].as_str().unwrap()).collect()
}
