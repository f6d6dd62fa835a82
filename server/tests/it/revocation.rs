//! How leases end: revoked by name, by item and by target, taken back unasked, and kept at while Entra refuses.

use std::time::Duration;

use emulator::Fault;
use serde_json::{Value, json};

use crate::harness::TestServer;
use crate::scene::column;

const UNKNOWN_LEASE: &str = "lse_00000000000000000000000000000000";

#[tokio::test]
async fn one_lease_is_revoked_and_stays_so() {
    let server = TestServer::with_item("/ci/deploy").await;
    let id = server.lease("/ci/deploy").await["lease"]["id"].take();
    for _ in 0..2 {
        let (status, lease) = server.call("leases/revoke", json!({"lease": id})).await;
        assert_eq!((status.as_u16(), &lease["id"]), (200, &id));
        assert_eq!(lease["state"], "revoked");
        assert!(lease["ended_at"].is_string());
    }
    assert!(server.emulator.ledger().is_empty());
    let lease = server.ok("leases/get", json!({"lease": id})).await;
    let grant = &lease["grants"][0];
    assert_eq!(grant["state"], "undone");
    assert!(grant["undone_at"].is_string());
    let steps = lease["attempts"].to_string();
    assert!(
        steps.contains("addPassword") && steps.contains("removePassword"),
        "{steps}"
    );
}

#[tokio::test]
async fn all_leases_of_an_item_or_a_target_are_revoked() {
    let server = TestServer::with_item("/ci/deploy").await;
    server
        .ok("secrets/create", server.portal_user_arguments("/people/help"))
        .await;
    for path in ["/ci/deploy", "/ci/deploy", "/people/help"] {
        server.lease(path).await;
    }
    let of_item = server.ok("leases/revoke", json!({"secret": "/ci/deploy"})).await;
    assert_eq!(column(&of_item, "state"), ["revoked", "revoked"]);
    assert_eq!(server.ok("leases/counts", json!({})).await["active"], 1);
    let of_target = server.ok("leases/revoke", json!({"target": "contoso"})).await;
    assert_eq!(column(&of_target, "secret"), ["/people/help"]);
    assert_eq!(column(&of_target, "state"), ["revoked"]);
    assert!(server.emulator.ledger().is_empty());
    // Nothing left to revoke is a list too, and a list of one is no lease.
    for what in [json!({"secret": "/ci/deploy"}), json!({"target": "contoso"})] {
        assert_eq!(server.ok("leases/revoke", what).await, json!({"items": []}));
    }
}

#[tokio::test]
async fn exactly_one_thing_is_revoked() {
    let server = TestServer::with_item("/ci/deploy").await;
    let id = server.lease("/ci/deploy").await["lease"]["id"].take();
    for (arguments, status, field) in [
        (json!({}), 422, Some("lease")),
        (json!({"wait": true}), 422, Some("lease")),
        (json!({"lease": id, "secret": "/ci/deploy"}), 422, Some("lease")),
        (
            json!({"secret": "/ci/deploy", "target": "contoso"}),
            422,
            Some("lease"),
        ),
        (json!({"lease": id, "wait": "yes"}), 422, Some("wait")),
        (json!({"lease": id, "colour": "blue"}), 422, Some("colour")),
        (json!({"lease": "7"}), 422, Some("lease")),
        (json!({"lease": UNKNOWN_LEASE}), 404, None),
        (json!({"secret": "/nobody"}), 404, Some("secret")),
        (json!({"target": "nobody"}), 404, Some("target")),
    ] {
        server.refused("leases/revoke", arguments, status, field).await;
    }
    let lease = server.ok("leases/get", json!({"lease": id})).await;
    assert_eq!(lease["state"], "active");
}

#[tokio::test]
async fn while_entra_refuses_the_answer_is_202_and_the_truth() {
    let server = TestServer::with_item("/ci/deploy").await;
    let id = server.lease("/ci/deploy").await["lease"]["id"].take();
    server
        .emulator
        .fault(Fault::status(503).on("POST", "removePassword").times(100_000));
    let no_wait = || json!({"lease": id, "wait": false});
    let (status, lease) = server.call("leases/revoke", no_wait()).await;
    assert_eq!((status.as_u16(), &lease["state"]), (202, &json!("revoking")));
    let failed = server
        .lease_when(&id, |lease| !lease["last_error"].is_null())
        .await;
    assert!(failed["next_attempt_at"].is_string() && failed["ended_at"].is_null());
    assert_eq!(server.emulator.ledger().app_passwords.len(), 1);
    // Several: the same status, in a list.
    let by_item = json!({"secret": "/ci/deploy", "wait": false});
    let (status, list) = server.call("leases/revoke", by_item).await;
    assert_eq!((status.as_u16(), column(&list, "state")), (202, vec!["revoking"]));
    // Its item stays as long as anything of it is left.
    let error = server
        .refused("secrets/delete", json!({"path": "/ci/deploy"}), 409, None)
        .await;
    assert_eq!(error["reason"], "has_live_leases");
    server
        .refused("leases/renew", json!({"lease": id}), 409, None)
        .await;

    // After the third failure a person should look at it.
    server
        .lease_when(&id, |lease| {
            server.emulator.clock().advance(Duration::from_mins(1));
            lease["needs_attention"] == true
        })
        .await;
    let list = server
        .ok("leases/list", json!({"state": "needs_attention"}))
        .await;
    assert_eq!(column(&list, "id"), [id.as_str().unwrap()]);
    let counts = server.ok("leases/counts", json!({})).await;
    assert_eq!(
        (&counts["revoking"], &counts["needs_attention"]),
        (&json!(1), &json!(1))
    );

    // Asked again once Entra is well, it does not wait for the next attempt's time.
    server.emulator.clear_faults();
    let (status, lease) = server.call("leases/revoke", json!({"lease": id})).await;
    assert_eq!(
        (status.as_u16(), &lease["state"]),
        (200, &json!("revoked")),
        "{lease}"
    );
    assert_eq!(
        (&lease["needs_attention"], &lease["next_attempt_at"]),
        (&json!(false), &Value::Null)
    );
    assert!(server.emulator.ledger().is_empty());
}

#[tokio::test]
async fn at_its_end_a_lease_goes_by_itself() {
    let server = TestServer::with_target().await;
    server
        .ok("secrets/create", server.portal_user_arguments("/people/help"))
        .await;
    let id = server.lease("/people/help").await["lease"]["id"].take();
    server.emulator.clock().advance(Duration::from_mins(11));
    let lease = server.lease_when(&id, |lease| lease["state"] == "expired").await;
    assert!(lease["ended_at"].is_string());
    assert!(server.emulator.ledger().nothing_alive());
    assert_eq!(server.ok("leases/counts", json!({})).await["expired"], 1);
}
