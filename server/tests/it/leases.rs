//! Leases: generated, read, listed, counted and renewed. How they end is in `revocation.rs`.

use std::time::Duration;

use emulator::Fault;
use reqwest::header;
use serde_json::{Value, json};

use crate::harness::{TestServer, settled};
use crate::scene::{column, with};

const UNKNOWN_LEASE: &str = "lse_00000000000000000000000000000000";

#[tokio::test]
async fn an_app_secret_is_handed_over_once() {
    let server = TestServer::with_item("/ci/deploy").await;
    let arguments = json!({"secret": "/ci/deploy", "ttl": "15m", "reason": "release 7"});
    let answer = server.raw("leases/generate", &arguments).await;
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    let (status, body) = settled(answer).await;
    assert_eq!(status, 200, "{body}");
    let (lease, issued) = (&body["lease"], &body["issued"]);
    for (key, value) in [
        ("secret", "/ci/deploy"),
        ("kind", "app_secret"),
        ("target", "contoso"),
        ("state", "active"),
        ("reason", "release 7"),
        ("identity", "Payments API"),
    ] {
        assert_eq!(lease[key], value, "{lease}");
    }
    let me = server.ok("session/whoami", json!({})).await;
    assert_eq!(lease["holder"], me["id"]);
    assert_eq!(
        (&lease["renewals"], &lease["ended_at"]),
        (&json!(0), &Value::Null)
    );
    let tenant = server.emulator.tenant();
    assert_eq!(issued["client_id"], json!(tenant.owned_application_client_id));
    assert_eq!(issued["tenant_id"], json!(tenant.tenant_id));
    assert!(!issued["client_secret"].as_str().unwrap().is_empty());
    assert!(issued["usable_since"].is_string(), "{}", issued["usable_since"]);
    let made = server.emulator.ledger().app_passwords;
    assert_eq!((made.len(), json!(made[0].key_id)), (1, issued["key_id"].clone()));
}

#[tokio::test]
async fn a_portal_user_can_sign_in() {
    let server = TestServer::with_target().await;
    server
        .ok("secrets/create", server.portal_user_arguments("/people/help"))
        .await;
    let body = server.lease("/people/help").await;
    let issued = &body["issued"];
    let name = issued["user_principal_name"].as_str().unwrap();
    let password = issued["password"].as_str().unwrap();
    assert_eq!(
        (password.len(), &issued["temporary_access_pass"]),
        (16, &Value::Null)
    );
    assert_eq!(server.emulator.sign_in(name, password), Ok(()));
    assert_eq!(body["lease"]["identity"], name);
    let ledger = server.emulator.ledger();
    assert_eq!(json!(ledger.users[0].id), issued["object_id"]);
    assert_eq!((ledger.memberships.len(), ledger.role_assignments.len()), (1, 1));

    let lease = server
        .ok("leases/get", json!({"lease": body["lease"]["id"]}))
        .await;
    let kinds: Vec<_> = lease["grants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|grant| {
            assert_eq!(grant["state"], "applied");
            assert!(grant["entra_id"].is_string() && grant["applied_at"].is_string());
            assert_eq!(grant["undone_at"], Value::Null);
            grant["kind"].as_str().unwrap()
        })
        .collect();
    assert_eq!(kinds, ["user", "membership", "directory_role"]);
    for attempt in lease["attempts"].as_array().unwrap() {
        for key in ["at", "step", "outcome", "status", "request_id", "millis"] {
            assert!(!attempt[key].is_null(), "{key} of {attempt}");
        }
    }
    assert!(!lease.to_string().contains(password));
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_named_and_makes_nothing() {
    let server = TestServer::with_item("/ci/deploy").await;
    let good = json!({"secret": "/ci/deploy"});
    for (key, value, status, field) in [
        ("secret", Value::Null, 422, "secret"),
        ("secret", json!("ci"), 422, "secret"),
        ("secret", json!("/nobody"), 404, "secret"),
        ("ttl", json!("61m"), 422, "ttl"),
        ("ttl", json!(3601), 422, "ttl"),
        ("ttl", json!(59), 422, "ttl"),
        ("ttl", json!("soon"), 422, "ttl"),
        ("reason", json!("x".repeat(501)), 422, "reason"),
        ("request_id", json!(""), 422, "request_id"),
        ("request_id", json!("x".repeat(201)), 422, "request_id"),
        ("wait_usable", json!("no"), 422, "wait_usable"),
        ("colour", json!("blue"), 422, "colour"),
    ] {
        server
            .refused("leases/generate", with(&good, key, value), status, Some(field))
            .await;
    }
    server
        .ok("leases/generate", with(&good, "ttl", json!("1h")))
        .await;
    assert_eq!(server.emulator.ledger().app_passwords.len(), 1);
}

#[tokio::test]
async fn a_request_said_twice_makes_one_lease() {
    let server = TestServer::with_item("/ci/deploy").await;
    let arguments = json!({"secret": "/ci/deploy", "request_id": "build-7"});
    let first = server.ok("leases/generate", arguments.clone()).await;
    let error = server
        .refused("leases/generate", arguments.clone(), 409, None)
        .await;
    assert_eq!(error["reason"], first["lease"]["id"]);
    // Also once the lease is gone, as long as its row is kept.
    server
        .ok("leases/revoke", json!({"lease": first["lease"]["id"]}))
        .await;
    server
        .refused("leases/generate", arguments.clone(), 409, None)
        .await;
    assert!(server.emulator.ledger().is_empty());
    let other = with(&arguments, "request_id", json!("build-8"));
    server.ok("leases/generate", other).await;
}

#[tokio::test]
async fn a_refusal_by_entra_names_the_permission() {
    let server = TestServer::with_item("/ci/deploy").await;
    server
        .emulator
        .fault(Fault::status(403).on("POST", "addPassword").times(1000));
    let error = server
        .refused("leases/generate", json!({"secret": "/ci/deploy"}), 502, None)
        .await;
    assert_eq!(error["reason"], "Authorization_RequestDenied");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("Application.ReadWrite.OwnedBy"), "{message}");
    assert!(server.emulator.ledger().is_empty());
    let list = server.ok("leases/list", json!({})).await;
    let id = &list["items"][0]["id"];
    let lease = server.lease_when(id, |lease| lease["state"] == "failed").await;
    assert_eq!(lease["issued_at"], Value::Null);
}

#[tokio::test]
async fn entra_being_away_is_503() {
    let server = TestServer::with_item("/ci/deploy").await;
    server.emulator.fault(Fault::drop_before().times(1000));
    server
        .refused("leases/generate", json!({"secret": "/ci/deploy"}), 503, None)
        .await;
    assert!(server.emulator.ledger().is_empty());
}

#[tokio::test]
async fn leases_are_listed_newest_first_and_filtered() {
    let server = TestServer::with_item("/ci/deploy").await;
    server
        .ok("secrets/create", server.portal_user_arguments("/people/help"))
        .await;
    let mut ids = Vec::new();
    for (path, ttl) in [
        ("/ci/deploy", "5m"),
        ("/ci/deploy", "50m"),
        ("/people/help", "50m"),
    ] {
        let arguments = json!({"secret": path, "ttl": ttl, "wait_usable": false});
        let lease = server.ok("leases/generate", arguments).await["lease"].take();
        ids.push(lease["id"].as_str().unwrap().to_owned());
    }
    let [short, long, user] = [ids[0].as_str(), &ids[1], &ids[2]];
    server.ok("leases/revoke", json!({"lease": long})).await;
    let me = server.ok("session/whoami", json!({})).await["id"].take();
    let user_row = server.ok("leases/get", json!({"lease": user})).await;
    for (filter, expected) in [
        (json!({}), vec![user, long, short]),
        (json!({"state": "live"}), vec![user, short]),
        (json!({"state": "active"}), vec![user, short]),
        (json!({"state": "revoked"}), vec![long]),
        (json!({"state": "needs_attention"}), vec![]),
        (json!({"secret": "/ci/deploy"}), vec![long, short]),
        (json!({"secret": "/ci/deploy", "state": "live"}), vec![short]),
        (json!({"secret": "/nobody"}), vec![]),
        (json!({"holder": me}), vec![user, long, short]),
        (json!({"holder": "user:nobody"}), vec![]),
        (json!({"target": "contoso"}), vec![user, long, short]),
        (json!({"target": "nobody"}), vec![]),
        (
            json!({"ends_before": user_row["expires_at"], "state": "live"}),
            vec![short],
        ),
        (json!({"query": "PAYMENTS"}), vec![long, short]),
        (json!({"query": "people/"}), vec![user]),
        (json!({"query": user}), vec![user]),
        (json!({"query": user_row["identity"]}), vec![user]),
        (json!({"query": "%"}), vec![]),
    ] {
        let list = server.ok("leases/list", filter.clone()).await;
        assert_eq!(column(&list, "id"), expected, "{filter}");
    }
    let first = server.ok("leases/list", json!({"limit": 2})).await;
    assert_eq!(column(&first, "id"), [user, long]);
    let rest = json!({"limit": 2, "after": first["next"]});
    let rest = server.ok("leases/list", rest).await;
    assert_eq!((column(&rest, "id"), &rest["next"]), (vec![short], &Value::Null));
    let counts = server.ok("leases/counts", json!({})).await;
    assert_eq!(
        counts,
        json!({"generating": 0, "active": 2, "revoking": 0, "needs_attention": 0, "revoked": 1, "expired": 0, "failed": 0, "abandoned": 0})
    );
}

#[tokio::test]
async fn a_wrong_filter_is_named() {
    let server = TestServer::start().await;
    for (key, value) in [
        ("state", json!("nonsense")),
        ("ends_before", json!("tomorrow")),
        ("secret", json!("ci")),
        ("target", json!("two words")),
        ("limit", json!(0)),
        ("limit", json!(1001)),
        ("after", json!("nonsense")),
        ("colour", json!("blue")),
    ] {
        let arguments = with(&json!({}), key, value);
        server.refused("leases/list", arguments, 422, Some(key)).await;
    }
    server
        .refused("leases/counts", json!({"colour": "blue"}), 422, Some("colour"))
        .await;
    for call in ["leases/get", "leases/renew"] {
        server
            .refused(call, json!({"lease": UNKNOWN_LEASE}), 404, None)
            .await;
        server
            .refused(call, json!({"lease": "7"}), 422, Some("lease"))
            .await;
        server.refused(call, json!({}), 422, Some("lease")).await;
    }
}

#[tokio::test]
async fn a_renewal_moves_the_end_as_far_as_the_item_allows() {
    let server = TestServer::with_item("/ci/deploy").await;
    let lease = server.lease("/ci/deploy").await["lease"].take();
    let renew = |ttl: &str| json!({"lease": lease["id"], "ttl": ttl});
    // Never earlier than it is.
    let same = server.ok("leases/renew", renew("1m")).await;
    assert_eq!(same["expires_at"], lease["expires_at"]);
    server.emulator.clock().advance(Duration::from_mins(5));
    let later = server.ok("leases/renew", json!({"lease": lease["id"]})).await;
    assert!(later["expires_at"].as_str() > lease["expires_at"].as_str());
    assert!(later["expires_at"].as_str() < lease["max_expires_at"].as_str());
    // Cut at the latest end, beyond which nothing is left.
    let last = server.ok("leases/renew", renew("2h")).await;
    assert_eq!(last["expires_at"], lease["max_expires_at"]);
    assert_eq!(last["max_expires_at"], lease["max_expires_at"]);
    let error = server.refused("leases/renew", renew("2h"), 409, None).await;
    assert_eq!(error["reason"], "active");
    server
        .refused("leases/renew", renew("59s"), 422, Some("ttl"))
        .await;
    server.ok("leases/revoke", json!({"lease": lease["id"]})).await;
    let error = server.refused("leases/renew", renew("10m"), 409, None).await;
    assert_eq!(error["reason"], "revoked");
}
