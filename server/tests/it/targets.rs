//! Targets: made, read, listed, changed, tried and removed; and their credentials, which never come back.

use emulator::Fault;
use serde_json::{Value, json};

use crate::harness::TestServer;
use crate::scene::{NOBODY, column, with};

#[tokio::test]
async fn a_target_is_made_and_read() {
    let server = TestServer::start().await;
    let arguments = server.target_arguments("contoso");
    let made = server.ok("targets/create", arguments.clone()).await;
    assert_eq!(made["name"], "contoso");
    assert_eq!(made["cloud"], arguments["cloud"]);
    assert_eq!(made["tenant_id"], arguments["tenant_id"]);
    assert_eq!(
        made["auth"],
        json!({"client_secret": {"client_id": server.emulator.tenant().client_id}})
    );
    assert_eq!(made["items"], 0);
    assert_eq!(server.ok("targets/get", json!({"name": "contoso"})).await, made);
    server
        .refused("targets/create", arguments, 409, Some("name"))
        .await;
    server
        .refused("targets/get", json!({"name": "nobody"}), 404, None)
        .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_new_target_is_named() {
    let server = TestServer::start().await;
    let good = server.target_arguments("contoso");
    let own = server.emulator.tenant().client_id.clone();
    let secret = |client_id: &str, value: &str| json!({"client_secret": {"client_id": client_id, "client_secret": value}});
    let cloud = |authority: &str, graph: &str| json!({"custom": {"authority": authority, "graph": graph}});
    let local = server.emulator.url();
    for (key, value, field) in [
        ("name", json!("two words"), "name"),
        ("name", Value::Null, "name"),
        ("tenant_id", json!(""), "tenant_id"),
        ("tenant_id", Value::Null, "tenant_id"),
        ("cloud", Value::Null, "cloud"),
        ("cloud", json!("mars"), "cloud"),
        (
            "cloud",
            cloud("http://login.example", local),
            "cloud.custom.authority",
        ),
        ("cloud", cloud(local, "ftp://graph.example"), "cloud.custom.graph"),
        ("auth", Value::Null, "auth"),
        ("auth", json!({"password": {}}), "auth"),
        ("auth", secret("broker", "value"), "auth.client_secret.client_id"),
        ("auth", secret(&own, " "), "auth.client_secret.client_secret"),
        ("auth", secret(&own, NOBODY), "auth.client_secret.client_secret"),
        (
            "auth",
            json!({"client_secret": {"client_id": own}}),
            "auth.client_secret.client_secret",
        ),
        (
            "auth",
            json!({"client_secret": {"client_id": own, "client_secret": "value", "more": 1}}),
            "auth.client_secret.more",
        ),
        ("colour", json!("blue"), "colour"),
    ] {
        server
            .refused("targets/create", with(&good, key, value), 422, Some(field))
            .await;
    }
    assert_eq!(server.ok("targets/list", json!({})).await["items"], json!([]));
}

#[tokio::test]
async fn targets_are_listed_in_pieces_by_name() {
    let server = TestServer::start().await;
    for name in ["beta", "alpha", "gamma"] {
        server.ok("targets/create", server.target_arguments(name)).await;
    }
    let first = server.ok("targets/list", json!({"limit": 2})).await;
    assert_eq!(column(&first, "name"), ["alpha", "beta"]);
    let rest = json!({"limit": 2, "after": first["next"]});
    let second = server.ok("targets/list", rest).await;
    assert_eq!(
        (column(&second, "name"), &second["next"]),
        (vec!["gamma"], &Value::Null)
    );
    for (arguments, field) in [
        (json!({"limit": 0}), "limit"),
        (json!({"limit": 1001}), "limit"),
        (json!({"limit": -1}), "limit"),
        (json!({"after": "no cursor at all"}), "after"),
    ] {
        server.refused("targets/list", arguments, 422, Some(field)).await;
    }
    server.ok("targets/list", json!({"limit": 1000})).await;
}

#[tokio::test]
async fn an_update_changes_only_what_is_given() {
    let server = TestServer::with_target().await;
    let before = server.ok("targets/get", json!({"name": "contoso"})).await;
    let domain = server.emulator.tenant().domain.clone();
    let changes = json!({"name": "contoso", "tenant_id": domain});
    let after = server.ok("targets/update", changes).await;
    assert_eq!(after["tenant_id"], json!(domain));
    for key in ["id", "cloud", "auth", "credential_set_at", "created_at"] {
        assert_eq!(after[key], before[key], "{key}");
    }
    for (arguments, status, field) in [
        (json!({"name": "nobody", "tenant_id": domain}), 404, None),
        (json!({"tenant_id": domain}), 422, Some("name")),
        (
            json!({"name": "contoso", "cloud": {"custom": {"authority": "http://login.example", "graph": "https://graph.example"}}}),
            422,
            Some("cloud.custom.authority"),
        ),
        (
            json!({"name": "contoso", "auth": {"client_secret": {"client_id": "x", "client_secret": "y"}}}),
            422,
            Some("auth.client_secret.client_id"),
        ),
    ] {
        server.refused("targets/update", arguments, status, field).await;
    }
    assert_eq!(server.ok("targets/get", json!({"name": "contoso"})).await, after);
}

#[tokio::test]
async fn a_test_tells_what_works_and_what_is_missing() {
    let server = TestServer::with_target().await;
    let all_ok = |test: &Value| {
        let checks = test["checks"].as_array().unwrap();
        !checks.is_empty() && checks.iter().all(|check| check["ok"] == true)
    };
    let held = |test: &Value, name: &str| {
        let rows = test["permissions"].as_array().unwrap();
        let row = rows.iter().find(|row| row["permission"] == name).unwrap();
        assert!(
            row["command"].is_string() && row["needed_for"].is_string(),
            "{row}"
        );
        row["held"] == true
    };
    let test = server.ok("targets/test", json!({"name": "contoso"})).await;
    assert!(all_ok(&test) && held(&test, "User.ReadWrite.All"), "{test}");

    // A permission that was taken away shows at once, though the old token would still hold it.
    let client_id = &server.emulator.tenant().client_id;
    server
        .emulator
        .grant(client_id, &["Application.ReadWrite.OwnedBy"]);
    let test = server.ok("targets/test", json!({"name": "contoso"})).await;
    assert!(held(&test, "Application.ReadWrite.OwnedBy") && !held(&test, "User.ReadWrite.All"));

    let wrong = json!({"client_secret": {"client_id": client_id, "client_secret": "no-longer-right"}});
    server
        .ok("targets/update", json!({"name": "contoso", "auth": wrong}))
        .await;
    let test = server.ok("targets/test", json!({"name": "contoso"})).await;
    assert!(!all_ok(&test), "{test}");
    assert_eq!(test["checks"][0]["name"], "Token");
    assert!(!test.to_string().contains("no-longer-right"));

    server
        .refused("targets/test", json!({"name": "nobody"}), 404, None)
        .await;
}

#[tokio::test]
async fn a_test_of_a_tenant_that_does_not_answer_says_so() {
    let server = TestServer::with_target().await;
    server.emulator.fault(Fault::drop_before().times(1000));
    let test = server.ok("targets/test", json!({"name": "contoso"})).await;
    assert_eq!(
        (&test["checks"][0]["ok"], &test["permissions"]),
        (&json!(false), &json!([]))
    );
}

#[tokio::test]
async fn a_target_goes_when_nothing_needs_it() {
    let server = TestServer::with_item("/ci/deploy").await;
    let contoso = || json!({"name": "contoso"});
    assert_eq!(server.ok("targets/get", contoso()).await["items"], 1);
    let error = server.refused("targets/delete", contoso(), 409, None).await;
    assert_eq!(error["reason"], "has_items");
    assert!(error["message"].as_str().unwrap().contains("/ci/deploy"));

    // The item moves on, but only the old target can take its lease back.
    let lease = server.lease("/ci/deploy").await;
    server
        .ok("targets/create", server.target_arguments("second"))
        .await;
    server
        .ok(
            "secrets/update",
            json!({"path": "/ci/deploy", "target": "second"}),
        )
        .await;
    let error = server.refused("targets/delete", contoso(), 409, None).await;
    assert_eq!(error["reason"], "has_live_leases");
    server
        .ok("leases/revoke", json!({"lease": lease["lease"]["id"]}))
        .await;
    let deletion = server.ok("targets/delete", contoso()).await;
    assert_eq!(deletion["state"], "deleted");
    server.refused("targets/delete", contoso(), 404, None).await;
    server.refused("targets/get", contoso(), 404, None).await;
}

#[tokio::test]
async fn no_call_returns_a_credential() {
    let server = TestServer::start().await;
    let secret = server.emulator.tenant().client_secret.clone();
    let good = server.target_arguments("contoso");
    let name = || json!({"name": "contoso"});
    for (call, arguments) in [
        ("targets/create", good.clone()),
        ("targets/create", good.clone()),
        // The credential stands in a request that is refused: the refusal does not quote it.
        ("targets/create", with(&good, "tenant_id", json!(""))),
        ("targets/create", with(&good, "unknown", json!(1))),
        (
            "targets/create",
            with(&good, "auth", json!({"client_secret": secret})),
        ),
        ("targets/create", with(&good, "auth", json!(secret))),
        ("targets/update", json!({"name": "contoso", "auth": good["auth"]})),
        ("targets/get", name()),
        ("targets/list", json!({})),
        ("targets/test", name()),
        ("targets/delete", name()),
    ] {
        let (status, body) = server.call(call, arguments).await;
        assert!(
            !body.to_string().contains(&secret),
            "{call} {status}: the answer holds it"
        );
    }
}
