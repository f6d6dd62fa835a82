//! What protects people's browsers: no acting from other sites, headers, who may load what.

use reqwest::{Method, header};
use serde_json::json;

use crate::harness::{TOKEN, TestServer, settled};

#[tokio::test]
async fn another_site_can_not_act_with_our_cookie() {
    let server = TestServer::start().await;
    let cookie = server.session().await;
    let own = server.url.clone();
    for (name, value, expected) in [
        ("sec-fetch-site", "same-origin", 200),
        ("sec-fetch-site", "none", 200),
        ("sec-fetch-site", "same-site", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("origin", own.as_str(), 200),
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("x-nothing", "at all", 403),
    ] {
        let request = server
            .request(Method::POST, "/api/v1/targets/list")
            .header(header::COOKIE, &cookie);
        let (status, body) =
            settled(request.header(name, value).json(&json!({})).send().await.unwrap()).await;
        assert_eq!(status.as_u16(), expected, "{name}: {value}: {body}");
        if expected == 403 {
            assert_eq!(body["error"]["code"], "forbidden");
        }
    }
}

#[tokio::test]
async fn a_token_needs_no_origin_but_does_not_excuse_a_wrong_one() {
    let server = TestServer::start().await;
    assert!(server.call("targets/list", json!({})).await.0.is_success());
    let request = server
        .request(Method::POST, "/api/v1/targets/list")
        .bearer_auth(TOKEN);
    let answer = request
        .header(header::ORIGIN, "https://evil.example")
        .json(&json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
}

#[tokio::test]
async fn another_site_can_not_sign_anybody_in() {
    let server = TestServer::start().await;
    let request = server
        .request(Method::POST, "/sign-in")
        .header("sec-fetch-site", "cross-site");
    assert_eq!(request.send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let server = TestServer::start().await;
    for path in [
        "/",
        "/sign-in",
        "/nonsense",
        "/healthz",
        "/api/v1/nonsense",
        "/assets/nonsense",
    ] {
        let answer = server.get(path).await;
        let headers = answer.headers();
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(headers[name], value, "{path}");
        }
        assert!(headers.contains_key("permissions-policy"), "{path}");
        let policy = headers["content-security-policy"].to_str().unwrap();
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
    }
}

#[tokio::test]
async fn scripts_run_only_with_the_nonce_of_their_page() {
    let server = TestServer::start().await;
    let mut nonces = Vec::new();
    for path in ["/", "/nonsense"] {
        let answer = server.get(path).await;
        let policy = answer.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .to_owned();
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .and_then(|rest| rest.split('\'').next())
            .unwrap()
            .to_owned();
        assert!(
            policy.contains("'strict-dynamic' 'wasm-unsafe-eval'") && !policy.contains("script-src 'unsafe")
        );
        let page = answer.text().await.unwrap();
        for script in page.split("<script").skip(1) {
            assert!(
                script
                    .split('>')
                    .next()
                    .unwrap()
                    .contains(&format!("nonce=\"{nonce}\"")),
                "{path}: <script{script}"
            );
        }
        nonces.push(nonce);
    }
    assert_ne!(nonces[0], nonces[1]);
}
