//! An emulator with a client that holds a token of the broker.

use emulator::{Clock, Emulator, Options};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};

/// 2026-11-21T00:00:00Z.
pub const START: i64 = 1_795_219_200_000;
/// A password that Entra takes.
pub const PASSWORD: &str = "k7#Vq2!mZp9x";

/// An emulator on a fixed clock, and a client of it.
pub struct Tenant {
    /// The emulator.
    pub emulator: Emulator,
    /// The client.
    pub client: Client,
    /// The broker's token.
    pub token: String,
}

impl Tenant {
    /// Starts an emulator and gets the broker's token.
    pub async fn start() -> Self {
        let options = Options {
            clock: Clock::fixed(START),
            ..Options::default()
        };
        let emulator = Emulator::start_with(options).await.unwrap();
        let mut tenant = Self {
            emulator,
            client: Client::new(),
            token: String::new(),
        };
        tenant.renew().await;
        tenant
    }

    /// Starts an emulator whose tenant has granted the broker only this.
    pub async fn granting(roles: &[&str]) -> Self {
        let mut tenant = Self::start().await;
        tenant.emulator.grant(&tenant.emulator.tenant().client_id, roles);
        tenant.renew().await;
        tenant
    }

    /// Gets a new token of the broker.
    pub async fn renew(&mut self) {
        let (id, secret) = (self.facts().client_id.clone(), self.facts().client_secret.clone());
        let (status, body) = self.token_for(&id, &secret).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body["access_token"].as_str().unwrap().clone_into(&mut self.token);
    }

    /// What is known about the tenant.
    pub fn facts(&self) -> &emulator::TenantFacts {
        self.emulator.tenant()
    }

    /// Asks for a token with a client secret.
    pub async fn token_for(&self, client_id: &str, secret: &str) -> (StatusCode, Value) {
        let tenant = self.facts().tenant_id.clone();
        self.token_request(
            &tenant,
            &[
                ("grant_type", "client_credentials"),
                ("client_id", client_id),
                ("client_secret", secret),
                ("scope", "https://graph.microsoft.com/.default"),
            ],
        )
        .await
    }

    /// Posts a form to the token endpoint.
    pub async fn token_request(&self, tenant: &str, form: &[(&str, &str)]) -> (StatusCode, Value) {
        let url = format!("{}/{tenant}/oauth2/v2.0/token", self.emulator.url());
        read(self.client.post(url).form(form).send().await.unwrap()).await
    }

    /// Sends a request to Graph with the broker's token.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let url = format!("{}/v1.0{path}", self.emulator.url());
        let mut request = self.client.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        read(self.send(Method::GET, path, None).await).await
    }

    /// `GET` from the index that knows advanced queries.
    pub async fn get_eventual(&self, path: &str) -> (StatusCode, Value) {
        let url = format!("{}/v1.0{path}", self.emulator.url());
        let request = self
            .client
            .get(url)
            .bearer_auth(&self.token)
            .header("ConsistencyLevel", "eventual");
        read(request.send().await.unwrap()).await
    }

    /// `POST`.
    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        read(self.send(Method::POST, path, Some(body)).await).await
    }

    /// `PATCH`.
    pub async fn patch(&self, path: &str, body: Value) -> (StatusCode, Value) {
        read(self.send(Method::PATCH, path, Some(body)).await).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> (StatusCode, Value) {
        read(self.send(Method::DELETE, path, None).await).await
    }

    /// Creates a user and answers with its id.
    pub async fn new_user(&self, name: &str) -> String {
        let (status, body) = self.post("/users", user(name)).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        id_of(&body)
    }

    /// Puts an object into a group.
    pub async fn join(&self, group: &str, member: &str) -> (StatusCode, Value) {
        let link = format!("{}/v1.0/directoryObjects/{member}", self.emulator.url());
        self.post(
            &format!("/groups/{group}/members/$ref"),
            json!({"@odata.id": link}),
        )
        .await
    }

    /// Gives a principal a role of the whole tenant.
    pub async fn assign(&self, principal: &str, role: &str) -> (StatusCode, Value) {
        let role = &self.facts().roles[role];
        let body = json!({"principalId": principal, "roleDefinitionId": role, "directoryScopeId": "/"});
        self.post("/roleManagement/directory/roleAssignments", body).await
    }
}

/// A body that creates a user.
pub fn user(name: &str) -> Value {
    json!({
        "accountEnabled": true,
        "displayName": format!("Lease {name}"),
        "mailNickname": name,
        "userPrincipalName": format!("{name}@contoso.com"),
        "passwordProfile": {"password": PASSWORD, "forceChangePasswordNextSignIn": false},
    })
}

/// The id in an answer.
pub fn id_of(body: &Value) -> String {
    body["id"].as_str().unwrap().to_owned()
}

/// The code and message of an error.
pub fn error(body: &Value) -> (&str, &str) {
    (
        body["error"]["code"].as_str().unwrap(),
        body["error"]["message"].as_str().unwrap(),
    )
}

/// The values of one property in a collection.
pub fn each(body: &Value, name: &str) -> Vec<String> {
    body["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item[name].as_str().unwrap().to_owned())
        .collect()
}

/// Reads an answer's status and JSON.
pub async fn read(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    let text = response.text().await.unwrap();
    (
        status,
        if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap()
        },
    )
}
