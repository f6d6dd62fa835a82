//! The client against an emulator, over HTTP.

use std::time::Duration;

use emulator::{Emulator, Fault};

use crate::backend::Stopwatch;
use crate::domain::{ErrorCode, SecretText, TenantId, Timestamp};

use super::send::Call;
use super::testing::{client, client_with, connection, start};
use super::*;

fn tomorrow() -> Timestamp {
    crate::backend::Clock::system().now().plus_millis(86_400_000)
}

#[tokio::test]
async fn it_signs_in_and_knows_itself() {
    let (emulator, graph) = start().await;
    let facts = emulator.tenant();
    let claims = graph.claims().await.unwrap();
    assert_eq!(
        (&claims.app_id, &claims.tenant_id),
        (&facts.client_id, &facts.tenant_id)
    );
    assert_eq!(claims.oid, facts.broker_object_id);
    assert!(claims.roles.iter().any(|role| role == "User.ReadWrite.All"));
    assert_eq!(
        graph.organization().await.unwrap().display_name,
        facts.tenant_name
    );
    let tokens = emulator
        .requests()
        .iter()
        .filter(|request| request.path.contains("/token"))
        .count();
    assert_eq!(tokens, 1, "one token serves many calls");
}

#[tokio::test]
async fn refused_sign_ins_are_told_apart() {
    let emulator = Emulator::start().await;
    let good = connection(&emulator);
    let with = |client_id: &str, secret: &str| {
        let credential = Credential::ClientSecret {
            client_id: client_id.to_owned(),
            client_secret: SecretText::new(secret),
        };
        Connection {
            credential,
            ..good.clone()
        }
    };
    let facts = emulator.tenant();
    let unknown = "11111111-2222-3333-4444-555555555555";
    let elsewhere = Connection {
        tenant_id: TenantId::parse(unknown).unwrap(),
        ..good.clone()
    };
    let cases = [
        (with(&facts.client_id, "wrong"), 7_000_215),
        (with(unknown, "wrong"), 700_016),
        (elsewhere, 90_002),
    ];
    for (connection, number) in cases {
        let refused = client(&connection).claims().await.unwrap_err();
        assert!(
            matches!(&refused, GraphError::TokenRefused { aadsts, .. } if *aadsts == number),
            "{refused:?}"
        );
        assert!(
            refused.is_permanent() && refused.request_id().is_some(),
            "{refused:?}"
        );
        let api = refused.to_api_error("app", "tenant");
        assert_eq!(
            (api.code, api.reason),
            (ErrorCode::Upstream, Some(format!("AADSTS{number}")))
        );
    }
}

#[tokio::test]
async fn every_page_is_read() {
    let (_emulator, graph) = start().await;
    let all = graph.search_groups("", 1_000).await.unwrap();
    let call = Call::new(Operation::ListGroups, &["groups"]).query("$top", "2");
    let paged: Vec<serde_json::Value> = graph.list(&call, 1_000).await.unwrap();
    assert!(
        all.len() > 4 && paged.len() == all.len(),
        "{} and {}",
        paged.len(),
        all.len()
    );
    let some: Vec<serde_json::Value> = graph.list(&call, 3).await.unwrap();
    assert_eq!(some.len(), 3);
}

#[tokio::test]
async fn pickers_find_by_name_and_by_id() {
    let (emulator, graph) = start().await;
    let facts = emulator.tenant();
    let all = graph.search_applications("", 100).await.unwrap();
    let own: Vec<_> = all
        .iter()
        .filter(|row| row.is_own)
        .map(|row| row.app_id.clone())
        .collect();
    assert_eq!(own, [facts.client_id.clone()]);
    for id in [&facts.owned_application_id, &facts.owned_application_client_id] {
        let found = graph.search_applications(id, 10).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].id, facts.owned_application_id);
        let by_name = graph
            .search_applications(&found[0].display_name, 10)
            .await
            .unwrap();
        assert!(by_name.contains(&found[0]));
    }
    assert!(
        graph
            .search_applications(r#"no" OR "such"#, 10)
            .await
            .unwrap()
            .is_empty()
    );
    let group = graph
        .search_groups(&facts.dynamic_group_id, 10)
        .await
        .unwrap()
        .remove(0);
    assert!(group.membership.refusal().is_some());
    let roles = graph.search_roles("global administrator").await.unwrap();
    assert!(roles.len() == 1 && roles[0].privileged);
    let domains = graph.domains().await.unwrap();
    assert!(
        domains[0].is_default
            && domains
                .iter()
                .any(|domain| domain.name == facts.domain && domain.managed)
    );
    assert!(
        domains
            .iter()
            .any(|domain| domain.name == facts.federated_domain && !domain.managed)
    );
}

#[tokio::test]
async fn a_wait_of_a_fraction_of_a_second_is_kept() {
    let (emulator, graph) = start().await;
    emulator.fault(
        Fault::status(429)
            .on("GET", "/organization")
            .retry_after("0.06")
            .times(2),
    );
    graph.claims().await.unwrap();
    let (graph, log) = graph.recording();
    let watch = Stopwatch::start();
    graph.organization().await.unwrap();
    assert!(watch.elapsed() >= Duration::from_millis(120));
    let tries = log.take();
    let statuses: Vec<_> = tries.iter().map(|attempt| attempt.status).collect();
    assert_eq!(statuses, [Some(429), Some(429), Some(200)]);
    assert!(
        tries
            .iter()
            .all(|attempt| attempt.request_id.is_some() && attempt.step == "GET /organization")
    );
    assert_eq!(tries[2].outcome, "ok");
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_handed_on() {
    let (emulator, graph) = start().await;
    emulator.fault(Fault::status(429).on("GET", "/organization").retry_after("37"));
    let failed = graph.organization().await.unwrap_err();
    assert_eq!(failed.retry_after(), Some(37.0));
    assert_eq!(failed.to_api_error("a", "t").retry_after, Some(37.0));
    graph.organization().await.unwrap();
}

#[tokio::test]
async fn reads_are_repeated_whatever_breaks() {
    let (emulator, graph) = start().await;
    let faults = [
        Fault::status(500),
        Fault::status(502),
        Fault::status(503),
        Fault::status(504),
        Fault::drop_before(),
        Fault::drop_after(),
    ];
    for fault in faults {
        emulator.fault(fault.on("GET", "/organization"));
        graph.organization().await.unwrap();
    }
    emulator.fault(Fault::status(503).on("GET", "/organization").times(50));
    let failed = graph.organization().await.unwrap_err();
    assert!(
        matches!(failed, GraphError::Unavailable { status: 503, .. }),
        "{failed:?}"
    );
}

#[tokio::test]
async fn what_must_not_be_done_twice_is_asked_once() {
    let (emulator, graph) = start().await;
    let application = emulator.tenant().owned_application_id.clone();
    for fault in [
        Fault::status(500),
        Fault::status(502),
        Fault::status(504),
        Fault::drop_before(),
        Fault::drop_after(),
    ] {
        emulator.clear_requests();
        emulator.fault(fault.clone().on("POST", "addPassword"));
        let failed = graph
            .add_password(&application, "test", tomorrow())
            .await
            .unwrap_err();
        assert!(failed.is_ambiguous(), "{fault:?}: {failed:?}");
        let posts = emulator
            .requests()
            .iter()
            .filter(|request| request.path.contains("addPassword"))
            .count();
        assert_eq!(posts, 1, "{fault:?}");
    }
    assert_eq!(
        emulator.ledger().app_passwords.len(),
        1,
        "the one that was done before the connection broke"
    );
    for status in [429, 503] {
        emulator.fault(Fault::status(status).on("POST", "addPassword"));
        graph
            .add_password(&application, "test", tomorrow())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn no_answer_is_not_waited_for_long() {
    let emulator = Emulator::start().await;
    let timing = Timing {
        request_timeout: Duration::from_millis(60),
        ..Timing::for_tests()
    };
    let graph = client_with(&connection(&emulator), timing);
    graph.claims().await.unwrap();
    emulator.fault(Fault::hang().on("GET", "/organization").times(50));
    let failed = graph.organization().await.unwrap_err();
    assert!(matches!(failed, GraphError::Unreachable { .. }), "{failed:?}");
    emulator.fault(Fault::hang().on("POST", "/users"));
    let password = SecretText::new("Xq7!mmmmmmmmmm");
    let user = NewUser {
        user_principal_name: "x@contoso.com",
        display_name: "X",
        mail_nickname: "x",
        marker: "leasehold:t:1",
        password: &password,
    };
    assert!(graph.create_user(&user).await.unwrap_err().is_ambiguous());
}

#[tokio::test]
async fn a_stale_token_is_replaced_once() {
    let (emulator, graph) = start().await;
    graph.organization().await.unwrap();
    emulator.clear_requests();
    emulator.fault(Fault::status(401).on("GET", "/organization"));
    graph.organization().await.unwrap();
    let tokens = |emulator: &Emulator| {
        emulator
            .requests()
            .iter()
            .filter(|request| request.path.contains("/token"))
            .count()
    };
    assert_eq!(tokens(&emulator), 1);
    emulator.fault(Fault::status(401).on("GET", "/organization").times(2));
    assert!(matches!(
        graph.organization().await,
        Err(GraphError::Refused { status: 401, .. })
    ));
}

#[tokio::test]
async fn signing_in_is_repeated_too() {
    let (emulator, graph) = start().await;
    emulator.fault(Fault::status(503).on("POST", "/token"));
    emulator.fault(Fault::status(429).on("POST", "/token").retry_after("0.05"));
    emulator.fault(Fault::drop_before().on("POST", "/token"));
    let (graph, log) = graph.recording();
    graph.organization().await.unwrap();
    let tries = log.take();
    assert_eq!(tries.len(), 4);
    assert!(
        tries[..3]
            .iter()
            .all(|attempt| attempt.step.ends_with("/oauth2/v2.0/token")),
        "{tries:?}"
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let emulator = Emulator::start().await;
    let mut connection = connection(&emulator);
    // Port 9 of the loopback: nobody listens there, and nobody can who is not root.
    let nowhere = "http://127.0.0.1:9".to_owned();
    connection.cloud = Cloud::Custom(crate::domain::CustomCloud {
        authority: nowhere.clone(),
        graph: nowhere,
        arm: None,
    });
    let failed = client(&connection).organization().await.unwrap_err();
    assert!(matches!(failed, GraphError::Unreachable { .. }), "{failed:?}");
    assert_eq!(failed.to_api_error("a", "t").status(), 503);
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let (emulator, graph) = start().await;
    let facts = emulator.tenant();
    emulator.grant(&facts.client_id, &["Application.Read.All"]);
    graph.forget_token().unwrap();
    let refused = graph
        .add_password(&facts.owned_application_id, "test", tomorrow())
        .await
        .unwrap_err();
    let api = refused.to_api_error(graph.client_id(), graph.tenant_id());
    assert_eq!(
        (api.status(), api.reason.as_deref()),
        (502, Some("Authorization_RequestDenied"))
    );
    for part in [
        facts.client_id.as_str(),
        "Application.ReadWrite.OwnedBy",
        "az ad app permission add",
    ] {
        assert!(api.message.contains(part), "{}", api.message);
    }
    assert!(refused.is_permanent());
}

#[tokio::test]
async fn every_call_bears_an_id_of_its_own() {
    let (emulator, graph) = start().await;
    graph.domains().await.unwrap();
    graph.roles().await.unwrap();
    let requests = emulator.requests();
    let ids: std::collections::BTreeSet<_> = requests
        .iter()
        .filter(|request| request.path.starts_with("/v1.0"))
        .map(|request| request.client_request_id.clone())
        .collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.iter().all(Option::is_some));
}

#[tokio::test]
async fn a_secret_is_tried_at_the_token_endpoint() {
    let (emulator, graph) = start().await;
    let facts = emulator.tenant();
    let added = graph
        .add_password(&facts.owned_application_id, "test", tomorrow())
        .await
        .unwrap();
    let client_id = &facts.owned_application_client_id;
    assert!(graph.accepts_secret(client_id, &added.secret_text).await.unwrap());
    assert!(
        !graph
            .accepts_secret(client_id, &SecretText::new("wrong"))
            .await
            .unwrap()
    );
    assert!(
        graph
            .accepts_secret("11111111-2222-3333-4444-555555555555", &added.secret_text)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn the_connection_test_tells_what_is_there_and_what_is_missing() {
    let (emulator, graph) = start().await;
    let test = probe::test(&graph).await;
    assert!(
        test.checks.len() == 2 && test.checks.iter().all(|check| check.ok),
        "{test:?}"
    );
    assert!(test.checks[1].request_id.is_some());
    assert!(test.permissions.iter().all(|row| row.held), "{test:?}");

    emulator.grant(&emulator.tenant().client_id, &["Application.ReadWrite.OwnedBy"]);
    let test = probe::test(&graph).await;
    assert!(
        test.checks.iter().all(|check| check.ok),
        "permissions are read anew: {test:?}"
    );
    let held: Vec<_> = test
        .permissions
        .iter()
        .filter(|row| row.held)
        .map(|row| row.permission.as_str())
        .collect();
    assert_eq!(held, ["Application.ReadWrite.OwnedBy", "Application.Read.All"]);

    emulator.grant(&emulator.tenant().client_id, &[]);
    let test = probe::test(&graph).await;
    assert_eq!(
        test.checks.iter().map(|check| check.ok).collect::<Vec<_>>(),
        [true, false]
    );
    assert!(
        test.checks[1].detail.contains("Organization.Read.All"),
        "{}",
        test.checks[1].detail
    );
}

#[tokio::test]
async fn a_failed_sign_in_ends_the_connection_test() {
    let emulator = Emulator::start().await;
    let mut connection = connection(&emulator);
    connection.credential = Credential::ClientSecret {
        client_id: emulator.tenant().client_id.clone(),
        client_secret: SecretText::new("wrong-canary"),
    };
    let graph = client(&connection);
    let test = probe::test(&graph).await;
    assert!(test.checks.len() == 1 && !test.checks[0].ok && test.permissions.is_empty());
    assert!(
        test.checks[0].detail.contains("Secret ID"),
        "{}",
        test.checks[0].detail
    );
    let shown = format!("{connection:?} {graph:?} {test:?}");
    assert!(!shown.contains("canary"), "{shown}");
}
