//! The emulator's own tokens: signed with one RSA key per process, and read back by Graph.

use std::sync::LazyLock;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The key that signs the tokens of every emulator in this process: making one takes a while.
static KEY: LazyLock<SigningKey> = LazyLock::new(|| {
    let pair = KeyPair::generate(KeySize::Rsa2048).expect("AWS-LC makes RSA keys of a standard size");
    SigningKey {
        pair,
        id: URL_SAFE_NO_PAD.encode(crate::entropy::new_id()),
    }
});

/// A key that signs tokens.
#[derive(Debug)]
pub struct SigningKey {
    pair: KeyPair,
    id: String,
}

impl SigningKey {
    /// The key of this process.
    pub fn of_process() -> &'static Self {
        &KEY
    }

    /// The key's public half, as `jwks` lists it.
    pub fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        json!({
            "kty": "RSA",
            "use": "sig",
            "kid": self.id,
            "x5t": self.id,
            "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
        })
    }

    /// A signed token with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        let header = json!({"typ": "JWT", "alg": "RS256", "kid": self.id, "x5t": self.id});
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encode(&header), encode(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message.as_bytes(),
                &mut signature,
            )
            .expect("a 2048 bit key signs SHA-256");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The claims of a token that this key signed.
    pub fn read(&self, token: &str) -> Result<Value, Unreadable> {
        let mut parts = token.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Unreadable::Malformed);
        };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Unreadable::Malformed);
        let message = format!("{header}.{claims}");
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key().as_ref())
            .verify(message.as_bytes(), &decode(signature)?)
            .map_err(|_| Unreadable::Signature)?;
        serde_json::from_slice(&decode(claims)?).map_err(|_| Unreadable::Malformed)
    }
}

/// Why a token cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is no JWT.
    Malformed,
    /// It was signed by somebody else, or changed since.
    Signature,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_token_is_read_back_and_a_changed_one_is_not() {
        let key = SigningKey::of_process();
        let token = key.sign(&json!({"appid": "a"}));
        assert_eq!(key.read(&token), Ok(json!({"appid": "a"})));
        let (head, signature) = token.rsplit_once('.').unwrap();
        let forged = format!(
            "{}.{}.{signature}",
            head.split('.').next().unwrap(),
            URL_SAFE_NO_PAD.encode("{}")
        );
        assert_eq!(key.read(&forged), Err(Unreadable::Signature));
        assert_eq!(key.read("nonsense"), Err(Unreadable::Malformed));
    }
}
