//! Replication lag: what fails right after a write, and works a little later.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Tenant, error, id_of, user};

const LAG: Duration = Duration::from_secs(10);

async fn lagging() -> Tenant {
    let tenant = Tenant::start().await;
    tenant.emulator.set_lag(LAG);
    tenant
}

#[tokio::test]
async fn a_fresh_user_is_not_found_by_anything_but_the_ledger() {
    let tenant = lagging().await;
    let id = tenant.new_user("lease-1").await;
    let path = format!("/users/{id}");
    assert_eq!(tenant.get(&path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(
        tenant.patch(&path, json!({"department": "IT"})).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(tenant.delete(&path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(
        tenant.join(&tenant.facts().security_group_id, &id).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(tenant.assign(&id, "Global Reader").await.0, StatusCode::NOT_FOUND);
    let filter = "/users?$filter=userPrincipalName eq 'lease-1@contoso.com'";
    assert_eq!(tenant.get(filter).await.1["value"], json!([]));
    // Names are unique at once, whoever can see them.
    assert_eq!(
        tenant.post("/users", user("lease-1")).await.0,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(tenant.emulator.ledger().users.len(), 1);

    tenant.emulator.clock().advance(LAG);
    assert_eq!(tenant.get(&path).await.0, StatusCode::OK);
    assert_eq!(
        tenant.join(&tenant.facts().security_group_id, &id).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(tenant.assign(&id, "Global Reader").await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn reads_lag_behind_changes() {
    let tenant = lagging().await;
    let path = format!("/users/{}?$select=accountEnabled", tenant.facts().user_id);
    assert_eq!(
        tenant.patch(&path, json!({"accountEnabled": false})).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(tenant.get(&path).await.1["accountEnabled"], json!(true));
    tenant.emulator.clock().advance(LAG);
    assert_eq!(tenant.get(&path).await.1["accountEnabled"], json!(false));
}

#[tokio::test]
async fn memberships_and_assignments_lag_as_well() {
    let tenant = lagging().await;
    let facts = tenant.facts();
    let members = format!(
        "/groups/{}/members?$filter=id eq '{}'",
        facts.security_group_id, facts.user_id
    );
    tenant.join(&facts.security_group_id, &facts.user_id).await;
    assert_eq!(tenant.get(&members).await.1["value"], json!([]));
    let (_, assignment) = tenant.assign(&facts.user_id, "Global Reader").await;
    let assignment = format!("/roleManagement/directory/roleAssignments/{}", id_of(&assignment));
    assert_eq!(tenant.get(&assignment).await.0, StatusCode::NOT_FOUND);
    tenant.emulator.clock().advance(LAG);
    assert_eq!(tenant.get(&members).await.1["value"].as_array().unwrap().len(), 1);
    assert_eq!(tenant.delete(&assignment).await.0, StatusCode::NO_CONTENT);
    assert_eq!(
        tenant.get(&assignment).await.0,
        StatusCode::OK,
        "readers have not heard of it yet"
    );
}

#[tokio::test]
async fn a_fresh_secret_is_neither_usable_nor_removable() {
    let tenant = lagging().await;
    let facts = tenant.facts();
    let path = format!("/applications/{}", facts.owned_application_id);
    let (_, secret) = tenant.post(&format!("{path}/addPassword"), json!({})).await;
    let (key, text) = (
        json!({"keyId": secret["keyId"]}),
        secret["secretText"].as_str().unwrap(),
    );
    let remove = format!("{path}/removePassword");
    let (status, body) = tenant.post(&remove, key.clone()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(
        error(&body)
            .1
            .starts_with("No password credential found with keyId")
    );
    let (_, refused) = tenant.token_for(&facts.owned_application_client_id, text).await;
    assert_eq!(refused["error_codes"], json!([7_000_215]));
    let listed = |body: Value| body["passwordCredentials"].as_array().unwrap().len();
    assert_eq!(listed(tenant.get(&path).await.1), 0);

    tenant.emulator.clock().advance(LAG);
    assert_eq!(listed(tenant.get(&path).await.1), 1);
    assert_eq!(
        tenant.token_for(&facts.owned_application_client_id, text).await.0,
        StatusCode::OK
    );
    assert_eq!(tenant.post(&remove, key).await.0, StatusCode::NO_CONTENT);
    assert_eq!(
        tenant.token_for(&facts.owned_application_client_id, text).await.0,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_purge_straight_after_the_deletion_is_too_early() {
    let tenant = lagging().await;
    let id = tenant.facts().user_id.clone();
    assert_eq!(
        tenant.delete(&format!("/users/{id}")).await.0,
        StatusCode::NO_CONTENT
    );
    let purge = format!("/directory/deletedItems/{id}");
    assert_eq!(tenant.delete(&purge).await.0, StatusCode::NOT_FOUND);
    tenant.emulator.clock().advance(LAG);
    assert_eq!(tenant.delete(&purge).await.0, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_fresh_application_cannot_be_referred_to() {
    let tenant = lagging().await;
    let (_, application) = tenant
        .post("/applications", json!({"displayName": "lease"}))
        .await;
    let body = json!({"appId": application["appId"]});
    assert_eq!(
        tenant.post("/servicePrincipals", body.clone()).await.0,
        StatusCode::BAD_REQUEST
    );
    tenant.emulator.clock().advance(LAG);
    assert_eq!(
        tenant.post("/servicePrincipals", body).await.0,
        StatusCode::CREATED
    );
}
