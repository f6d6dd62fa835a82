//! Groups and roles for a user who exists, over HTTP.

use serde_json::{Value, json};

use crate::harness::TestServer;
use crate::scene::{NOBODY, with};

async fn with_item() -> (TestServer, Value) {
    let server = TestServer::with_target().await;
    let arguments = server.user_grants_arguments("/people/help");
    server.ok("secrets/create", arguments).await;
    let username = json!(server.emulator.tenant().user_principal_name);
    (server, json!({"secret": "/people/help", "username": username}))
}

#[tokio::test]
async fn a_user_gets_a_group_and_a_role_and_no_secret_is_issued() {
    let (server, generate) = with_item().await;
    let tenant = server.emulator.tenant().clone();
    let body = server.ok("leases/generate", generate.clone()).await;
    let group = json!({"id": tenant.security_group_id, "name": "Platform Engineers", "had_before": false});
    let role = json!({"id": tenant.roles["Reports Reader"], "name": "Reports Reader", "had_before": false});
    assert_eq!(
        body["issued"],
        json!({
            "user_principal_name": tenant.user_principal_name, "object_id": tenant.user_id,
            "groups": [group], "roles": [role],
        })
    );
    let lease = &body["lease"];
    assert_eq!(
        (&lease["kind"], &lease["identity"], &lease["entra_ends_at"]),
        (
            &json!("user_grants"),
            &json!(tenant.user_principal_name),
            &Value::Null
        )
    );
    // A second lease shares with the first, and the last one out removes.
    let second = server.ok("leases/generate", generate).await["lease"].take();
    let ledger = server.emulator.ledger();
    assert_eq!((ledger.memberships.len(), ledger.role_assignments.len()), (1, 1));
    let ended = server.ok("leases/revoke", json!({"lease": lease["id"]})).await;
    assert_eq!(ended["state"], "revoked");
    assert_eq!(server.emulator.ledger(), ledger);
    let detail = server.ok("leases/get", json!({"lease": second["id"]})).await;
    for grant in detail["grants"].as_array().unwrap() {
        assert_eq!(
            (&grant["state"], &grant["had_before"]),
            (&json!("applied"), &json!(false))
        );
    }
    let ended = server.ok("leases/revoke", json!({"lease": second["id"]})).await;
    assert_eq!(ended["state"], "revoked");
    assert!(server.emulator.ledger().is_empty());
}

#[tokio::test]
async fn what_is_wrong_with_the_user_is_named_and_changes_nothing() {
    let (server, generate) = with_item().await;
    for username in [
        Value::Null,
        json!(""),
        json!("nobody@contoso.com"),
        json!(NOBODY),
        json!(7),
    ] {
        server
            .refused(
                "leases/generate",
                with(&generate, "username", username),
                422,
                Some("username"),
            )
            .await;
    }
    server
        .ok("secrets/create", server.app_secret_arguments("/ci/deploy"))
        .await;
    let other = json!({"secret": "/ci/deploy", "username": "ana@contoso.com"});
    server
        .refused("leases/generate", other, 422, Some("username"))
        .await;
    assert!(server.emulator.ledger().is_empty());
}

#[tokio::test]
async fn an_item_for_the_callers_own_user_needs_a_sign_in_that_says_who() {
    let server = TestServer::with_target().await;
    let mut arguments = server.user_grants_arguments("/people/me");
    arguments["spec"]["user_grants"]["claim"] = json!("preferred_username");
    let item = server.ok("secrets/create", arguments).await;
    assert_eq!(item["spec"]["user_grants"]["claim"], "preferred_username");
    let (status, body) = server
        .call("leases/generate", json!({"secret": "/people/me"}))
        .await;
    assert_eq!(
        (status.as_u16(), &body["error"]["code"]),
        (403, &json!("forbidden"))
    );
    assert_eq!(body["error"]["reason"], "no_such_claim");
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.contains("preferred_username"), "{message}");
    let named = json!({"secret": "/people/me", "username": server.emulator.tenant().user_principal_name});
    server
        .refused("leases/generate", named, 422, Some("username"))
        .await;
}

#[tokio::test]
async fn an_item_that_gives_nothing_or_what_cannot_be_given_is_refused() {
    let server = TestServer::with_target().await;
    let good = server.user_grants_arguments("/people/help");
    let tenant = server.emulator.tenant();
    for (spec, field) in [
        (json!({}), "spec.user_grants.groups"),
        (json!({"groups": [], "roles": []}), "spec.user_grants.groups"),
        (json!({"groups": ["x"]}), "spec.user_grants.groups[0]"),
        (json!({"groups": [NOBODY]}), "spec.user_grants.groups[0]"),
        (
            json!({"groups": [tenant.dynamic_group_id]}),
            "spec.user_grants.groups[0]",
        ),
        (json!({"roles": [NOBODY]}), "spec.user_grants.roles[0]"),
        (
            json!({"roles": [tenant.roles["Reports Reader"]], "claim": "two words"}),
            "spec.user_grants.claim",
        ),
    ] {
        let arguments = with(&good, "spec", json!({"user_grants": spec}));
        server
            .refused("secrets/create", arguments, 422, Some(field))
            .await;
    }
}
