//! What is left in Entra: checked and cleaned on request, once a day by itself, and shown on the target's page.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{TestServer, settled};

fn contoso() -> Value {
    json!({"name": "contoso"})
}

impl TestServer {
    /// A user with the marker of this installation and of a lease that nobody knows; gives the user's id. There must be one lease,
    /// of an application, to read the installation from.
    async fn stray_user(&self) -> String {
        let tenant = self.emulator.tenant();
        let of_lease = self.emulator.ledger().app_passwords[0]
            .display_name
            .clone()
            .unwrap();
        let (installation, _) = of_lease.rsplit_once(':').unwrap();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &tenant.client_id),
            ("client_secret", &tenant.client_secret),
            ("scope", "https://graph.microsoft.com/.default"),
        ];
        let client = reqwest::Client::new();
        let base = self.emulator.url();
        let token = client
            .post(format!("{base}/{}/oauth2/v2.0/token", tenant.tenant_id))
            .form(&form);
        let (_, token) = settled(token.send().await.unwrap()).await;
        let user = json!({
            "accountEnabled": true,
            "displayName": "stray",
            "mailNickname": "stray",
            "userPrincipalName": format!("stray@{}", tenant.domain),
            "employeeType": format!("{installation}:lse_{:032x}", 9),
            "passwordProfile": {"password": "Correct-horse-9-battery"},
        });
        let made = client
            .post(format!("{base}/v1.0/users"))
            .bearer_auth(token["access_token"].as_str().unwrap())
            .json(&user);
        let (status, made) = settled(made.send().await.unwrap()).await;
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().unwrap().to_owned()
    }

    async fn page(&self) -> String {
        let answer = self.get("/targets/at/contoso").await;
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap()
    }
}

#[tokio::test]
async fn what_is_left_is_told_shown_and_cleaned() {
    let server = TestServer::with_item("/ci/deploy").await;
    server.lease("/ci/deploy").await;
    let before = server.ok("targets/last-reconciliation", contoso()).await;
    assert_eq!(
        (&before["report"], &before["error"]),
        (&Value::Null, &Value::Null)
    );
    assert!(server.page().await.contains("Not checked yet"));

    let nothing = server.ok("targets/reconcile", contoso()).await;
    for (key, expected) in [
        ("target", json!("contoso")),
        ("known", json!(1)),
        ("unknown", json!([])),
        ("settling", json!([])),
        ("expired_secrets", json!([])),
        ("not_checked", json!([])),
    ] {
        assert_eq!(nothing[key], expected, "{key}: {nothing}");
    }
    assert!(server.page().await.contains("Nothing of ours is left in Entra"));

    let user = server.stray_user().await;
    let looked = server
        .ok("targets/reconcile", json!({"name": "contoso", "clean": false}))
        .await;
    let row = &looked["unknown"][0];
    assert_eq!(
        (
            &row["kind"],
            &row["entra_id"],
            &row["lease_state"],
            &row["cleaned"],
            &row["error"]
        ),
        (
            &json!("user"),
            &json!(user),
            &Value::Null,
            &json!(false),
            &Value::Null
        )
    );
    assert!(server.page().await.contains("stray@"));
    let last = server.ok("targets/last-reconciliation", contoso()).await;
    assert_eq!(last["report"], looked);
    assert!(last["next_at"].is_string());

    let cleaned = server
        .ok("targets/reconcile", json!({"name": "contoso", "clean": true}))
        .await;
    assert_eq!(cleaned["unknown"][0]["cleaned"], true, "{cleaned}");
    let ledger = server.emulator.ledger();
    assert_eq!(
        (
            ledger.users.len(),
            ledger.deleted_users.len(),
            ledger.app_passwords.len()
        ),
        (0, 0, 1)
    );
}

#[tokio::test]
async fn what_is_wrong_with_the_request_is_named() {
    let server = TestServer::with_target().await;
    for (arguments, status, field) in [
        (json!({}), 422, Some("name")),
        (json!({"name": "two words"}), 422, Some("name")),
        (json!({"name": "contoso", "clean": "yes"}), 422, Some("clean")),
        (json!({"name": "contoso", "all": true}), 422, Some("all")),
        (json!({"name": "nobody"}), 404, None),
    ] {
        server
            .refused("targets/reconcile", arguments, status, field)
            .await;
    }
    server
        .refused(
            "targets/last-reconciliation",
            json!({"name": "nobody"}),
            404,
            None,
        )
        .await;
}

#[tokio::test]
async fn who_may_only_look_sees_the_last_check_and_starts_none() {
    let server = TestServer::start_for_an_auditor().await;
    for arguments in [contoso(), json!({"name": "contoso", "clean": true})] {
        let (status, body) = server.call("targets/reconcile", arguments).await;
        assert_eq!(
            (status.as_u16(), &body["error"]["code"]),
            (403, &json!("forbidden"))
        );
    }
    // There is no such target, which is for somebody who may see targets to know.
    server
        .refused("targets/last-reconciliation", contoso(), 404, None)
        .await;
}

#[tokio::test]
async fn a_refusal_of_entra_names_the_permission_and_stays_on_the_page() {
    let server = TestServer::with_target().await;
    server.emulator.grant(&server.emulator.tenant().client_id, &[]);
    let error = server.refused("targets/reconcile", contoso(), 502, None).await;
    assert!(
        error["message"].as_str().unwrap().contains("User.Read.All"),
        "{error}"
    );
    let last = server.ok("targets/last-reconciliation", contoso()).await;
    assert_eq!(last["error"], error["message"]);
    assert!(server.page().await.contains("The last check failed"));
}

#[tokio::test]
async fn once_a_day_it_is_checked_by_itself() {
    let server = TestServer::with_target().await;
    let mut last = Value::Null;
    for _ in 0..40 {
        // Whenever within the day it was planned, and however late the plan was made.
        server.emulator.clock().advance(Duration::from_hours(24));
        last = server.ok("targets/last-reconciliation", contoso()).await;
        if last["report"].is_object() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    assert_eq!(last["report"]["unknown"], json!([]), "{last}");
    assert_eq!(
        server
            .request(Method::GET, "/readyz")
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
}
