//! What every call has in common: who may, what a request must look like, how a refusal reads.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use server_fn::axum::server_fn_paths;

use crate::harness::{TOKEN, TestServer, settled};

/// The keys of an error, whatever it is about.
fn assert_is_error(body: &Value, code: &str) {
    let error = body["error"]
        .as_object()
        .unwrap_or_else(|| panic!("no error in {body}"));
    let mut keys: Vec<_> = error.keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        ["code", "field", "incident", "message", "reason", "retry_after"],
        "{body}"
    );
    assert_eq!(error["code"], code, "{body}");
}

#[tokio::test]
async fn strangers_make_no_call_but_sign_in() {
    let server = TestServer::start().await;
    let paths: Vec<_> = server_fn_paths().collect();
    assert!(paths.len() > 20, "only {} calls are registered", paths.len());
    for (path, method) in paths {
        assert_eq!(method, "POST", "{path}");
        assert!(path.starts_with("/api/v1/"), "{path}");
        for token in [None, Some("not-a-token-that-anybody-was-ever-given")] {
            let mut request = server.request(Method::POST, path).json(&json!({}));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let answer = request.send().await.unwrap();
            if path == "/api/v1/session/sign-in" {
                assert_eq!(answer.status(), 422, "{path}");
                continue;
            }
            assert_eq!(answer.headers()[header::WWW_AUTHENTICATE], "Bearer", "{path}");
            let (status, body) = settled(answer).await;
            assert_eq!(status, 401, "{path}");
            assert_is_error(&body, "unauthenticated");
        }
    }
}

#[tokio::test]
async fn a_token_is_known_by_its_value() {
    let server = TestServer::start().await;
    let identity = server.ok("session/whoami", json!({})).await;
    assert_eq!(
        (&identity["kind"], &identity["role"]),
        (&json!("token"), &json!("administrator"))
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_by_status_and_reason() {
    let server = TestServer::start().await;
    let json_type = Some("application/json");
    let large = format!(r#"{{"query": "{}"}}"#, "x".repeat(1024 * 1024));
    for (method, path, kind, body, status, reason) in [
        (Method::GET, "targets/list", None, "", 405, "method_not_allowed"),
        (
            Method::PUT,
            "targets/list",
            json_type,
            "{}",
            405,
            "method_not_allowed",
        ),
        (
            Method::POST,
            "targets/list",
            Some("text/plain"),
            "{}",
            415,
            "not_application_json",
        ),
        (
            Method::POST,
            "targets/list",
            Some("application/x-www-form-urlencoded"),
            "limit=1",
            415,
            "not_application_json",
        ),
        (
            Method::POST,
            "targets/list",
            None,
            "{}",
            415,
            "not_application_json",
        ),
        (
            Method::POST,
            "secrets/list",
            json_type,
            large.as_str(),
            413,
            "too_large",
        ),
        (
            Method::POST,
            "targets/get",
            json_type,
            "{\"name\":",
            400,
            "not_json",
        ),
        (Method::POST, "targets/get", json_type, "name", 400, "not_json"),
        (
            Method::POST,
            "targets/get",
            json_type,
            r#"{"name":"a","name":"b"}"#,
            400,
            "duplicate_key",
        ),
    ] {
        let mut request = server
            .request(method.clone(), &format!("/api/v1/{path}"))
            .bearer_auth(TOKEN);
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let answer = request.body(body.to_owned()).send().await.unwrap();
        if status == 405 {
            assert_eq!(answer.headers()[header::ALLOW], "POST");
        }
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json");
        let (found, body) = settled(answer).await;
        assert_eq!(
            (found.as_u16(), &body["error"]["reason"]),
            (status, &json!(reason)),
            "{method} {path} {kind:?}: {body}"
        );
        assert_is_error(&body, "invalid");
    }
}

#[tokio::test]
async fn a_wrong_field_is_named() {
    let server = TestServer::start().await;
    for (call, arguments, field) in [
        ("targets/list", json!({"unknown": 1}), "unknown"),
        ("targets/get", json!({}), "name"),
        ("targets/get", json!({"name": 1}), "name"),
        ("targets/list", json!({"limit": 0}), "limit"),
        ("targets/list", json!({"limit": 1001}), "limit"),
        ("session/whoami", json!({"me": true}), "me"),
    ] {
        let (status, body) = server.call(call, arguments.clone()).await;
        assert_eq!(
            (status.as_u16(), &body["error"]["field"]),
            (422, &json!(field)),
            "{call} {arguments}: {body}"
        );
        assert_is_error(&body, "invalid");
    }
}

#[tokio::test]
async fn what_does_not_exist_is_404() {
    let server = TestServer::start().await;
    for (call, arguments) in [
        ("targets/nonsense", json!({})),
        ("nonsense", json!({})),
        ("targets/get", json!({"name": "nobody"})),
        ("secrets/get", json!({"path": "/nobody"})),
    ] {
        let (status, body) = server.call(call, arguments).await;
        assert_eq!(status, 404, "{call}: {body}");
        assert_is_error(&body, "not_found");
    }
    // A stranger does not learn which calls there are.
    let answer = server
        .request(Method::POST, "/api/v1/nonsense")
        .json(&json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 401);
}

#[tokio::test]
async fn an_empty_body_is_an_empty_object() {
    let server = TestServer::start().await;
    let answer = server
        .request(Method::POST, "/api/v1/targets/list")
        .bearer_auth(TOKEN)
        .send()
        .await
        .unwrap();
    let (status, body) = settled(answer).await;
    assert_eq!(
        (status, &body),
        (StatusCode::OK, &json!({"items": [], "next": null}))
    );
}

#[tokio::test]
async fn a_call_is_never_redirected_kept_or_compressed() {
    let server = TestServer::start().await;
    for (arguments, status) in [(json!({}), 200), (json!({"unknown": 1}), 422)] {
        let request = server
            .request(Method::POST, "/api/v1/targets/list")
            .bearer_auth(TOKEN);
        let request = request
            .header(header::ACCEPT, "text/html")
            .header(header::REFERER, "http://127.0.0.1/targets");
        let answer = request
            .header(header::ACCEPT_ENCODING, "br, gzip")
            .json(&arguments)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status().as_u16(), status);
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
        assert!(!answer.headers().contains_key(header::LOCATION));
        assert!(!answer.headers().contains_key(header::CONTENT_ENCODING));
    }
}
