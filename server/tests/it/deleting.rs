//! Items, folders and targets removed: refused while protected or in use, or gone with their last lease.

use std::time::Duration;

use emulator::Fault;
use serde_json::{Value, json};

use crate::harness::TestServer;
use crate::scene::{column, with};

/// Nothing can be taken back from now on.
fn outage(server: &TestServer) {
    server
        .emulator
        .fault(Fault::status(503).on("POST", "removePassword").times(100_000));
}

/// The answer of a call once the thing that it asks for is gone, which nobody asks for again.
async fn gone(server: &TestServer, call: &str, arguments: &Value) {
    for _ in 0..400 {
        if server.call(call, arguments.clone()).await.0 == 404 {
            return;
        }
        server.emulator.clock().advance(Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("it stays: {call} {arguments}");
}

fn done() -> Value {
    json!({"state": "deleted", "items_left": 0, "leases_left": 0, "needs_attention": 0, "last_error": null})
}

#[tokio::test]
async fn a_protected_item_stays() {
    let server = TestServer::with_item("/ci/deploy").await;
    let protect = |on: bool| json!({"path": "/ci/deploy", "delete_protection": on});
    let delete = || json!({"path": "/ci/deploy", "revoke_leases": true});
    let lease = server.lease("/ci/deploy").await;
    server.ok("secrets/update", protect(true)).await;
    let error = server.refused("secrets/delete", delete(), 409, None).await;
    assert_eq!(error["reason"], "protected");
    let folder = json!({"folder": "/ci", "revoke_leases": true});
    let error = server.refused("secrets/delete-folder", folder, 409, None).await;
    assert_eq!(error["reason"], "protected");
    assert!(error["message"].as_str().unwrap().contains("/ci/deploy"));
    // Protection comes first: the leases of an item that stays are not revoked on the way.
    let lease = server
        .ok("leases/get", json!({"lease": lease["lease"]["id"]}))
        .await;
    assert_eq!(lease["state"], "active");
    server.ok("secrets/update", protect(false)).await;
    assert_eq!(server.ok("secrets/delete", delete()).await, done());
    assert!(server.emulator.ledger().is_empty());
    server.refused("secrets/delete", delete(), 404, None).await;
}

#[tokio::test]
async fn an_item_with_live_leases_stays_unless_they_go_first() {
    let server = TestServer::with_item("/ci/deploy").await;
    let id = server.lease("/ci/deploy").await["lease"]["id"].clone();
    let path = json!({"path": "/ci/deploy"});
    assert_eq!(server.ok("secrets/get", path.clone()).await["live_leases"], 1);
    let error = server.refused("secrets/delete", path.clone(), 409, None).await;
    assert_eq!(error["reason"], "has_live_leases");
    server
        .ok("secrets/delete", with(&path, "revoke_leases", json!(true)))
        .await;
    server.refused("secrets/get", path, 404, None).await;
    // The lease's story outlives its item.
    let lease = server.ok("leases/get", json!({"lease": id})).await;
    assert_eq!(lease["state"], "revoked");
    assert!(server.emulator.ledger().is_empty());
}

#[tokio::test]
async fn an_item_that_entra_keeps_busy_is_202_and_goes_by_itself() {
    let server = TestServer::with_item("/ci/deploy").await;
    let id = server.lease("/ci/deploy").await["lease"]["id"].clone();
    outage(&server);
    let path = json!({"path": "/ci/deploy"});
    let delete = with(&with(&path, "revoke_leases", json!(true)), "wait", json!(false));
    let (status, body) = server.call("secrets/delete", delete.clone()).await;
    assert_eq!(
        (
            status.as_u16(),
            &body["state"],
            &body["items_left"],
            &body["leases_left"]
        ),
        (202, &json!("deleting"), &json!(1), &json!(1)),
        "{body}"
    );
    server
        .lease_when(&id, |lease| !lease["last_error"].is_null())
        .await;
    // The same again, with the reason why it is not gone yet.
    let (status, body) = server.call("secrets/delete", delete).await;
    assert_eq!((status.as_u16(), &body["state"]), (202, &json!("deleting")));
    assert!(body["last_error"].is_string(), "{body}");
    let item = server.ok("secrets/get", path.clone()).await;
    assert!(item["deleting_at"].is_string());
    assert_eq!(item["live_leases"], 1);
    for (call, arguments, field) in [
        ("leases/generate", json!({"secret": "/ci/deploy"}), None),
        ("secrets/update", with(&path, "description", json!("x")), None),
        (
            "secrets/create",
            server.app_secret_arguments("/ci/deploy"),
            Some("path"),
        ),
    ] {
        let error = server.refused(call, arguments, 409, field).await;
        assert!(
            error["message"].as_str().unwrap().contains("being deleted"),
            "{error}"
        );
    }
    server.emulator.clear_faults();
    gone(&server, "secrets/get", &path).await;
    assert!(server.emulator.ledger().is_empty());
    server
        .ok("secrets/create", server.app_secret_arguments("/ci/deploy"))
        .await;
}

#[tokio::test]
async fn a_folder_goes_whole_or_not_at_all() {
    let server = TestServer::with_item("/ci/deploy").await;
    for path in ["/ci/eu/one", "/cim/other"] {
        server
            .ok("secrets/create", server.app_secret_arguments(path))
            .await;
    }
    server.lease("/ci/eu/one").await;
    let folder = json!({"folder": "/ci"});
    let error = server
        .refused("secrets/delete-folder", folder.clone(), 409, None)
        .await;
    assert_eq!(error["reason"], "has_live_leases");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("/ci/eu/one") && !message.contains("/ci/deploy"),
        "{message}"
    );
    let all = server.ok("secrets/list", json!({})).await;
    assert_eq!(column(&all, "path").len(), 3);
    for (wrong, status, field) in [
        (json!({"folder": "/"}), 422, Some("folder")),
        (json!({"folder": "ci"}), 422, Some("folder")),
        (json!({}), 422, Some("folder")),
        (json!({"folder": "/none"}), 404, None),
    ] {
        server
            .refused("secrets/delete-folder", wrong, status, field)
            .await;
    }
    outage(&server);
    let delete = json!({"folder": "/ci", "revoke_leases": true, "wait": false});
    let (status, body) = server.call("secrets/delete-folder", delete.clone()).await;
    assert_eq!((status.as_u16(), &body["items_left"]), (202, &json!(1)), "{body}");
    let left = server.ok("secrets/list", json!({})).await;
    assert_eq!(column(&left, "path"), ["/ci/eu/one", "/cim/other"]);
    let (status, _) = server.call("secrets/delete-folder", delete).await;
    assert_eq!(status, 202);
    server.emulator.clear_faults();
    let delete = json!({"folder": "/ci", "revoke_leases": true});
    let (status, body) = server.call("secrets/delete-folder", delete).await;
    assert_eq!((status.as_u16(), body), (200, done()));
    let left = server.ok("secrets/list", json!({})).await;
    assert_eq!(column(&left, "path"), ["/cim/other"]);
    assert!(server.emulator.ledger().is_empty());
}

#[tokio::test]
async fn a_target_goes_with_the_last_lease_on_it() {
    let server = TestServer::with_item("/ci/deploy").await;
    server.lease("/ci/deploy").await;
    server
        .ok("targets/create", server.target_arguments("second"))
        .await;
    let contoso = json!({"name": "contoso"});
    let delete = json!({"name": "contoso", "revoke_leases": true, "wait": false});
    // Items come first, whatever becomes of leases.
    let error = server.refused("targets/delete", delete.clone(), 409, None).await;
    assert_eq!(error["reason"], "has_items");
    let moved = json!({"path": "/ci/deploy", "target": "second"});
    server.ok("secrets/update", moved).await;
    let error = server.refused("targets/delete", contoso.clone(), 409, None).await;
    assert_eq!(error["reason"], "has_live_leases");
    outage(&server);
    for _ in 0..2 {
        let (status, body) = server.call("targets/delete", delete.clone()).await;
        assert_eq!(
            (status.as_u16(), &body["state"], &body["leases_left"]),
            (202, &json!("deleting"), &json!(1)),
            "{body}"
        );
    }
    let target = server.ok("targets/get", contoso.clone()).await;
    assert!(target["deleting_at"].is_string());
    assert_eq!(target["live_leases"], 1);
    let back = json!({"path": "/ci/deploy", "target": "contoso"});
    server.refused("secrets/update", back, 422, Some("target")).await;
    let again = server.target_arguments("contoso");
    server.refused("targets/create", again, 409, Some("name")).await;
    server.emulator.clear_faults();
    gone(&server, "targets/get", &contoso).await;
    server.refused("targets/delete", contoso, 404, None).await;
    assert!(server.emulator.ledger().is_empty());
    assert_eq!(
        server.ok("secrets/get", json!({"path": "/ci/deploy"})).await["target"],
        "second"
    );
}
