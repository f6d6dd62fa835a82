//! Faults: what clients must live through.

use std::time::Duration;

use emulator::Fault;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{Tenant, error, read, user};

#[tokio::test]
async fn throttling_says_how_long_to_wait_or_does_not() {
    let tenant = Tenant::start().await;
    for retry_after in [Some("2"), Some("2.128"), None] {
        let fault = Fault::status(429).on("GET", "/users");
        tenant.emulator.fault(match retry_after {
            Some(text) => fault.retry_after(text),
            None => fault,
        });
        let response = tenant.send(Method::GET, "/users", None).await;
        let sent = response
            .headers()
            .get("retry-after")
            .map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(sent.as_deref(), retry_after);
        let (status, body) = read(response).await;
        assert_eq!(
            (status, error(&body).0),
            (StatusCode::TOO_MANY_REQUESTS, "TooManyRequests")
        );
    }
    assert_eq!(tenant.get("/users").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_faulty_status_does_nothing() {
    let tenant = Tenant::start().await;
    for (status, code) in [
        (409, "Directory_ConcurrencyViolation"),
        (500, "Service_InternalServerError"),
        (503, "ServiceNotAvailable"),
        (403, "Authorization_RequestDenied"),
        (404, "Request_ResourceNotFound"),
    ] {
        tenant.emulator.fault(Fault::status(status).on("POST", "/users"));
        let (got, body) = tenant.post("/users", user("lease-1")).await;
        assert_eq!((got.as_u16(), error(&body).0), (status, code));
    }
    assert!(tenant.emulator.ledger().is_empty());
}

#[tokio::test]
async fn a_dropped_connection_looks_the_same_before_and_after_the_work() {
    let tenant = Tenant::start().await;
    let send = || {
        let request = tenant
            .client
            .post(format!("{}/v1.0/users", tenant.emulator.url()));
        request.bearer_auth(&tenant.token).json(&user("lease-2")).send()
    };
    tenant.emulator.fault(Fault::drop_before().on("POST", "/users"));
    let error = send().await.unwrap_err();
    assert!(error.is_request() && error.status().is_none(), "{error:?}");
    assert!(tenant.emulator.ledger().is_empty());
    tenant.emulator.fault(Fault::drop_after().on("POST", "/users"));
    send().await.unwrap_err();
    assert_eq!(tenant.emulator.ledger().users.len(), 1);
    assert!(
        tenant
            .emulator
            .requests()
            .iter()
            .filter(|request| request.status.is_none())
            .count()
            == 2
    );
}

#[tokio::test]
async fn a_hanging_request_ends_when_the_client_gives_up() {
    let tenant = Tenant::start().await;
    tenant.emulator.fault(Fault::hang().on("GET", "/organization"));
    let request = tenant
        .client
        .get(format!("{}/v1.0/organization", tenant.emulator.url()));
    let request = request
        .bearer_auth(&tenant.token)
        .timeout(Duration::from_millis(200));
    assert!(request.send().await.unwrap_err().is_timeout());
    assert_eq!(tenant.get("/organization").await.0, StatusCode::OK);
}

#[tokio::test]
async fn the_token_endpoint_has_faults_too() {
    let tenant = Tenant::start().await;
    tenant
        .emulator
        .fault(Fault::status(503).on("POST", "/oauth2/v2.0/token").after(1));
    let (id, secret) = (&tenant.facts().client_id, &tenant.facts().client_secret);
    assert_eq!(tenant.token_for(id, secret).await.0, StatusCode::OK);
    let (status, body) = tenant.token_for(id, secret).await;
    assert_eq!(
        (status, &body["error"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("temporarily_unavailable"))
    );
    assert_eq!(tenant.token_for(id, secret).await.0, StatusCode::OK);
}

#[tokio::test]
async fn faults_that_have_not_happened_are_forgotten_on_demand() {
    let tenant = Tenant::start().await;
    tenant.emulator.fault(Fault::status(500).times(9));
    assert_eq!(tenant.get("/users").await.0, StatusCode::INTERNAL_SERVER_ERROR);
    tenant.emulator.clear_faults();
    assert_eq!(tenant.get("/users").await.0, StatusCode::OK);
}
