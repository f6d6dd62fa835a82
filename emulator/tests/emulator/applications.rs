//! Applications and service principals.

use reqwest::StatusCode;
use serde_json::json;

use crate::support::{Tenant, each, error, id_of};

#[tokio::test]
async fn an_application_is_registered_changed_and_deleted_with_its_service_principal() {
    let tenant = Tenant::start().await;
    let (status, application) = tenant
        .post("/applications", json!({"displayName": "lease-1"}))
        .await;
    assert_eq!(
        (status, &application["signInAudience"]),
        (StatusCode::CREATED, &json!("AzureADMyOrg"))
    );
    let (path, app_id) = (
        format!("/applications/{}", id_of(&application)),
        application["appId"].as_str().unwrap(),
    );
    let (status, principal) = tenant.post("/servicePrincipals", json!({"appId": app_id})).await;
    assert_eq!(
        (status, &principal["displayName"]),
        (StatusCode::CREATED, &json!("lease-1"))
    );
    let (status, body) = tenant.post("/servicePrincipals", json!({"appId": app_id})).await;
    assert_eq!(
        (status, error(&body).0),
        (StatusCode::CONFLICT, "Request_MultipleObjectsWithSameKeyValue")
    );

    assert_eq!(
        tenant.patch(&path, json!({"displayName": "lease-2"})).await.0,
        StatusCode::NO_CONTENT
    );
    let (_, body) = tenant
        .get(&format!("/applications(appId='{app_id}')?$select=displayName,id"))
        .await;
    assert_eq!(body["displayName"], json!("lease-2"));
    let (_, owners) = tenant.get(&format!("{path}/owners")).await;
    assert_eq!(each(&owners, "id"), [tenant.facts().broker_object_id.as_str()]);
    let ledger = tenant.emulator.ledger();
    assert_eq!(
        (ledger.applications.len(), ledger.service_principals.len()),
        (1, 1)
    );

    assert_eq!(tenant.delete(&path).await.0, StatusCode::NO_CONTENT);
    assert_eq!(tenant.get(&path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(
        tenant
            .get(&format!("/servicePrincipals/{}", id_of(&principal)))
            .await
            .0,
        StatusCode::NOT_FOUND
    );
    assert!(tenant.emulator.ledger().is_empty());
}

#[tokio::test]
async fn an_owner_may_change_its_own_applications_and_no_others() {
    let tenant = Tenant::start().await;
    let facts = tenant.facts();
    let path = |id: &str| format!("/applications/{id}");
    let notes = json!({"notes": "x"});
    assert_eq!(
        tenant
            .patch(&path(&facts.owned_application_id), notes.clone())
            .await
            .0,
        StatusCode::NO_CONTENT
    );
    for (status, body) in [
        tenant.patch(&path(&facts.foreign_application_id), notes).await,
        tenant.delete(&path(&facts.foreign_application_id)).await,
        tenant
            .post(
                &format!("{}/addPassword", path(&facts.foreign_application_id)),
                json!({}),
            )
            .await,
    ] {
        assert_eq!(
            (status, error(&body).0),
            (StatusCode::FORBIDDEN, "Authorization_RequestDenied")
        );
    }
    let principal = format!(
        "/servicePrincipals/{}/ownedObjects?$top=999",
        facts.broker_object_id
    );
    let owned = each(&tenant.get(&principal).await.1, "id");
    assert!(owned.contains(&facts.owned_application_id) && !owned.contains(&facts.foreign_application_id));
}

#[tokio::test]
async fn applications_that_entra_refuses_are_refused() {
    let tenant = Tenant::start().await;
    for body in [
        json!({}),
        json!({"displayName": ""}),
        json!({"displayName": "x", "colour": "red"}),
        json!({"displayName": "x", "signInAudience": "Everybody"}),
        json!({"displayName": "x", "keyCredentials": [{"type": "Symmetric"}]}),
    ] {
        assert_eq!(
            tenant.post("/applications", body).await.0,
            StatusCode::BAD_REQUEST
        );
    }
    let (_, body) = tenant
        .post("/servicePrincipals", json!({"appId": "nobody"}))
        .await;
    assert!(
        error(&body)
            .1
            .contains("does not reference a valid application object")
    );
}

#[tokio::test]
async fn applications_and_service_principals_are_listed_and_filtered() {
    let tenant = Tenant::start().await;
    let (_, body) = tenant
        .get("/applications?$filter=displayName eq 'HR Portal'")
        .await;
    assert_eq!(
        each(&body, "id"),
        [tenant.facts().foreign_application_id.as_str()]
    );
    let client = &tenant.facts().client_id;
    let (_, body) = tenant
        .get(&format!("/servicePrincipals?$filter=appId eq '{client}'"))
        .await;
    assert_eq!(each(&body, "id"), [tenant.facts().broker_object_id.as_str()]);
}
