//! The levers under `/_emulator`.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{PASSWORD, Tenant, error, read};

async fn lever(tenant: &Tenant, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
    let mut request = tenant
        .client
        .request(method, format!("{}/_emulator/{path}", tenant.emulator.url()));
    if let Some(body) = body {
        request = request.json(&body);
    }
    read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn the_clock_is_read_and_moved() {
    let tenant = Tenant::start().await;
    let (_, body) = lever(&tenant, Method::GET, "clock", None).await;
    assert_eq!(body["now"], json!("2026-11-21T00:00:00Z"));
    let (_, body) = lever(
        &tenant,
        Method::POST,
        "clock",
        Some(json!({"advance_seconds": 60})),
    )
    .await;
    assert_eq!(body["now"], json!("2026-11-21T00:01:00Z"));
    let (_, body) = lever(
        &tenant,
        Method::POST,
        "clock",
        Some(json!({"set": "2027-01-01T00:00:00Z"})),
    )
    .await;
    assert_eq!(body["now"], json!("2027-01-01T00:00:00Z"));
    assert_eq!(
        lever(&tenant, Method::POST, "clock", Some(json!({"set": "soon"})))
            .await
            .0,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn faults_and_lag_are_ordered() {
    let tenant = Tenant::start().await;
    let fault = json!({"method": "GET", "path": "^/v1.0/users", "kind": "status", "status": 503, "times": 2});
    assert_eq!(
        lever(&tenant, Method::POST, "faults", Some(fault)).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(tenant.get("/users").await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        lever(&tenant, Method::GET, "faults", None).await.1[0]["times"],
        json!(1)
    );
    lever(&tenant, Method::DELETE, "faults", None).await;
    assert_eq!(tenant.get("/users").await.0, StatusCode::OK);
    assert_eq!(
        lever(&tenant, Method::POST, "faults", Some(json!({"kind": "x"})))
            .await
            .0,
        StatusCode::BAD_REQUEST
    );

    lever(&tenant, Method::POST, "lag", Some(json!({"millis": 5000}))).await;
    let id = tenant.new_user("lease-1").await;
    assert_eq!(tenant.get(&format!("/users/{id}")).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_ledger_of_an_untouched_tenant_is_empty() {
    let tenant = Tenant::start().await;
    let empty = json!({"users": [], "deleted_users": [], "app_passwords": [], "memberships": [],
        "role_assignments": [], "applications": [], "service_principals": []});
    assert_eq!(lever(&tenant, Method::GET, "ledger", None).await.1, empty);
    tenant.new_user("lease-2").await;
    let (_, body) = lever(&tenant, Method::GET, "ledger", None).await;
    assert_eq!(
        body["users"][0]["user_principal_name"],
        json!("lease-2@contoso.com")
    );
}

#[tokio::test]
async fn requests_are_logged_and_their_ids_echoed() {
    let tenant = Tenant::start().await;
    tenant.emulator.clear_requests();
    let url = format!("{}/v1.0/users/nobody", tenant.emulator.url());
    let request = tenant
        .client
        .get(url)
        .bearer_auth(&tenant.token)
        .header("client-request-id", "my-id");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["client-request-id"], "my-id");
    let request_id = response.headers()["request-id"].to_str().unwrap().to_owned();
    let (_, body) = read(response).await;
    assert_eq!(error(&body).0, "Request_ResourceNotFound");
    assert_eq!(
        body["error"]["innerError"],
        json!({"date": "2026-11-21T00:00:00", "request-id": request_id, "client-request-id": "my-id"})
    );
    let (_, log) = lever(&tenant, Method::GET, "requests?clear=true", None).await;
    assert_eq!(
        log,
        json!([{"at": "2026-11-21T00:00:00Z", "method": "GET", "path": "/v1.0/users/nobody", "status": 404,
            "request_id": request_id, "client_request_id": "my-id", "app_id": tenant.facts().client_id}])
    );
    assert_eq!(lever(&tenant, Method::GET, "requests", None).await.1, json!([]));
}

#[tokio::test]
async fn permissions_facts_and_sign_ins_are_at_hand() {
    let mut tenant = Tenant::start().await;
    let (_, facts) = lever(&tenant, Method::GET, "tenant", None).await;
    assert_eq!(
        &serde_json::from_value::<emulator::TenantFacts>(facts).unwrap(),
        tenant.facts()
    );
    tenant.new_user("lease-3").await;
    let sign_in = json!({"user_principal_name": "lease-3@contoso.com", "password": PASSWORD});
    let (_, body) = lever(&tenant, Method::POST, "sign-in", Some(sign_in)).await;
    assert_eq!(body, json!({"ok": true, "error": null}));
    let grant = json!({"client_id": tenant.facts().client_id, "roles": ["Domain.Read.All"]});
    lever(&tenant, Method::POST, "permissions", Some(grant)).await;
    tenant.renew().await;
    assert_eq!(tenant.get("/users").await.0, StatusCode::FORBIDDEN);
    assert_eq!(tenant.get("/domains").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_reset_brings_the_seeded_tenant_back() {
    let tenant = Tenant::start().await;
    tenant.new_user("lease-4").await;
    tenant.delete(&format!("/users/{}", tenant.facts().user_id)).await;
    lever(&tenant, Method::POST, "reset", None).await;
    assert!(tenant.emulator.ledger().is_empty() && tenant.emulator.requests().is_empty());
    assert_eq!(
        tenant.get(&format!("/users/{}", tenant.facts().user_id)).await.0,
        StatusCode::OK
    );
    assert_eq!(
        lever(&tenant, Method::GET, "nonsense", None).await.0,
        StatusCode::NOT_FOUND
    );
}
