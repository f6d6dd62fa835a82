//! Items: made with checks in Entra or without, read, listed, changed and removed.

use emulator::Fault;
use serde_json::{Value, json};

use crate::harness::TestServer;
use crate::scene::{NOBODY, column, with};

fn app(object_id: &str) -> Value {
    json!({"app_secret": {"application_object_id": object_id}})
}

#[tokio::test]
async fn an_item_is_made_and_read() {
    let server = TestServer::with_target().await;
    let arguments = with(&server.app_secret_arguments("/ci/deploy"), "tags", json!(["ci"]));
    let made = server.ok("secrets/create", arguments.clone()).await;
    assert_eq!(
        (&made["path"], &made["kind"], &made["target"], &made["spec"]),
        (
            &json!("/ci/deploy"),
            &json!("app_secret"),
            &json!("contoso"),
            &arguments["spec"]
        )
    );
    // Durations come in as text and go out as seconds.
    assert_eq!(
        (&made["default_ttl"], &made["max_ttl"]),
        (&json!(600), &json!(3600))
    );
    assert_eq!((&made["tags"], &made["live_leases"]), (&json!(["ci"]), &json!(0)));
    assert!(made["id"].as_str().unwrap().starts_with("sec_"));
    // The check has looked up what people call the application.
    let id = &server.emulator.tenant().owned_application_id;
    assert_eq!(made["names"][id], "Payments API");
    assert_eq!(
        server.ok("secrets/get", json!({"path": "/ci/deploy"})).await,
        made
    );
    server
        .refused("secrets/create", arguments, 409, Some("path"))
        .await;
    server
        .refused("secrets/get", json!({"path": "/ci"}), 404, None)
        .await;

    let arguments = server.portal_user_arguments("/people/help");
    let made = server.ok("secrets/create", arguments).await;
    assert_eq!(made["kind"], "portal_user");
    let tenant = server.emulator.tenant();
    assert_eq!(made["names"][&tenant.security_group_id], "Platform Engineers");
    assert_eq!(made["names"][&tenant.roles["Reports Reader"]], "Reports Reader");
}

#[tokio::test]
async fn what_is_wrong_with_a_new_item_is_named() {
    let server = TestServer::with_target().await;
    let good = server.app_secret_arguments("/ci/deploy");
    let tenant = server.emulator.tenant();
    let application = "spec.app_secret.application_object_id";
    for (key, value, field) in [
        ("path", json!("ci/deploy"), "path"),
        ("path", json!("/ci//deploy"), "path"),
        ("path", json!("/"), "path"),
        ("path", json!("/ci/two words"), "path"),
        ("path", Value::Null, "path"),
        ("target", json!("nobody"), "target"),
        ("target", Value::Null, "target"),
        ("spec", Value::Null, "spec"),
        ("spec", json!({"nonsense": {}}), "spec"),
        ("spec", json!({"app_secret": {}}), application),
        ("spec", app("payments"), application),
        ("spec", app(NOBODY), application),
        // The client id is a GUID too, and the mistake that people make.
        ("spec", app(&tenant.owned_application_client_id), application),
        ("spec", app(&tenant.broker_application_id), application),
        ("default_ttl", json!("2h"), "default_ttl"),
        ("default_ttl", json!("soon"), "default_ttl"),
        ("default_ttl", json!(59), "default_ttl"),
        ("default_ttl", Value::Null, "default_ttl"),
        ("max_ttl", json!("366d"), "max_ttl"),
        ("max_ttl", Value::Null, "max_ttl"),
        ("description", json!("x".repeat(501)), "description"),
        ("tags", json!(["ok", " "]), "tags[1]"),
        ("tags", json!(vec!["tag"; 21]), "tags"),
        ("delete_protection", json!("yes"), "delete_protection"),
        ("colour", json!("blue"), "colour"),
    ] {
        server
            .refused("secrets/create", with(&good, key, value), 422, Some(field))
            .await;
    }
    assert_eq!(server.ok("secrets/list", json!({})).await["items"], json!([]));
}

#[tokio::test]
async fn what_is_wrong_with_a_portal_user_is_named() {
    let server = TestServer::with_target().await;
    let good = server.portal_user_arguments("/people/help");
    let tenant = server.emulator.tenant();
    let group = &tenant.security_group_id;
    for (key, value, field) in [
        ("domain", json!("elsewhere.example"), "domain"),
        ("domain", json!(tenant.unverified_domain), "domain"),
        ("domain", json!(tenant.federated_domain), "domain"),
        ("domain", Value::Null, "domain"),
        ("groups", json!([tenant.dynamic_group_id]), "groups[0]"),
        ("groups", json!([group, tenant.synced_group_id]), "groups[1]"),
        ("groups", json!([group, NOBODY]), "groups[1]"),
        ("groups", json!([group, group]), "groups[1]"),
        ("groups", json!(["engineers"]), "groups[0]"),
        ("groups", json!([group, 2]), "groups[1]"),
        ("roles", json!([NOBODY]), "roles[0]"),
        ("roles", json!(["Reports Reader"]), "roles[0]"),
        ("password_length", json!(7), "password_length"),
        ("colour", json!("blue"), "colour"),
    ] {
        let spec = json!({"portal_user": with(&good["spec"]["portal_user"], key, value)});
        let field = format!("spec.portal_user.{field}");
        server
            .refused("secrets/create", with(&good, "spec", spec), 422, Some(&field))
            .await;
    }
}

#[tokio::test]
async fn where_entra_can_not_be_asked_nothing_is_saved() {
    let server = TestServer::with_target().await;
    let good = server.app_secret_arguments("/ci/deploy");
    for fault in [Fault::drop_before(), Fault::status(503)] {
        server.emulator.fault(fault.times(1000));
        server.refused("secrets/create", good.clone(), 503, None).await;
        server
            .refused("secrets/get", json!({"path": "/ci/deploy"}), 404, None)
            .await;
        server.emulator.clear_faults();
    }
    server.emulator.fault(Fault::drop_before().times(1000));
    let unseen = with(&good, "skip_checks", json!(true));
    let made = server.ok("secrets/create", unseen).await;
    assert_eq!(made["names"], json!({}));
    // What needs no look into Entra can be changed meanwhile, what does can not.
    server
        .ok(
            "secrets/update",
            json!({"path": "/ci/deploy", "description": "x"}),
        )
        .await;
    let spec = json!({"path": "/ci/deploy", "spec": good["spec"]});
    server.refused("secrets/update", spec, 503, None).await;
}

#[tokio::test]
async fn what_is_saved_unseen_is_still_not_issued_against_the_rules() {
    let server = TestServer::with_target().await;
    let own = app(&server.emulator.tenant().broker_application_id);
    let unseen = with(
        &server.app_secret_arguments("/ci/own"),
        "skip_checks",
        json!(true),
    );
    server.ok("secrets/create", with(&unseen, "spec", own)).await;
    let field = "spec.app_secret.application_object_id";
    server
        .refused("leases/generate", json!({"secret": "/ci/own"}), 422, Some(field))
        .await;
    assert!(server.emulator.ledger().is_empty());
}

#[tokio::test]
async fn items_are_listed_by_path_and_filtered() {
    let server = TestServer::with_target().await;
    server
        .ok("targets/create", server.target_arguments("second"))
        .await;
    for path in ["/ci/deploy", "/ci/nightly/report", "/cinema"] {
        server
            .ok("secrets/create", server.app_secret_arguments(path))
            .await;
    }
    let user = with(
        &server.portal_user_arguments("/people/help"),
        "target",
        json!("second"),
    );
    server
        .ok("secrets/create", with(&user, "description", json!("Help desk")))
        .await;
    for (filter, expected) in [
        (
            json!({}),
            vec!["/ci/deploy", "/ci/nightly/report", "/cinema", "/people/help"],
        ),
        (json!({"folder": "/ci"}), vec!["/ci/deploy", "/ci/nightly/report"]),
        (
            json!({"folder": "/ci/"}),
            vec!["/ci/deploy", "/ci/nightly/report"],
        ),
        (json!({"folder": "/nothing"}), vec![]),
        (json!({"query": "NIGHT"}), vec!["/ci/nightly/report"]),
        (json!({"query": "desk"}), vec!["/people/help"]),
        (json!({"query": "%"}), vec![]),
        (json!({"kind": "portal_user"}), vec!["/people/help"]),
        (json!({"target": "second"}), vec!["/people/help"]),
        (json!({"target": "second", "kind": "app_secret"}), vec![]),
    ] {
        let list = server.ok("secrets/list", filter.clone()).await;
        assert_eq!(column(&list, "path"), expected, "{filter}");
    }
    let first = server.ok("secrets/list", json!({"limit": 3})).await;
    let rest = json!({"limit": 3, "after": first["next"]});
    let rest = server.ok("secrets/list", rest).await;
    assert_eq!(
        (column(&rest, "path"), &rest["next"]),
        (vec!["/people/help"], &Value::Null)
    );
    for (key, value) in [
        ("limit", json!(0)),
        ("limit", json!(1001)),
        ("after", json!("nonsense")),
        ("kind", json!("nonsense")),
        ("folder", json!("ci")),
        ("target", json!("two words")),
    ] {
        let arguments = with(&json!({}), key, value);
        server.refused("secrets/list", arguments, 422, Some(key)).await;
    }
    let folders = server.ok("secrets/folders", json!({})).await;
    let paths = column(&folders, "path");
    for path in ["/ci", "/ci/nightly", "/people"] {
        assert!(paths.contains(&path), "{folders}");
    }
}

#[tokio::test]
async fn an_update_changes_only_what_is_given() {
    let server = TestServer::with_item("/ci/deploy").await;
    let before = server.ok("secrets/get", json!({"path": "/ci/deploy"})).await;
    let changes = json!({"path": "/ci/deploy", "max_ttl": "2h", "description": "Deploys"});
    let after = server.ok("secrets/update", changes).await;
    assert_eq!(
        (&after["max_ttl"], &after["description"]),
        (&json!(7200), &json!("Deploys"))
    );
    for key in [
        "id",
        "spec",
        "target",
        "default_ttl",
        "names",
        "tags",
        "created_at",
    ] {
        assert_eq!(after[key], before[key], "{key}");
    }
    let dynamic = &server.emulator.tenant().dynamic_group_id;
    let domain = &server.emulator.tenant().domain;
    for (change, status, field) in [
        (json!({"path": "/nobody", "description": "x"}), 404, None),
        (json!({"description": "x"}), 422, Some("path")),
        (
            json!({"path": "/ci/deploy", "max_ttl": "5m"}),
            422,
            Some("default_ttl"),
        ),
        (
            json!({"path": "/ci/deploy", "target": "nobody"}),
            422,
            Some("target"),
        ),
        (
            json!({"path": "/ci/deploy", "colour": "blue"}),
            422,
            Some("colour"),
        ),
        (
            json!({"path": "/ci/deploy", "spec": {"portal_user": {"domain": domain, "groups": [dynamic]}}}),
            422,
            Some("spec.portal_user.groups[0]"),
        ),
    ] {
        server.refused("secrets/update", change, status, field).await;
    }
    assert_eq!(
        server.ok("secrets/get", json!({"path": "/ci/deploy"})).await,
        after
    );
}
