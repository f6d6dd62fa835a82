//! Requests and answers as the rest of the emulator sees them: decoded, whole, and free of any HTTP library's types.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

/// A request that has been read and decoded.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// `http://host:port`, as the client named it.
    pub base: String,
    /// The path, percent-decoded.
    pub path: String,
    /// The path's segments, percent-decoded one by one; `users('x')` counts as `users/x`, and
    /// `applications(appId='x')` as `applications/(appId='x')`.
    pub segments: Vec<String>,
    /// The query's names and values, decoded.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// Decodes the parts of a request. `target` is the path and query as they came.
    pub fn new(method: Method, base: String, target: &str, headers: HeaderMap, body: Vec<u8>) -> Self {
        let (raw_path, raw_query) = target.split_once('?').unwrap_or((target, ""));
        let segments = raw_path
            .split('/')
            .filter(|part| !part.is_empty())
            .flat_map(|part| split_key(decode(part)));
        Self {
            method,
            base,
            path: decode(raw_path),
            segments: segments.collect(),
            query: url::form_urlencoded::parse(raw_query.as_bytes())
                .into_owned()
                .collect(),
            headers,
            body,
        }
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A query option's value.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The bearer token, if the request carries one.
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    }

    /// The user and password of Basic authentication, if the request carries them.
    pub fn basic(&self) -> Option<(String, String)> {
        let (scheme, encoded) = self.header("authorization")?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (user, password) = text.split_once(':')?;
        Some((decode_form(user), decode_form(password)))
    }

    /// The body as a form.
    pub fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }
}

/// Whether a URL leads to this machine. A checking proxy in front of the emulator is reached there under a name of its
/// own, which clients then use in links and scopes although the emulator cannot know it.
pub fn is_loopback(url: &url::Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// `users('x')` is `users` and `x`; `applications(appId='x')` is `applications` and `(appId='x')`.
fn split_key(segment: String) -> Vec<String> {
    let Some((name, key)) = segment.strip_suffix(')').and_then(|open| open.split_once('(')) else {
        return vec![segment];
    };
    if name.is_empty() {
        return vec![segment];
    }
    let plain = key.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    vec![
        name.to_owned(),
        plain.map_or_else(|| format!("({key})"), |value| value.replace("''", "'")),
    ]
}

/// Percent-decodes a path: unlike in a form, a plus sign is a plus sign.
fn decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    decode_form(&text.replace('+', "%2B"))
}

fn decode_form(text: &str) -> String {
    // A form with one nameless field: the same decoding, without another dependency.
    let field = text.replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(field.as_bytes())
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// Headers besides those that every answer has.
    pub headers: Vec<(&'static str, String)>,
    /// The body, if there is one.
    pub body: Option<Value>,
}

impl Response {
    /// An answer with a JSON body.
    pub fn json(status: StatusCode, body: Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Some(body),
        }
    }

    /// An answer without a body.
    pub fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: None,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(target: &str) -> Request {
        Request::new(
            Method::GET,
            "http://localhost".into(),
            target,
            HeaderMap::new(),
            Vec::new(),
        )
    }

    #[test]
    fn paths_and_queries_are_decoded() {
        let got =
            request("/v1.0/applications(appId=%27a-b%27)/addPassword?%24select=id%2CdisplayName&$top=5");
        assert_eq!(
            got.segments,
            ["v1.0", "applications", "(appId='a-b')", "addPassword"]
        );
        assert_eq!(got.option("$select"), Some("id,displayName"));
        assert_eq!(got.option("$top"), Some("5"));
    }

    #[test]
    fn a_quoted_key_is_a_segment_of_its_own() {
        assert_eq!(
            request("/v1.0/users('o''hara@x.y')").segments,
            ["v1.0", "users", "o'hara@x.y"]
        );
        assert_eq!(
            request("/v1.0/users/a+b%23EXT%23@x.y").segments[2],
            "a+b#EXT#@x.y"
        );
    }
}
