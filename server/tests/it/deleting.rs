//! Items removed: refused while protected or in use.

use serde_json::json;

use crate::harness::TestServer;
use crate::scene::with;

#[tokio::test]
async fn a_protected_item_stays() {
    let server = TestServer::with_item("/ci/deploy").await;
    let protect = |on: bool| json!({"path": "/ci/deploy", "delete_protection": on});
    let delete = || json!({"path": "/ci/deploy", "revoke_leases": true});
    let lease = server.lease("/ci/deploy").await;
    server.ok("secrets/update", protect(true)).await;
    let error = server.refused("secrets/delete", delete(), 409, None).await;
    assert_eq!(error["reason"], "protected");
    // Protection comes first: the leases of an item that stays are not revoked on the way.
    let lease = server
        .ok("leases/get", json!({"lease": lease["lease"]["id"]}))
        .await;
    assert_eq!(lease["state"], "active");
    server.ok("secrets/update", protect(false)).await;
    assert_eq!(server.ok("secrets/delete", delete()).await, json!({}));
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
