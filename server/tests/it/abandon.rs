//! Leases that somebody gives up: when that is allowed, to whom, and what is told.

use std::time::Duration;

use emulator::Fault;
use serde_json::{Value, json};

use crate::harness::TestServer;
use crate::scene::column;

const WHY: &str = "the application's owner locked it for good";

/// A lease that Entra refuses to let go, and its id.
async fn stuck(server: &TestServer) -> Value {
    let id = server.lease("/ci/deploy").await["lease"]["id"].take();
    server
        .emulator
        .fault(Fault::status(403).on("POST", "removePassword").times(100_000));
    let revoke = json!({"lease": id, "wait": false});
    server.ok("leases/revoke", revoke).await;
    id
}

#[tokio::test]
async fn what_entra_keeps_is_given_up_and_told() {
    let server = TestServer::with_item("/ci/deploy").await;
    let id = stuck(&server).await;
    server
        .lease_when(&id, |lease| {
            server.emulator.clock().advance(Duration::from_mins(1));
            lease["needs_attention"] == true
        })
        .await;
    let abandon = json!({"lease": id, "reason": WHY});
    let lease = server.ok("leases/abandon", abandon.clone()).await;
    assert_eq!(
        (&lease["state"], &lease["needs_attention"]),
        (&json!("abandoned"), &json!(false))
    );
    let me = server.ok("session/whoami", json!({})).await;
    assert_eq!(lease["abandoned"], json!({"by": me["id"], "reason": WHY}));
    assert!(lease["ended_at"].is_string() && lease["entra_ends_at"].is_string());
    let secret = &server.emulator.ledger().app_passwords[0];
    let remains = lease["remains"][0].as_str().unwrap();
    assert!(
        remains.contains(&secret.key_id) && remains.contains("Payments API"),
        "{remains}"
    );
    let by_hand = lease["clean_up"][0].as_str().unwrap();
    assert!(by_hand.contains(&secret.key_id), "{by_hand}");
    assert_eq!(lease["grants"][0]["state"], "applied");
    assert_eq!(
        server.ok("leases/get", json!({"lease": id})).await["remains"],
        lease["remains"]
    );

    let counts = server.ok("leases/counts", json!({})).await;
    assert_eq!(
        (
            &counts["abandoned"],
            &counts["needs_attention"],
            &counts["revoked"]
        ),
        (&json!(1), &json!(0), &json!(0))
    );
    let list = server.ok("leases/list", json!({"state": "abandoned"})).await;
    assert_eq!(column(&list, "id"), [id.as_str().unwrap()]);
    for state in ["live", "needs_attention", "revoked"] {
        let list = server.ok("leases/list", json!({"state": state})).await;
        assert_eq!(list["items"], json!([]), "{state}");
    }
    // Given up is not gone; revoking it answers with the truth, and deleting its item waits for nothing.
    let (status, told) = server.call("leases/revoke", json!({"lease": id})).await;
    assert_eq!((status.as_u16(), &told["state"]), (200, &json!("abandoned")));
    let error = server.refused("leases/abandon", abandon, 409, None).await;
    assert_eq!(error["reason"], "abandoned");
    let deletion = server.ok("secrets/delete", json!({"path": "/ci/deploy"})).await;
    assert_eq!(deletion["state"], "deleted");
}

#[tokio::test]
async fn what_is_wrong_with_giving_up_is_said() {
    let server = TestServer::with_item("/ci/deploy").await;
    let id = server.lease("/ci/deploy").await["lease"]["id"].take();
    for (arguments, status, field) in [
        (json!({"lease": id}), 422, Some("reason")),
        (json!({"lease": id, "reason": ""}), 422, Some("reason")),
        (json!({"lease": id, "reason": "  "}), 422, Some("reason")),
        (
            json!({"lease": id, "reason": "x".repeat(501)}),
            422,
            Some("reason"),
        ),
        (json!({"reason": WHY}), 422, Some("lease")),
        (
            json!({"lease": "lse_00000000000000000000000000000000", "reason": WHY}),
            404,
            None,
        ),
    ] {
        server.refused("leases/abandon", arguments, status, field).await;
    }
    let abandon = || json!({"lease": id, "reason": WHY});
    let error = server.refused("leases/abandon", abandon(), 409, None).await;
    assert_eq!(error["reason"], "active");
    assert!(
        error["message"].as_str().unwrap().contains("Revoke it"),
        "{error}"
    );
    server.ok("leases/revoke", json!({"lease": id})).await;
    let error = server.refused("leases/abandon", abandon(), 409, None).await;
    assert_eq!(error["reason"], "revoked");
}
