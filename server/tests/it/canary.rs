//! Values that must not lie around: not in the database's files, not in pages. Looked for byte by byte.

use serde_json::json;

use crate::harness::{PASSWORD, TOKEN, TestServer};

/// Every file of the data folder with its bytes, while the server runs: what is not yet in the database is in its log.
fn stored(server: &TestServer) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(server.data_dir.path()).unwrap();
    let files = entries.map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read(path).unwrap())
    });
    files.collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn nothing_secret_is_stored_readably_or_shown_again() {
    let server = TestServer::with_item("/ci/deploy").await;
    server
        .ok("secrets/create", server.portal_user_arguments("/people/help"))
        .await;
    server.session().await;
    let app = server.lease("/ci/deploy").await;
    let user = server.lease("/people/help").await;
    let value = |text: &serde_json::Value| text.as_str().unwrap().to_owned();
    let canaries = [
        ("client secret", server.emulator.tenant().client_secret.clone()),
        ("password", PASSWORD.to_owned()),
        ("token", TOKEN.to_owned()),
        ("app secret", value(&app["issued"]["client_secret"])),
        ("user's password", value(&user["issued"]["password"])),
    ];

    for (page, sign) in [
        ("/".to_owned(), "<html"),
        ("/items".to_owned(), "/ci/deploy"),
        ("/items/new".to_owned(), "contoso"),
        ("/items/at/ci/deploy".to_owned(), "/ci/deploy"),
        ("/leases".to_owned(), "/ci/deploy"),
        (format!("/leases/{}", value(&app["lease"]["id"])), "Payments API"),
        (format!("/leases/{}", value(&user["lease"]["id"])), "/people/help"),
        ("/targets".to_owned(), "contoso"),
        ("/targets/at/contoso".to_owned(), "contoso"),
    ] {
        let answer = server.get(&page).await;
        assert_eq!(answer.status(), 200, "{page}");
        let html = answer.text().await.unwrap();
        // A page that failed to show anything would hold nothing secret either.
        assert!(html.contains(sign), "{page} does not show {sign}");
        for (what, canary) in &canaries {
            assert!(!html.contains(canary), "the {what} is in {page}");
        }
    }
    for lease in [&app, &user] {
        let read = server
            .ok("leases/get", json!({"lease": lease["lease"]["id"]}))
            .await;
        for (what, canary) in &canaries {
            assert!(!read.to_string().contains(canary), "leases/get tells the {what}");
        }
    }

    server.ok("leases/revoke", json!({"target": "contoso"})).await;
    let files = stored(&server);
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert!(
        names.contains(&"leasehold.db") && names.contains(&"leasehold.db-wal"),
        "{names:?}"
    );
    // The search itself works: what is stored readably is found.
    assert!(files.iter().any(|(_, bytes)| holds(bytes, "/ci/deploy")));
    for (name, bytes) in &files {
        for (what, canary) in &canaries {
            assert!(!holds(bytes, canary), "the {what} is in {name}");
        }
    }
}
