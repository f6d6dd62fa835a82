//! `$batch`.

use emulator::Fault;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Tenant, user};

fn part(id: &str, method: &str, url: &str) -> Value {
    json!({"id": id, "method": method, "url": url})
}

#[tokio::test]
async fn parts_are_answered_one_by_one() {
    let tenant = Tenant::start().await;
    let mut create = part("1", "POST", "/users");
    create["body"] = user("lease-1");
    create["headers"] = json!({"Content-Type": "application/json"});
    let requests = [
        create,
        part("2", "GET", "users?$top=1"),
        part("3", "GET", "/users/nobody"),
    ];
    let (status, body) = tenant.post("/$batch", json!({"requests": requests})).await;
    assert_eq!(status, StatusCode::OK);
    let statuses: Vec<&Value> = body["responses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| &part["status"])
        .collect();
    assert_eq!(statuses, [&json!(201), &json!(200), &json!(404)]);
    assert_eq!(
        body["responses"][2]["body"]["error"]["code"],
        json!("Request_ResourceNotFound")
    );
    assert_eq!(tenant.emulator.ledger().users.len(), 1);
}

#[tokio::test]
async fn a_part_whose_dependency_failed_is_not_run() {
    let tenant = Tenant::start().await;
    let mut second = part("2", "DELETE", &format!("/users/{}", tenant.facts().user_id));
    second["dependsOn"] = json!(["1"]);
    let requests = [part("1", "GET", "/users/nobody"), second];
    let (_, body) = tenant.post("/$batch", json!({"requests": requests})).await;
    assert_eq!(body["responses"][1]["status"], json!(424));
    assert_eq!(
        tenant.get(&format!("/users/{}", tenant.facts().user_id)).await.0,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_part_is_throttled_on_its_own() {
    let tenant = Tenant::start().await;
    tenant
        .emulator
        .fault(Fault::status(429).on("GET", "/domains").retry_after("3"));
    let requests = [part("1", "GET", "/organization"), part("2", "GET", "/domains")];
    let (status, body) = tenant.post("/$batch", json!({"requests": requests})).await;
    assert_eq!(
        (status, &body["responses"][0]["status"]),
        (StatusCode::OK, &json!(200))
    );
    assert_eq!(body["responses"][1]["status"], json!(429));
    assert_eq!(body["responses"][1]["headers"]["Retry-After"], json!("3"));
}

#[tokio::test]
async fn malformed_batches_are_refused() {
    let tenant = Tenant::start().await;
    let many: Vec<Value> = (0..21).map(|id| part(&id.to_string(), "GET", "/users")).collect();
    let mut dangling = part("1", "GET", "/users");
    dangling["dependsOn"] = json!(["9"]);
    let mut untyped = part("1", "POST", "/users");
    untyped["body"] = json!({});
    for requests in [
        many,
        vec![],
        vec![part("1", "GET", "/users"), part("1", "GET", "/users")],
        vec![dangling],
        vec![untyped],
        vec![json!({"id": "1"})],
    ] {
        assert_eq!(
            tenant.post("/$batch", json!({"requests": requests})).await.0,
            StatusCode::BAD_REQUEST
        );
    }
}
