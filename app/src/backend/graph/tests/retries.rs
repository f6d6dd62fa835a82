use std::time::Duration;

use super::*;

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
    connection.cloud = Cloud::Custom(CustomCloud {
        authority: nowhere.clone(),
        graph: nowhere,
        arm: None,
    });
    let failed = client(&connection).organization().await.unwrap_err();
    assert!(matches!(failed, GraphError::Unreachable { .. }), "{failed:?}");
    assert_eq!(failed.to_api_error("a", "t").status(), 503);
}
