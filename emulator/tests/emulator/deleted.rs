//! Deleted items.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;

use crate::support::{PASSWORD, Tenant, each, error, id_of};

#[tokio::test]
async fn a_deleted_user_is_listed_and_restored_with_name_and_groups() {
    let tenant = Tenant::start().await;
    let user = tenant.new_user("lease-1").await;
    tenant.join(&tenant.facts().security_group_id, &user).await;
    tenant.delete(&format!("/users/{user}")).await;
    let (_, body) = tenant
        .get("/directory/deletedItems/microsoft.graph.user?$select=id,deletedDateTime")
        .await;
    assert_eq!(each(&body, "id"), [user.as_str()]);
    assert_eq!(each(&body, "deletedDateTime"), ["2026-11-21T00:00:00Z"]);
    let path = format!("/directory/deletedItems/{user}");
    assert_eq!(
        tenant.get(&path).await.1["@odata.type"],
        json!("#microsoft.graph.user")
    );
    let ledger = tenant.emulator.ledger();
    assert_eq!(
        (
            ledger.users.len(),
            ledger.deleted_users.len(),
            ledger.memberships.len()
        ),
        (0, 1, 0)
    );
    assert!(ledger.nothing_alive() && ledger.deleted_users[0].deleted);

    let (status, body) = tenant.post(&format!("{path}/restore"), json!({})).await;
    assert_eq!(
        (status, &body["userPrincipalName"]),
        (StatusCode::OK, &json!("lease-1@contoso.com"))
    );
    assert_eq!(tenant.emulator.sign_in("lease-1@contoso.com", PASSWORD), Ok(()));
    assert_eq!(tenant.emulator.ledger().memberships.len(), 1);
    assert_eq!(tenant.get(&path).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn deleted_users_are_filtered_like_living_ones() {
    let tenant = Tenant::start().await;
    for (name, kind) in [("lease-6", "leasehold:one:6"), ("lease-7", "leasehold:two:7")] {
        let user = tenant.new_user(name).await;
        tenant
            .patch(&format!("/users/{user}"), json!({"employeeType": kind}))
            .await;
        tenant.delete(&format!("/users/{user}")).await;
    }
    let path = "/directory/deletedItems/microsoft.graph.user?$count=true&$select=employeeType&$filter=startswith(employeeType,'leasehold:two:')";
    let (_, body) = tenant.get_eventual(path).await;
    assert_eq!(each(&body, "employeeType"), ["leasehold:two:7"]);
    let (status, body) = tenant.get(path).await;
    assert_eq!(
        (status, error(&body).0),
        (StatusCode::BAD_REQUEST, "Request_UnsupportedQuery")
    );
}

#[tokio::test]
async fn a_user_whose_name_was_taken_meanwhile_cannot_be_restored() {
    let tenant = Tenant::start().await;
    let user = tenant.new_user("lease-2").await;
    tenant.delete(&format!("/users/{user}")).await;
    tenant.new_user("lease-2").await;
    let (status, body) = tenant
        .post(&format!("/directory/deletedItems/{user}/restore"), json!({}))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(error(&body).1.starts_with("Another object"));
}

#[tokio::test]
async fn a_purged_user_is_gone_for_good() {
    let tenant = Tenant::start().await;
    let user = tenant.new_user("lease-3").await;
    let path = format!("/directory/deletedItems/{user}");
    assert_eq!(
        tenant.delete(&path).await.0,
        StatusCode::NOT_FOUND,
        "it is still alive"
    );
    tenant.delete(&format!("/users/{user}")).await;
    assert_eq!(tenant.delete(&path).await.0, StatusCode::NO_CONTENT);
    assert_eq!(tenant.delete(&path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(
        tenant.post(&format!("{path}/restore"), json!({})).await.0,
        StatusCode::NOT_FOUND
    );
    assert!(tenant.emulator.ledger().is_empty());
}

#[tokio::test]
async fn after_thirty_days_a_deleted_user_goes_by_itself() {
    let mut tenant = Tenant::start().await;
    let user = tenant.new_user("lease-4").await;
    tenant.delete(&format!("/users/{user}")).await;
    tenant
        .emulator
        .clock()
        .advance(Duration::from_secs(30 * 86_400 - 1));
    assert_eq!(tenant.emulator.ledger().deleted_users.len(), 1);
    tenant.emulator.clock().advance(Duration::from_secs(1));
    assert!(tenant.emulator.ledger().is_empty());
    tenant.renew().await;
    assert_eq!(
        tenant.get(&format!("/directory/deletedItems/{user}")).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn applications_are_restored_and_purged_by_their_owner() {
    let tenant = Tenant::start().await;
    let (_, application) = tenant
        .post("/applications", json!({"displayName": "lease-5"}))
        .await;
    let (alive, deleted) = (
        format!("/applications/{}", id_of(&application)),
        format!("/directory/deletedItems/{}", id_of(&application)),
    );
    tenant.delete(&alive).await;
    let (_, body) = tenant
        .get("/directory/deletedItems/microsoft.graph.application")
        .await;
    assert_eq!(each(&body, "id"), [id_of(&application)]);
    assert_eq!(
        tenant.post(&format!("{deleted}/restore"), json!({})).await.0,
        StatusCode::OK
    );
    assert_eq!(tenant.get(&alive).await.0, StatusCode::OK);
    tenant.delete(&alive).await;
    assert_eq!(tenant.delete(&deleted).await.0, StatusCode::NO_CONTENT);
}
