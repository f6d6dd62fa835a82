//! Directory roles.

use reqwest::StatusCode;
use serde_json::json;

use crate::support::{Tenant, each, error, id_of};

const ASSIGNMENTS: &str = "/roleManagement/directory/roleAssignments";

#[tokio::test]
async fn a_role_is_assigned_found_and_taken_away() {
    let tenant = Tenant::start().await;
    let user = tenant.new_user("lease-1").await;
    let (status, body) = tenant.assign(&user, "Directory Readers").await;
    assert_eq!(
        (status, &body["directoryScopeId"]),
        (StatusCode::CREATED, &json!("/"))
    );
    let id = id_of(&body);
    let (_, found) = tenant
        .get(&format!("{ASSIGNMENTS}?$filter=principalId eq '{user}'"))
        .await;
    assert_eq!(each(&found, "id"), [id.as_str()]);
    let role = &tenant.facts().roles["Global Administrator"];
    let (_, found) = tenant
        .get(&format!("{ASSIGNMENTS}?$filter=roleDefinitionId eq '{role}'"))
        .await;
    assert_eq!(found["value"].as_array().unwrap().len(), 2);
    assert_eq!(
        tenant.get(&format!("{ASSIGNMENTS}/{id}")).await.1["principalId"],
        json!(user)
    );
    assert_eq!(tenant.emulator.ledger().role_assignments.len(), 1);
    assert_eq!(
        tenant.delete(&format!("{ASSIGNMENTS}/{id}")).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        tenant.delete(&format!("{ASSIGNMENTS}/{id}")).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn assignments_that_entra_refuses_are_refused() {
    let tenant = Tenant::start().await;
    let facts = tenant.facts();
    let user = tenant.new_user("lease-2").await;
    assert_eq!(tenant.assign(&user, "Global Reader").await.0, StatusCode::CREATED);
    let (status, body) = tenant.assign(&user, "Global Reader").await;
    assert_eq!(
        (status, error(&body).0),
        (StatusCode::BAD_REQUEST, "Request_BadRequest")
    );
    assert!(error(&body).1.starts_with("A conflicting object"));
    assert_eq!(
        tenant.assign("nobody", "Global Reader").await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        tenant.assign(&facts.security_group_id, "Global Reader").await.0,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        tenant
            .assign(&facts.role_assignable_group_id, "Global Reader")
            .await
            .0,
        StatusCode::CREATED
    );
    let unknown = json!({"principalId": user, "roleDefinitionId": user, "directoryScopeId": "/"});
    assert_eq!(tenant.post(ASSIGNMENTS, unknown).await.0, StatusCode::NOT_FOUND);
    assert_eq!(
        tenant.post(ASSIGNMENTS, json!({"principalId": user})).await.0,
        StatusCode::BAD_REQUEST
    );
    let role = &facts.roles["Reports Reader"];
    let elsewhere = json!({"principalId": user, "roleDefinitionId": role, "directoryScopeId": "/nowhere"});
    assert_eq!(
        tenant.post(ASSIGNMENTS, elsewhere).await.0,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn the_built_in_roles_are_listed_under_their_template_ids() {
    let tenant = Tenant::start().await;
    let (_, body) = tenant.get("/roleManagement/directory/roleDefinitions").await;
    assert_eq!(body["value"].as_array().unwrap().len(), 36);
    let id = "62e90394-69f5-4237-9190-012177145e10";
    let (_, body) = tenant
        .get(&format!("/roleManagement/directory/roleDefinitions/{id}"))
        .await;
    assert_eq!(
        (&body["displayName"], &body["templateId"]),
        (&json!("Global Administrator"), &json!(id))
    );
}

#[tokio::test]
async fn deleting_a_user_takes_its_assignments_along() {
    let tenant = Tenant::start().await;
    let user = tenant.new_user("lease-3").await;
    tenant.assign(&user, "Directory Readers").await;
    tenant.delete(&format!("/users/{user}")).await;
    assert!(tenant.emulator.ledger().role_assignments.is_empty());
}
