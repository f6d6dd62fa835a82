//! The session cookie: `HttpOnly`, `SameSite=Lax`, and on https `Secure` with the `__Host-` prefix, so that no other host or path
//! can set or read it.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::domain::SecretText;

/// How the session cookie of this installation is named and flagged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionCookie {
    secure: bool,
}

impl SessionCookie {
    /// The cookie of an address that begins with `https` (`secure`) or with `http`.
    pub fn new(secure: bool) -> Self {
        Self { secure }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        if self.secure {
            "__Host-leasehold_session"
        } else {
            "leasehold_session"
        }
    }

    /// The `Set-Cookie` that hands out a session. It ends with the browser's session; the server ends it earlier where it is
    /// idle.
    pub fn set(self, token: &SecretText) -> HeaderValue {
        self.header(token.expose(), "")
    }

    /// The `Set-Cookie` that takes it away.
    pub fn clear(self) -> HeaderValue {
        self.header("", "; Max-Age=0")
    }

    /// The session that a request carries.
    pub fn read(self, headers: &HeaderMap) -> Option<SecretText> {
        let cookies = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok());
        let mut pairs = cookies
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        pairs
            .find(|(name, value)| *name == self.name() && !value.is_empty())
            .map(|(_, value)| SecretText::new(value))
    }

    fn header(self, value: &str, more: &str) -> HeaderValue {
        let secure = if self.secure { "; Secure" } else { "" };
        let text = format!(
            "{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{more}",
            self.name()
        );
        let mut header = HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""));
        header.set_sensitive(true);
        header
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_read() {
        for secure in [false, true] {
            let cookie = SessionCookie::new(secure);
            let set = cookie.set(&SecretText::new("abc"));
            let text = set.to_str().unwrap();
            assert!(
                text.contains("HttpOnly")
                    && text.contains("SameSite=Lax")
                    && text.contains("Secure") == secure
            );
            let mut headers = HeaderMap::new();
            let carried = format!("other=1; {}", text.split(';').next().unwrap());
            headers.insert(header::COOKIE, carried.parse().unwrap());
            assert_eq!(cookie.read(&headers).unwrap().expose(), "abc");
            assert!(SessionCookie::new(!secure).read(&headers).is_none());
        }
    }
}
