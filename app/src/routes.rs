//! Every address of the console, as functions: links are written with these, the route table in `app.rs` holds the same paths.

use std::fmt::Write as _;

use crate::domain::{ItemPath, LeaseId, TargetName};

/// The first page.
pub fn home() -> String {
    "/".to_owned()
}

/// Signing in.
pub fn sign_in() -> String {
    "/sign-in".to_owned()
}

/// Where the sign-out form is sent.
pub fn sign_out() -> String {
    "/sign-out".to_owned()
}

/// The items; add `folder`, `q`, `kind`, `target`, `after` with [`with_query`].
pub fn items() -> String {
    "/items".to_owned()
}

/// New dynamic secret.
pub fn new_item() -> String {
    "/items/new".to_owned()
}

/// One item.
pub fn item(path: &ItemPath) -> String {
    format!("/items/at{path}")
}

/// One item, with its Generate dialog open.
pub fn generate(path: &ItemPath) -> String {
    format!("/items/at{path}?open=generate")
}

/// The leases; add `state`, `q`, `secret`, `target`, `after` with [`with_query`].
pub fn leases() -> String {
    "/leases".to_owned()
}

/// One lease.
pub fn lease(id: &LeaseId) -> String {
    format!("/leases/{id}")
}

/// The targets.
pub fn targets() -> String {
    "/targets".to_owned()
}

/// New target.
pub fn new_target() -> String {
    "/targets/new".to_owned()
}

/// One target.
pub fn target(name: &TargetName) -> String {
    format!("/targets/at/{name}")
}

/// The address with these parameters; those without a value are left out.
pub fn with_query(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut address = path.to_owned();
    let mut separator = '?';
    for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
        address.push(separator);
        separator = '&';
        address.push_str(name);
        address.push('=');
        encode_into(&mut address, value);
    }
    address
}

/// Percent-encodes everything but what never needs it (RFC 3986, unreserved) and `/`, which may stand in a query.
fn encode_into(address: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            address.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(address, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_and_empty_ones_left_out() {
        assert_eq!(
            with_query(
                "/leases",
                &[("state", "live"), ("q", ""), ("secret", "/prod/a b&c=é")]
            ),
            "/leases?state=live&secret=/prod/a%20b%26c%3D%C3%A9"
        );
        assert_eq!(with_query("/leases", &[]), "/leases");
    }
}
