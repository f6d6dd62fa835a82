//! Client assertions: a JWT that the application signs with the key of a certificate it has registered.

use aws_lc_rs::digest;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use super::errors::TokenError;
use crate::directory::object::{Object, valid_certificates};

/// The only type of assertion there is.
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

#[derive(Deserialize)]
struct Claims {
    aud: String,
    iss: String,
    sub: String,
    exp: i64,
    #[serde(default)]
    nbf: i64,
}

/// The client id that an assertion claims, before anything about it is believed.
pub fn claimed_client(assertion: &str) -> Option<String> {
    let claims = assertion.split('.').nth(1)?;
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    Some(claims.sub)
}

/// Believes an assertion, or says why not. `tenant` is what the token endpoint's path called the tenant.
pub fn verify(assertion: &str, application: &Object, tenant: &str, now: i64) -> Result<(), TokenError> {
    let header =
        jsonwebtoken::decode_header(assertion).map_err(|_| TokenError::bad_assertion("it is malformed"))?;
    if !matches!(header.alg, Algorithm::RS256 | Algorithm::PS256) {
        return Err(TokenError::bad_assertion(
            "its algorithm is neither RS256 nor PS256",
        ));
    }
    let certificate = valid_certificates(application, now)
        .into_iter()
        .filter_map(|key| STANDARD.decode(key).ok())
        .find(|der| {
            let thumbprint = |sent: &Option<String>, algorithm| {
                sent.as_ref()
                    .is_some_and(|sent| is_thumbprint(sent, der, algorithm))
            };
            thumbprint(&header.x5t, &digest::SHA1_FOR_LEGACY_USE_ONLY)
                || thumbprint(&header.x5t_s256, &digest::SHA256)
        })
        .ok_or_else(|| {
            TokenError::bad_assertion("no certificate with its thumbprint is registered on the app")
        })?;
    let key = DecodingKey::from_rsa_pem(pem(&certificate).as_bytes())
        .map_err(|_| TokenError::bad_assertion("the registered certificate has no RSA key"))?;
    // The dates are judged below, by the emulator's clock instead of the system's.
    let mut validation = Validation::new(header.alg);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = jsonwebtoken::decode::<Claims>(assertion, &key, &validation)
        .map_err(|_| TokenError::bad_assertion("its signature is not that of the registered certificate"))?
        .claims;
    judge(&claims, application.text("appId"), tenant, now / 1000)
}

fn judge(claims: &Claims, client_id: &str, tenant: &str, now: i64) -> Result<(), TokenError> {
    // Clocks differ a little: Entra forgives five minutes.
    const SKEW: i64 = 300;
    if claims.iss != client_id || claims.sub != client_id {
        return Err(TokenError::foreign_assertion());
    }
    if claims.exp + SKEW <= now || claims.nbf > now + SKEW {
        return Err(TokenError::untimely_assertion());
    }
    // The host may be any: a client that reaches the emulator through a proxy signs for the name it knows.
    let path = url::Url::parse(&claims.aud)
        .map(|url| url.path().to_owned())
        .unwrap_or_default();
    let expected = [format!("/{tenant}/oauth2/v2.0/token"), format!("/{tenant}/v2.0")];
    if expected.iter().any(|fine| fine.eq_ignore_ascii_case(&path)) {
        Ok(())
    } else {
        Err(TokenError::misdirected_assertion())
    }
}

/// Clients send thumbprints in either alphabet of base64, with padding or without.
fn is_thumbprint(sent: &str, der: &[u8], algorithm: &'static digest::Algorithm) -> bool {
    let plain = sent.trim_end_matches('=').replace('+', "-").replace('/', "_");
    plain == URL_SAFE_NO_PAD.encode(digest::digest(algorithm, der))
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<String> = text
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
}
