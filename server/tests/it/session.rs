//! Signing in and out, by form and by call.

use reqwest::{Method, header};
use serde_json::json;

use crate::harness::{PASSWORD, TOKEN, TestServer, settled};

async fn sign_in(server: &TestServer, password: &str, next: &str) -> reqwest::Response {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("username", "admin"), ("password", password), ("next", next)])
        .finish();
    let request = server
        .request(Method::POST, "/sign-in")
        .header("sec-fetch-site", "same-origin");
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    request.body(form).send().await.unwrap()
}

#[tokio::test]
async fn the_form_sets_the_cookie_and_leads_on() {
    let server = TestServer::start().await;
    for (next, expected) in [
        ("/leases?state=active", "/leases?state=active"),
        ("", "/"),
        ("//evil.example/", "/"),
    ] {
        let answer = sign_in(&server, PASSWORD, next).await;
        assert_eq!(answer.status(), 303);
        assert_eq!(answer.headers()[header::LOCATION], expected);
        let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
        assert!(cookie.starts_with("leasehold_session="), "{cookie}");
        for flag in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(flag), "{cookie}");
        }
        assert!(!cookie.contains("Secure"));
    }
}

#[tokio::test]
async fn a_wrong_password_leads_back_and_is_not_repeated() {
    let server = TestServer::start().await;
    let answer = sign_in(&server, "wrong-password", "/leases").await;
    assert_eq!(answer.status(), 303);
    assert_eq!(
        answer.headers()[header::LOCATION],
        "/sign-in?next=%2Fleases&error=credentials"
    );
    assert!(!answer.headers().contains_key(header::SET_COOKIE));
    let request = server.request(Method::POST, "/sign-in").body("username=admin");
    let answer = request
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()[header::LOCATION], "/sign-in?error=incomplete");
}

#[tokio::test]
async fn a_session_opens_pages_and_calls_until_it_is_ended() {
    let server = TestServer::start().await;
    let cookie = server.session().await;
    let page = server
        .request(Method::GET, "/")
        .header(header::COOKIE, &cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), 200);
    let whoami = || {
        let request = server
            .request(Method::POST, "/api/v1/session/whoami")
            .header(header::COOKIE, &cookie);
        request
            .header(header::ORIGIN, &server.url)
            .json(&json!({}))
            .send()
    };
    let (status, identity) = settled(whoami().await.unwrap()).await;
    assert_eq!((status.as_u16(), &identity["kind"]), (200, &json!("user")));

    let request = server
        .request(Method::POST, "/sign-out")
        .header(header::COOKIE, &cookie);
    let answer = request.header(header::ORIGIN, &server.url).send().await.unwrap();
    assert_eq!(
        (
            answer.status().as_u16(),
            answer.headers()[header::LOCATION].to_str().unwrap()
        ),
        (303, "/sign-in")
    );
    assert!(
        answer.headers()[header::SET_COOKIE]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    assert_eq!(whoami().await.unwrap().status(), 401);
}

#[tokio::test]
async fn the_call_signs_out_too() {
    let server = TestServer::start().await;
    let cookie = server.session().await;
    for expected in [200, 401] {
        let request = server
            .request(Method::POST, "/api/v1/session/sign-out")
            .header(header::COOKIE, &cookie);
        let answer = request
            .header(header::ORIGIN, &server.url)
            .json(&json!({}))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status().as_u16(), expected);
    }
}

#[tokio::test]
async fn a_wrong_sign_in_by_call_is_401() {
    let server = TestServer::start().await;
    let arguments = json!({"username": "admin", "password": "wrong-password"});
    let answer = server
        .request(Method::POST, "/api/v1/session/sign-in")
        .json(&arguments)
        .send()
        .await
        .unwrap();
    let (status, body) = settled(answer).await;
    assert_eq!(status, 401);
    assert!(!body.to_string().contains("wrong-password"));
}

#[tokio::test]
async fn who_is_signed_in_is_led_past_the_sign_in_page() {
    let server = TestServer::start().await;
    let answer = server.get("/sign-in?next=%2Fleases").await;
    assert_eq!(
        (
            answer.status().as_u16(),
            answer.headers()[header::LOCATION].to_str().unwrap()
        ),
        (303, "/leases")
    );
}

#[tokio::test]
async fn on_https_the_cookie_is_bound_to_the_host() {
    let server = TestServer::start_at(Some("https://leasehold.example")).await;
    let arguments = json!({"username": "admin", "password": PASSWORD});
    let answer = server
        .request(Method::POST, "/api/v1/session/sign-in")
        .json(&arguments)
        .send()
        .await
        .unwrap();
    let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(
        cookie.starts_with("__Host-leasehold_session=") && cookie.contains("; Secure"),
        "{cookie}"
    );
    assert_eq!(
        answer.headers()[header::STRICT_TRANSPORT_SECURITY],
        "max-age=31536000"
    );
}

#[tokio::test]
async fn a_forgotten_session_ends() {
    let server = TestServer::start().await;
    let cookie = server.session().await;
    let page = || {
        server
            .request(Method::GET, "/")
            .header(header::COOKIE, &cookie)
            .send()
    };
    assert_eq!(page().await.unwrap().status(), 200);
    let month = std::time::Duration::from_hours(31 * 24);
    server.emulator.clock().advance(month);
    assert_eq!(page().await.unwrap().status(), 303);
}

#[tokio::test]
async fn neither_password_nor_session_nor_token_is_stored_readably() {
    let server = TestServer::start().await;
    let cookie = server.session().await;
    let session = cookie.split_once('=').unwrap().1.to_owned();
    assert!(server.call("session/whoami", json!({})).await.0.is_success());
    server.stop().await;
    for entry in std::fs::read_dir(server.data_dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for secret in [PASSWORD, TOKEN, &session] {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{} in {}", secret, path.display());
        }
    }
}

#[tokio::test]
async fn asked_to_stop_it_takes_no_more_requests() {
    let server = TestServer::start().await;
    assert_eq!(server.get("/healthz").await.status(), 200);
    server.stop().await;
    assert!(server.request(Method::GET, "/healthz").send().await.is_err());
}
