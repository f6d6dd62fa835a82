//! Pages, assets and what watches us.

use reqwest::{Method, header};
use serde_json::json;

use crate::harness::{TestServer, settled};

#[tokio::test]
async fn strangers_are_led_to_the_sign_in_page_and_back() {
    let server = TestServer::start().await;
    for (path, expected) in [
        ("/", "/sign-in"),
        ("/leases?state=active", "/sign-in?next=%2Fleases%3Fstate%3Dactive"),
        ("/nonsense", "/sign-in?next=%2Fnonsense"),
    ] {
        let answer = server.request(Method::GET, path).send().await.unwrap();
        assert_eq!(
            (
                answer.status().as_u16(),
                answer.headers()[header::LOCATION].to_str().unwrap()
            ),
            (303, expected),
            "{path}"
        );
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    }
    let answer = server.request(Method::GET, "/sign-in").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let answer = server.request(Method::DELETE, "/leases").send().await.unwrap();
    assert_eq!(answer.status(), 401);
}

#[tokio::test]
async fn pages_are_whole_and_never_kept() {
    let server = TestServer::start().await;
    for path in ["/", "/items", "/leases", "/targets"] {
        let answer = server.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store", "{path}");
        assert_eq!(
            answer.headers()[header::CONTENT_TYPE],
            "text/html; charset=utf-8",
            "{path}"
        );
        let page = answer.text().await.unwrap();
        assert!(
            page.starts_with("<!DOCTYPE html>") && page.contains("</html>"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_is_no_page_is_told_with_404() {
    let server = TestServer::start().await;
    let answer = server.get("/nonsense").await;
    assert_eq!(
        (
            answer.status().as_u16(),
            answer.headers()[header::CACHE_CONTROL].to_str().unwrap()
        ),
        (404, "no-store")
    );
    assert!(answer.text().await.unwrap().contains("</html>"));
}

#[tokio::test]
async fn pages_are_compressed() {
    let server = TestServer::start().await;
    for (accepted, expected) in [
        ("br, gzip", Some("br")),
        ("gzip", Some("gzip")),
        ("identity", None),
    ] {
        let request = server
            .request(Method::GET, "/sign-in")
            .header(header::ACCEPT_ENCODING, accepted);
        let answer = request.send().await.unwrap();
        let encoding = answer
            .headers()
            .get(header::CONTENT_ENCODING)
            .map(|value| value.to_str().unwrap());
        assert_eq!(encoding, expected, "{accepted}");
    }
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_sent_in_the_smallest_form() {
    let server = TestServer::start().await;
    assert_eq!(
        server
            .request(Method::GET, "/assets/nonsense.js")
            .send()
            .await
            .unwrap()
            .status(),
        404
    );
    assert_eq!(
        server
            .request(Method::GET, "/assets/..%2fmanifest.json")
            .send()
            .await
            .unwrap()
            .status(),
        404
    );
    let page = server
        .request(Method::GET, "/sign-in")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let Some(start) = page.find("/assets/leasehold.") else {
        println!("no site was built: `make site`");
        return;
    };
    let path = page[start..].split(['"', '\'', '&']).next().unwrap();
    for (accepted, expected) in [
        ("br, gzip", Some("br")),
        ("gzip", Some("gzip")),
        ("identity", None),
    ] {
        let get = |method| {
            server
                .request(method, path)
                .header(header::ACCEPT_ENCODING, accepted)
        };
        let answer = get(Method::GET).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(
            answer
                .headers()
                .get(header::CONTENT_ENCODING)
                .map(|value| value.to_str().unwrap()),
            expected
        );
        assert_eq!(
            answer.headers()[header::CACHE_CONTROL],
            "public, max-age=31536000, immutable"
        );
        assert_eq!(answer.headers()[header::VARY], "accept-encoding");
        let tag = answer.headers()[header::ETAG].clone();
        let length = answer.headers()[header::CONTENT_LENGTH].clone();
        assert!(!answer.bytes().await.unwrap().is_empty());

        let again = get(Method::GET)
            .header(header::IF_NONE_MATCH, &tag)
            .send()
            .await
            .unwrap();
        assert_eq!(
            (again.status().as_u16(), &again.headers()[header::ETAG]),
            (304, &tag)
        );
        let head = get(Method::HEAD).send().await.unwrap();
        assert_eq!(
            (head.status().as_u16(), &head.headers()[header::CONTENT_LENGTH]),
            (200, &length)
        );
    }
}

#[tokio::test]
async fn we_say_whether_we_are_alive_and_ready() {
    let server = TestServer::start().await;
    for (path, expected) in [("/healthz", "alive"), ("/readyz", "ready")] {
        let (status, body) = settled(server.request(Method::GET, path).send().await.unwrap()).await;
        assert_eq!(
            (status.as_u16(), &body),
            (200, &json!({"status": expected})),
            "{path}"
        );
    }
    server.backend.shutdown(std::time::Duration::from_secs(5)).await;
    let (status, body) = settled(server.request(Method::GET, "/readyz").send().await.unwrap()).await;
    assert_eq!((status.as_u16(), &body["status"]), (503, &json!("not ready")));
    assert!(!body["reasons"].as_array().unwrap().is_empty());
}
