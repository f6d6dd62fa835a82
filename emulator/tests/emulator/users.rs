//! Creating, changing, deleting users.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{PASSWORD, Tenant, error, id_of, user};

#[tokio::test]
async fn a_created_user_shows_its_default_properties_and_can_sign_in() {
    let tenant = Tenant::start().await;
    let (status, body) = tenant.post("/users", user("lease-1")).await;
    assert_eq!(status, StatusCode::CREATED);
    let mut names: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "@odata.context",
            "businessPhones",
            "displayName",
            "givenName",
            "id",
            "jobTitle",
            "mail",
            "mobilePhone",
            "officeLocation",
            "preferredLanguage",
            "surname",
            "userPrincipalName"
        ]
    );
    assert_eq!(tenant.emulator.sign_in("lease-1@contoso.com", PASSWORD), Ok(()));
    assert_eq!(tenant.emulator.ledger().users[0].id, id_of(&body));
}

#[tokio::test]
async fn creates_that_entra_refuses_are_refused() {
    let tenant = Tenant::start().await;
    let taken = tenant.facts().user_principal_name.clone();
    let complexity = "The specified password does not comply with password complexity requirements. Please provide a \
                      different password.";
    let domain = "The domain portion of the userPrincipalName property is invalid. You must use one of the verified \
                  domain names in your organization.";
    let cases = [
        (
            "userPrincipalName",
            json!(taken.to_uppercase()),
            "Another object with the same value for property userPrincipalName already exists.",
        ),
        ("userPrincipalName", json!("a@unverified.example"), domain),
        ("userPrincipalName", json!("a@elsewhere.example"), domain),
        (
            "userPrincipalName",
            json!("a b@contoso.com"),
            "Property userPrincipalName is invalid.",
        ),
        (
            "userPrincipalName",
            json!("a@corp.contoso.com"),
            "Property onPremisesImmutableId is required for a user of a federated domain.",
        ),
        ("passwordProfile", json!({"password": "weak"}), complexity),
        (
            "passwordProfile",
            json!({"password": "Lease-2-Lease-2"}),
            complexity,
        ),
        ("passwordProfile", json!({}), complexity),
        (
            "userPrincipleName",
            json!("x"),
            "Invalid property 'userPrincipleName'.",
        ),
        (
            "accountEnabled",
            json!("yes"),
            "Invalid value specified for property 'accountEnabled' of resource 'User'.",
        ),
        (
            "mailNickname",
            json!("a@b"),
            "Invalid value specified for property 'mailNickname' of resource 'User'.",
        ),
        (
            "displayName",
            Value::Null,
            "Invalid value specified for property 'displayName' of resource 'User'.",
        ),
    ];
    for (name, value, message) in cases {
        let mut body = user("lease-2");
        body[name] = value;
        let (status, answer) = tenant.post("/users", body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(error(&answer), ("Request_BadRequest", message));
    }
    for missing in [
        "accountEnabled",
        "displayName",
        "mailNickname",
        "userPrincipalName",
        "passwordProfile",
    ] {
        let mut body = user("lease-2");
        body.as_object_mut().unwrap().remove(missing);
        let (status, answer) = tenant.post("/users", body).await;
        assert_eq!(
            (status, &answer["error"]["details"][0]["target"]),
            (StatusCode::BAD_REQUEST, &json!(missing))
        );
    }
    assert!(tenant.emulator.ledger().is_empty());
}

#[tokio::test]
async fn a_user_is_found_by_id_and_by_sign_in_name() {
    let tenant = Tenant::start().await;
    let facts = tenant.facts();
    let (_, by_id) = tenant
        .get(&format!("/users/{}?$select=id,accountEnabled", facts.user_id))
        .await;
    let (_, by_name) = tenant.get(&format!("/users/{}", facts.user_principal_name)).await;
    assert_eq!(by_id["id"], by_name["id"]);
    assert_eq!(
        (
            by_id["accountEnabled"].is_boolean(),
            by_name.get("accountEnabled")
        ),
        (true, None)
    );
    let (status, body) = tenant.get("/users/nobody@contoso.com").await;
    assert_eq!(
        (status, error(&body).0),
        (StatusCode::NOT_FOUND, "Request_ResourceNotFound")
    );
}

#[tokio::test]
async fn a_user_is_changed_disabled_and_given_a_new_password() {
    let tenant = Tenant::start().await;
    let path = format!("/users/{}", tenant.new_user("lease-3").await);
    let change =
        json!({"employeeType": "lease", "onPremisesExtensionAttributes": {"extensionAttribute1": "a"}});
    assert_eq!(tenant.patch(&path, change).await.0, StatusCode::NO_CONTENT);
    let second = json!({"onPremisesExtensionAttributes": {"extensionAttribute2": "b"}});
    assert_eq!(tenant.patch(&path, second).await.0, StatusCode::NO_CONTENT);
    let (_, body) = tenant
        .get(&format!(
            "{path}?$select=employeeType,onPremisesExtensionAttributes"
        ))
        .await;
    assert_eq!(body["employeeType"], json!("lease"));
    assert_eq!(
        body["onPremisesExtensionAttributes"],
        json!({"extensionAttribute1": "a", "extensionAttribute2": "b"})
    );

    let password =
        json!({"passwordProfile": {"password": "zR4&nother-One", "forceChangePasswordNextSignIn": false}});
    assert_eq!(tenant.patch(&path, password).await.0, StatusCode::NO_CONTENT);
    assert_eq!(
        tenant.emulator.sign_in("lease-3@contoso.com", PASSWORD),
        Err(50126)
    );
    assert_eq!(
        tenant.emulator.sign_in("lease-3@contoso.com", "zR4&nother-One"),
        Ok(())
    );
    let forced = json!({"passwordProfile": {"password": "zR4&nother-Two"}});
    assert_eq!(tenant.patch(&path, forced).await.0, StatusCode::NO_CONTENT);
    assert_eq!(
        tenant.emulator.sign_in("lease-3@contoso.com", "zR4&nother-Two"),
        Err(50055)
    );
    assert_eq!(
        tenant.patch(&path, json!({"accountEnabled": false})).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        tenant.emulator.sign_in("lease-3@contoso.com", "zR4&nother-Two"),
        Err(50057)
    );
}

#[tokio::test]
async fn changes_that_entra_refuses_are_refused() {
    let tenant = Tenant::start().await;
    let facts = tenant.facts();
    let password = json!({"passwordProfile": {"password": PASSWORD}});
    let synced = format!("/users/{}", facts.synced_user_id);
    for change in [password.clone(), json!({"department": "IT"})] {
        let (status, body) = tenant.patch(&synced, change).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(error(&body).1.contains("on-premises mastered"), "{body}");
    }
    let ordinary = format!("/users/{}", facts.user_id);
    for change in [
        json!({"id": "x"}),
        json!({"shoeSize": 1}),
        json!({"displayName": null}),
        json!({}),
    ] {
        assert_eq!(tenant.patch(&ordinary, change).await.0, StatusCode::BAD_REQUEST);
    }
    assert_eq!(
        tenant.patch("/users/nobody", password).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn sessions_are_revoked() {
    let tenant = Tenant::start().await;
    let path = format!("/users/{}", tenant.facts().user_id);
    let (status, body) = tenant
        .post(&format!("{path}/revokeSignInSessions"), json!({}))
        .await;
    assert_eq!((status, &body["value"]), (StatusCode::OK, &json!(true)));
    let (_, body) = tenant
        .get(&format!("{path}?$select=signInSessionsValidFromDateTime"))
        .await;
    assert_eq!(
        body["signInSessionsValidFromDateTime"],
        json!("2026-11-21T00:00:00Z")
    );
}

#[tokio::test]
async fn a_deleted_user_is_gone_and_its_name_is_free() {
    let tenant = Tenant::start().await;
    let path = format!("/users/{}", tenant.new_user("lease-4").await);
    assert_eq!(tenant.delete(&path).await.0, StatusCode::NO_CONTENT);
    assert_eq!(tenant.delete(&path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(
        tenant.emulator.sign_in("lease-4@contoso.com", PASSWORD),
        Err(50034)
    );
    tenant.new_user("lease-4").await;
}

#[tokio::test]
async fn administrators_are_out_of_reach_of_user_permissions() {
    let tenant = Tenant::start().await;
    let admin = format!("/users/{}", tenant.facts().admin_user_id);
    let password = json!({"passwordProfile": {"password": PASSWORD}});
    assert_eq!(tenant.delete(&admin).await.0, StatusCode::FORBIDDEN);
    assert_eq!(
        tenant.patch(&admin, password.clone()).await.0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        tenant.patch(&admin, json!({"accountEnabled": false})).await.0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        tenant.patch(&admin, json!({"department": "IT"})).await.0,
        StatusCode::NO_CONTENT
    );

    let lease = tenant.new_user("lease-5").await;
    let (_, assignment) = tenant.assign(&lease, "Application Administrator").await;
    assert_eq!(
        tenant.delete(&format!("/users/{lease}")).await.0,
        StatusCode::FORBIDDEN
    );
    let assignment = format!("/roleManagement/directory/roleAssignments/{}", id_of(&assignment));
    assert_eq!(tenant.delete(&assignment).await.0, StatusCode::NO_CONTENT);
    assert_eq!(
        tenant.delete(&format!("/users/{lease}")).await.0,
        StatusCode::NO_CONTENT
    );

    // With the role for it, the broker reaches administrators too.
    tenant
        .assign(
            &tenant.facts().broker_object_id,
            "Privileged Authentication Administrator",
        )
        .await;
    assert_eq!(tenant.patch(&admin, password).await.0, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn members_of_role_assignable_groups_are_out_of_reach_and_holders_of_modest_roles_are_not() {
    let tenant = Tenant::start().await;
    let (modest, member) = (tenant.new_user("lease-6").await, tenant.new_user("lease-7").await);
    tenant.assign(&modest, "Directory Readers").await;
    tenant
        .join(&tenant.facts().role_assignable_group_id, &member)
        .await;
    assert_eq!(
        tenant.delete(&format!("/users/{modest}")).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        tenant.delete(&format!("/users/{member}")).await.0,
        StatusCode::FORBIDDEN
    );
}
