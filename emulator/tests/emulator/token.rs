//! The token endpoint and discovery.

use std::time::Duration;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{START, Tenant, read};

const GRAPH: &str = "https://graph.microsoft.com/.default";

fn number(body: &Value) -> u64 {
    body["error_codes"][0].as_u64().unwrap()
}

#[tokio::test]
async fn a_token_says_who_the_application_is_and_what_it_may() {
    let tenant = Tenant::start().await;
    let facts = tenant.facts();
    let (_, keys) = get(&tenant, &format!("/{}/discovery/v2.0/keys", facts.tenant_id)).await;
    let key = DecodingKey::from_rsa_components(
        keys["keys"][0]["n"].as_str().unwrap(),
        keys["keys"][0]["e"].as_str().unwrap(),
    )
    .unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&["https://graph.microsoft.com"]);
    validation.validate_exp = false;
    let claims = jsonwebtoken::decode::<Value>(&tenant.token, &key, &validation)
        .unwrap()
        .claims;
    assert_eq!(claims["tid"], json!(facts.tenant_id));
    assert_eq!(claims["appid"], json!(facts.client_id));
    assert_eq!(claims["azp"], json!(facts.client_id));
    assert_eq!(claims["oid"], json!(facts.broker_object_id));
    assert_eq!(claims["idtyp"], json!("app"));
    assert_eq!(
        claims["iss"],
        json!(format!("https://sts.windows.net/{}/", facts.tenant_id))
    );
    assert_eq!(
        (claims["nbf"].as_i64(), claims["exp"].as_i64()),
        (Some(START / 1000), Some(START / 1000 + 3600))
    );
    assert!(
        claims["roles"]
            .as_array()
            .unwrap()
            .contains(&json!("User.ReadWrite.All"))
    );
}

#[tokio::test]
async fn the_answer_has_the_shape_of_entras() {
    let tenant = Tenant::start().await;
    let (status, body) = tenant
        .token_for(&tenant.facts().client_id, &tenant.facts().client_secret)
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&body["token_type"], &body["expires_in"]),
        (&json!("Bearer"), &json!(3599))
    );
    assert_eq!(body["ext_expires_in"], json!(3599));
}

#[tokio::test]
async fn basic_authentication_and_domain_names_are_accepted() {
    let tenant = Tenant::start().await;
    let facts = tenant.facts();
    for name in ["contoso.com", "contoso.onmicrosoft.com", "corp.contoso.com"] {
        let url = format!("{}/{name}/oauth2/v2.0/token", tenant.emulator.url());
        let request = tenant
            .client
            .post(url)
            .basic_auth(&facts.client_id, Some(&facts.client_secret));
        let form = [("grant_type", "client_credentials"), ("scope", GRAPH)];
        let (status, body) = read(request.form(&form).send().await.unwrap()).await;
        assert_eq!(status, StatusCode::OK, "{body}");
    }
}

#[tokio::test]
async fn an_application_without_grants_gets_a_token_without_roles() {
    let tenant = Tenant::granting(&[]).await;
    let claims = tenant.token.split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims.get("roles"), None);
}

/// A form that asks for a token with a secret.
fn form<'a>(client: &'a str, secret: &'a str, scope: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![
        ("grant_type", "client_credentials"),
        ("client_id", client),
        ("client_secret", secret),
        ("scope", scope),
    ]
}

/// A token request that is refused: the tenant, the form, and the status, name and number of the refusal.
type Refusal<'a> = (&'a str, Vec<(&'static str, &'a str)>, u16, &'static str, u64);

async fn all_refused(tenant: &Tenant, cases: Vec<Refusal<'_>>) {
    for (name, form, status, error, expected) in cases {
        let (got, body) = tenant.token_request(name, &form).await;
        assert_eq!(
            (got.as_u16(), &body["error"], number(&body)),
            (status, &json!(error), expected),
            "{body}"
        );
        let description = body["error_description"].as_str().unwrap();
        assert!(
            description.starts_with(&format!("AADSTS{expected}: ")),
            "{description}"
        );
        assert!(description.contains("Trace ID: "), "{description}");
        assert!(description.contains("Correlation ID: "), "{description}");
    }
}

#[tokio::test]
async fn unknown_tenants_and_clients_are_refused_with_entras_numbers() {
    let tenant = Tenant::start().await;
    let facts = tenant.facts();
    let (here, id, secret) = (
        facts.tenant_id.as_str(),
        facts.client_id.as_str(),
        facts.client_secret.as_str(),
    );
    let nobody = "11111111-1111-4111-8111-111111111111";
    let good = || form(id, secret, GRAPH);
    let cases = vec![
        (here, form(id, "wrong", GRAPH), 401, "invalid_client", 7_000_215),
        (here, form(id, "", GRAPH), 401, "invalid_client", 7_000_218),
        (
            here,
            form(nobody, secret, GRAPH),
            400,
            "unauthorized_client",
            700_016,
        ),
        (here, form("", secret, GRAPH), 400, "invalid_request", 900_144),
        (nobody, good(), 400, "invalid_request", 90002),
        ("unverified.example", good(), 400, "invalid_request", 90002),
        ("nonsense", good(), 400, "invalid_request", 900_023),
        ("common", good(), 400, "invalid_request", 50059),
    ];
    all_refused(&tenant, cases).await;
}

#[tokio::test]
async fn bad_scopes_and_grants_are_refused_with_entras_numbers() {
    let tenant = Tenant::start().await;
    let facts = tenant.facts();
    let with = |scope| form(&facts.client_id, &facts.client_secret, scope);
    let here = facts.tenant_id.as_str();
    let two = "https://graph.microsoft.com/.default https://vault.azure.net/.default";
    let cases = vec![
        (here, with("User.Read"), 400, "invalid_scope", 70011),
        (here, with(""), 400, "invalid_scope", 70011),
        (here, with(two), 400, "invalid_scope", 700_022),
        (
            here,
            with("https://nobody.example/.default"),
            400,
            "invalid_resource",
            500_011,
        ),
        (
            here,
            vec![("grant_type", "password")],
            400,
            "unsupported_grant_type",
            70003,
        ),
        (here, vec![("scope", GRAPH)], 400, "invalid_request", 900_144),
    ];
    all_refused(&tenant, cases).await;
}

#[tokio::test]
async fn tokens_for_other_resources_carry_no_graph_roles() {
    let tenant = Tenant::start().await;
    let facts = tenant.facts();
    let own = format!("api://{}/.default", facts.owned_application_client_id);
    for scope in ["https://management.azure.com/.default", own.as_str()] {
        let (status, body) = tenant
            .token_request(
                &facts.tenant_id,
                &[
                    ("grant_type", "client_credentials"),
                    ("client_id", &facts.client_id),
                    ("client_secret", &facts.client_secret),
                    ("scope", scope),
                ],
            )
            .await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let request = tenant.client.get(format!("{}/v1.0/users", tenant.emulator.url()));
        let request = request.bearer_auth(body["access_token"].as_str().unwrap());
        assert_eq!(request.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_disabled_application_gets_no_token() {
    let tenant = Tenant::start().await;
    let facts = tenant.facts();
    let path = format!(
        "/servicePrincipals(appId='{}')",
        facts.owned_application_client_id
    );
    let (_, secret) = tenant
        .post(
            &format!("/applications/{}/addPassword", facts.owned_application_id),
            json!({}),
        )
        .await;
    assert_eq!(
        tenant.patch(&path, json!({"accountEnabled": false})).await.0,
        StatusCode::NO_CONTENT
    );
    let secret = secret["secretText"].as_str().unwrap();
    let (_, body) = tenant.token_for(&facts.owned_application_client_id, secret).await;
    assert_eq!(number(&body), 7_000_112);
}

#[tokio::test]
async fn discovery_names_the_endpoints_and_knows_which_tenants_exist() {
    let tenant = Tenant::start().await;
    let url = tenant.emulator.url();
    let (status, body) = get(&tenant, "/contoso.com/v2.0/.well-known/openid-configuration").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        body["token_endpoint"],
        json!(format!("{url}/contoso.com/oauth2/v2.0/token"))
    );
    assert_eq!(
        body["issuer"],
        json!(format!("{url}/{}/v2.0", tenant.facts().tenant_id))
    );
    let (status, body) = get(&tenant, "/fabrikam.com/v2.0/.well-known/openid-configuration").await;
    assert_eq!(
        (status, &body["error"]),
        (StatusCode::BAD_REQUEST, &json!("invalid_tenant"))
    );
    assert_eq!(number(&body), 90002);
}

async fn get(tenant: &Tenant, path: &str) -> (StatusCode, Value) {
    read(
        tenant
            .client
            .get(format!("{}{path}", tenant.emulator.url()))
            .send()
            .await
            .unwrap(),
    )
    .await
}

/// A key with a certificate, in PEM, and the certificate's bytes.
fn certificate() -> (EncodingKey, String, Vec<u8>) {
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["broker".into()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let signing = EncodingKey::from_rsa_pem(key.serialize_pem().as_bytes()).unwrap();
    (signing, certificate.pem(), certificate.der().to_vec())
}

fn assertion(tenant: &Tenant, key: &EncodingKey, header: &Header, change: &Value) -> String {
    let facts = tenant.facts();
    let mut claims = json!({
        "aud": format!("{}/{}/oauth2/v2.0/token", tenant.emulator.url(), facts.tenant_id),
        "iss": facts.client_id, "sub": facts.client_id, "jti": "1",
        "nbf": START / 1000, "exp": START / 1000 + 300,
    });
    claims
        .as_object_mut()
        .unwrap()
        .extend(change.as_object().unwrap().clone());
    jsonwebtoken::encode(header, &claims, key).unwrap()
}

async fn present(tenant: &Tenant, assertion: &str) -> (StatusCode, Value) {
    let facts = tenant.facts();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", facts.client_id.as_str()),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("client_assertion", assertion),
        ("scope", GRAPH),
    ];
    tenant.token_request(&facts.tenant_id, &form).await
}

fn thumbprint(algorithm: &'static aws_lc_rs::digest::Algorithm, der: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(algorithm, der).as_ref().to_vec()
}

#[tokio::test]
async fn an_assertion_of_a_registered_certificate_is_as_good_as_a_secret() {
    let tenant = Tenant::start().await;
    let (key, pem, der) = certificate();
    tenant
        .emulator
        .register_certificate(&tenant.facts().client_id, &pem)
        .unwrap();
    let sha1 = thumbprint(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &der);
    let sha256 = thumbprint(&aws_lc_rs::digest::SHA256, &der);
    for algorithm in [Algorithm::RS256, Algorithm::PS256] {
        for encoded in [STANDARD.encode(&sha1), URL_SAFE_NO_PAD.encode(&sha1)] {
            let header = Header {
                x5t: Some(encoded),
                ..Header::new(algorithm)
            };
            let (status, body) = present(&tenant, &assertion(&tenant, &key, &header, &json!({}))).await;
            assert_eq!(status, StatusCode::OK, "{body}");
        }
        let header = Header {
            x5t_s256: Some(URL_SAFE_NO_PAD.encode(&sha256)),
            ..Header::new(algorithm)
        };
        let (status, body) = present(
            &tenant,
            &assertion(&tenant, &key, &header, &json!({"exp": 1_795_219_500.25})),
        )
        .await;
        assert_eq!(status, StatusCode::OK, "{body}");
    }
}

#[tokio::test]
async fn assertions_that_nobody_vouches_for_are_refused() {
    let tenant = Tenant::start().await;
    let (key, pem, der) = certificate();
    let (other_key, _, _) = certificate();
    let header = Header {
        x5t: Some(URL_SAFE_NO_PAD.encode(thumbprint(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &der))),
        ..Header::new(Algorithm::RS256)
    };
    let unregistered = present(&tenant, &assertion(&tenant, &key, &header, &json!({}))).await;
    assert_eq!(
        (unregistered.0, number(&unregistered.1)),
        (StatusCode::UNAUTHORIZED, 700_027)
    );

    tenant
        .emulator
        .register_certificate(&tenant.facts().client_id, &pem)
        .unwrap();
    let cases = [
        (&other_key, json!({}), 700_027),
        (&key, json!({"iss": "somebody"}), 700_021),
        (
            &key,
            json!({"aud": "https://localhost/fabrikam.com/oauth2/v2.0/token"}),
            700_023,
        ),
        (&key, json!({"exp": START / 1000 - 301}), 700_024),
        (&key, json!({"nbf": START / 1000 + 301}), 700_024),
    ];
    for (key, change, expected) in cases {
        let (_, body) = present(&tenant, &assertion(&tenant, key, &header, &change)).await;
        assert_eq!(number(&body), expected, "{body}");
    }
}

#[tokio::test]
async fn a_token_ends_when_its_hour_is_over() {
    let tenant = Tenant::start().await;
    tenant.emulator.clock().advance(Duration::from_hours(1));
    let (status, body) = tenant.get("/organization").await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (StatusCode::UNAUTHORIZED, &json!("InvalidAuthenticationToken"))
    );
}
