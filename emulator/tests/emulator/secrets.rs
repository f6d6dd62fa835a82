//! Client secrets: where they work, for how long, and how many there can be.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Tenant, error};

/// Adds a secret and answers with its id and text.
async fn add(tenant: &Tenant, application: &str, credential: Value) -> (String, String) {
    let path = format!("/applications/{application}/addPassword");
    let (status, body) = tenant
        .post(&path, json!({"passwordCredential": credential}))
        .await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    assert_eq!(text("hint"), text("secretText")[..3]);
    (text("keyId"), text("secretText"))
}

#[tokio::test]
async fn a_secret_works_until_it_is_removed_and_is_shown_once() {
    let tenant = Tenant::start().await;
    let facts = tenant.facts();
    let (application, client) = (&facts.owned_application_id, &facts.owned_application_client_id);
    let (key, secret) = add(&tenant, application, json!({"displayName": "lease-1"})).await;
    assert_eq!(tenant.token_for(client, &secret).await.0, StatusCode::OK);
    let (_, body) = tenant
        .get(&format!(
            "/applications/{application}?$select=passwordCredentials"
        ))
        .await;
    assert_eq!(body["passwordCredentials"][0]["keyId"], json!(key));
    assert_eq!(body["passwordCredentials"][0]["displayName"], json!("lease-1"));
    assert_eq!(body["passwordCredentials"][0]["secretText"], Value::Null);
    // Two years, unless the client says otherwise.
    assert_eq!(
        body["passwordCredentials"][0]["endDateTime"],
        json!("2028-11-20T00:00:00Z")
    );
    assert_eq!(tenant.emulator.ledger().app_passwords[0].key_id, key);

    let path = format!("/applications(appId='{client}')/removePassword");
    assert_eq!(
        tenant.post(&path, json!({"keyId": key})).await.0,
        StatusCode::NO_CONTENT
    );
    let (_, body) = tenant.token_for(client, &secret).await;
    assert_eq!(body["error_codes"], json!([7_000_215]));
    let (status, body) = tenant.post(&path, json!({"keyId": key})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(
        error(&body).1,
        format!("No password credential found with keyId {key}.")
    );
    assert!(tenant.emulator.ledger().is_empty());
}

#[tokio::test]
async fn a_secret_ends_on_its_end_date_but_keeps_its_place() {
    let tenant = Tenant::start().await;
    let facts = tenant.facts();
    let end = json!({"endDateTime": "2026-11-21T00:30:00Z"});
    let (_, secret) = add(&tenant, &facts.owned_application_id, end).await;
    tenant.emulator.clock().advance(Duration::from_secs(1799));
    assert_eq!(
        tenant
            .token_for(&facts.owned_application_client_id, &secret)
            .await
            .0,
        StatusCode::OK
    );
    tenant.emulator.clock().advance(Duration::from_secs(1));
    let (status, body) = tenant
        .token_for(&facts.owned_application_client_id, &secret)
        .await;
    assert_eq!(
        (status, &body["error_codes"]),
        (StatusCode::UNAUTHORIZED, &json!([7_000_222]))
    );
    assert!(tenant.emulator.ledger().app_passwords[0].expired);
}

#[tokio::test]
async fn secrets_that_entra_refuses_are_refused() {
    let tenant = Tenant::start().await;
    let path = format!(
        "/applications/{}/addPassword",
        tenant.facts().owned_application_id
    );
    for credential in [
        json!({"endDateTime": "tomorrow"}),
        json!({"endDateTime": "2026-11-20T00:00:00Z"}),
        json!({"displayName": 7}),
        json!({"colour": "red"}),
    ] {
        assert_eq!(
            tenant
                .post(&path, json!({"passwordCredential": credential}))
                .await
                .0,
            StatusCode::BAD_REQUEST
        );
    }
    assert_eq!(
        tenant.post(&path, json!({"displayName": "x"})).await.0,
        StatusCode::BAD_REQUEST
    );
    let missing = "/applications/nobody/addPassword";
    assert_eq!(tenant.post(missing, json!({})).await.0, StatusCode::NOT_FOUND);
    let remove = format!(
        "/applications/{}/removePassword",
        tenant.facts().owned_application_id
    );
    assert_eq!(tenant.post(&remove, json!({})).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_application_for_personal_accounts_has_two_secrets_at_most() {
    let tenant = Tenant::start().await;
    let application = &tenant.facts().personal_application_id;
    add(&tenant, application, json!({})).await;
    add(&tenant, application, json!({})).await;
    let (status, body) = tenant
        .post(&format!("/applications/{application}/addPassword"), json!({}))
        .await;
    assert_eq!(
        (status, error(&body).0),
        (StatusCode::FORBIDDEN, "Directory_ResourceSizeExceeded")
    );
}

#[tokio::test]
async fn an_application_has_a_size_limit() {
    let tenant = Tenant::start().await;
    let path = format!("/applications/{}", tenant.facts().owned_application_id);
    let tags: Vec<String> = (0..999).map(|tag| tag.to_string()).collect();
    assert_eq!(
        tenant.patch(&path, json!({"tags": tags})).await.0,
        StatusCode::NO_CONTENT
    );
    add(&tenant, &tenant.facts().owned_application_id, json!({})).await;
    let (status, body) = tenant.post(&format!("{path}/addPassword"), json!({})).await;
    assert_eq!(
        (status, error(&body).0),
        (StatusCode::FORBIDDEN, "Directory_ResourceSizeExceeded")
    );
}

#[tokio::test]
async fn a_service_principal_has_secrets_of_its_own() {
    let tenant = Tenant::start().await;
    let client = &tenant.facts().owned_application_client_id;
    let path = format!("/servicePrincipals(appId='{client}')");
    let (_, body) = tenant.post(&format!("{path}/addPassword"), json!({})).await;
    let secret = body["secretText"].as_str().unwrap();
    assert_eq!(tenant.token_for(client, secret).await.0, StatusCode::OK);
    let key = json!({"keyId": body["keyId"]});
    assert_eq!(
        tenant.post(&format!("{path}/removePassword"), key).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(tenant.token_for(client, secret).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn changes_of_one_application_do_not_overlap() {
    let tenant = Tenant::start().await;
    tenant.emulator.set_write_time(Duration::from_millis(200));
    let facts = tenant.facts();
    let post = |id: &str| {
        let path = format!("/applications/{id}/addPassword");
        let tenant = &tenant;
        async move { tenant.post(&path, json!({})).await }
    };
    let (one, two, elsewhere) = tokio::join!(
        post(&facts.owned_application_id),
        post(&facts.owned_application_id),
        post(&facts.second_owned_application_id)
    );
    let (done, refused) = if one.0.is_success() {
        (one, two)
    } else {
        (two, one)
    };
    assert_eq!((done.0, elsewhere.0), (StatusCode::OK, StatusCode::OK));
    assert_eq!(
        (refused.0, error(&refused.1).0),
        (StatusCode::CONFLICT, "Directory_ConcurrencyViolation")
    );
    assert_eq!(post(&facts.owned_application_id).await.0, StatusCode::OK);
    assert_eq!(tenant.emulator.ledger().app_passwords.len(), 3);
}
