//! Starting and stopping, and the https side.

use emulator::{Emulator, Options};
use reqwest::{Certificate, Client};
use serde_json::Value;

#[tokio::test]
async fn https_is_trusted_by_who_trusts_the_made_up_authority() {
    let options = Options {
        https_listen: Some(([127, 0, 0, 1], 0).into()),
        ..Options::default()
    };
    let emulator = Emulator::start_with(options).await.unwrap();
    let url = emulator.https_url().unwrap();
    let authority = Certificate::from_pem(emulator.ca_pem().unwrap().as_bytes()).unwrap();
    let client = Client::builder().tls_certs_only([authority]).build().unwrap();
    for url in [url.to_owned(), url.replace("localhost", "127.0.0.1")] {
        let discovery = client.get(format!("{url}/contoso.com/v2.0/.well-known/openid-configuration"));
        let body: Value = discovery.send().await.unwrap().json().await.unwrap();
        assert_eq!(
            body["token_endpoint"],
            format!("{url}/contoso.com/oauth2/v2.0/token")
        );
    }
    assert!(Client::new().get(url).send().await.is_err());
}

#[tokio::test]
async fn a_dropped_emulator_serves_no_more() {
    let emulator = Emulator::start().await;
    let url = format!("{}/_emulator/clock", emulator.url());
    let client = Client::new();
    client.get(&url).send().await.unwrap();
    drop(emulator);
    // The servers stop as soon as the runtime gets to them.
    while client.get(&url).send().await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_empty_tenant_has_no_samples() {
    let emulator = Emulator::start_with(Options {
        empty: true,
        ..Options::default()
    })
    .await
    .unwrap();
    assert!(emulator.ledger().is_empty());
    assert_eq!(
        emulator.sign_in(&emulator.tenant().user_principal_name, "x"),
        Err(50034)
    );
}
