//! How arguments come in: JSON that is refused by name where it is not exactly what the call takes.
//!
//! serde takes unknown fields in silence and names no path in its errors; API clients deserve both. The refusal travels
//! through the server function's own error, as the JSON of an [`ApiError`].

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use server_fn::codec::Post;
use server_fn::error::{FromServerFnError, ServerFnErrorErr};
use server_fn::{ContentType, Decodes, Encodes, Format, FormatType};

use crate::domain::error::ErrorBody;
use crate::domain::{ApiError, ErrorCode};

/// JSON in and out by POST; arguments are read strictly.
pub type StrictJson = Post<Strict>;

/// The encoding behind [`StrictJson`].
pub struct Strict;

impl ContentType for Strict {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for Strict {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for Strict {
    type Error = serde_json::Error;

    fn encode(value: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(value).map(Bytes::from)
    }
}

#[cfg(not(feature = "ssr"))]
impl<T: DeserializeOwned> Decodes<T> for Strict {
    type Error = String;

    // From text and not from bytes, as the values in the HTML are read: one reader a type in the browser, not two.
    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        let text = std::str::from_utf8(&bytes).map_err(|error| error.to_string())?;
        serde_json::from_str(text).map_err(|error| error.to_string())
    }
}

#[cfg(feature = "ssr")]
impl<T: DeserializeOwned> Decodes<T> for Strict {
    /// The JSON of the [`ApiError`] that says what is wrong.
    type Error = String;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        strict::read(&bytes).map_err(|error| serde_json::to_string(&error).unwrap_or_default())
    }
}

impl FromServerFnError for ApiError {
    type Encoder = ErrorEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(text)
            | ServerFnErrorErr::MissingArg(text)
            | ServerFnErrorErr::Deserialization(text) => serde_json::from_str(&text).unwrap_or_else(|_| {
                Self::new(
                    ErrorCode::Internal,
                    format!("The answer could not be read: {text}. Reload the page."),
                )
            }),
            ServerFnErrorErr::Request(text) => Self::new(
                ErrorCode::UpstreamUnavailable,
                format!(
                    "The server did not answer ({text}). Check that it is running and try again; nothing typed here is lost."
                ),
            ),
            ServerFnErrorErr::Registration(text)
            | ServerFnErrorErr::UnsupportedRequestMethod(text)
            | ServerFnErrorErr::ServerError(text)
            | ServerFnErrorErr::MiddlewareError(text)
            | ServerFnErrorErr::Serialization(text)
            | ServerFnErrorErr::Response(text) => Self::new(
                ErrorCode::Internal,
                format!("Something went wrong here, not with your request: {text}."),
            ),
        }
    }
}

/// Writes an [`ApiError`] as the body `{"error":{…}}`.
pub struct ErrorEncoding;

impl ContentType for ErrorEncoding {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for ErrorEncoding {
    const FORMAT_TYPE: Format = Format::Text;
}

impl Encodes<ApiError> for ErrorEncoding {
    type Error = serde_json::Error;

    fn encode(error: &ApiError) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(&ErrorBody { error: error.clone() }).map(Bytes::from)
    }
}

impl Decodes<ApiError> for ErrorEncoding {
    type Error = String;

    fn decode(bytes: Bytes) -> Result<ApiError, Self::Error> {
        let text = std::str::from_utf8(&bytes).map_err(|error| error.to_string())?;
        serde_json::from_str::<ErrorBody>(text)
            .map(|body| body.error)
            .map_err(|error| error.to_string())
    }
}

#[cfg(feature = "ssr")]
mod strict {
    //! Reading JSON with a reason, and a field, for every refusal.

    use serde::de::DeserializeOwned;
    use serde_json::error::Category;

    use crate::domain::{ApiError, ErrorCode};

    /// Reads a call's arguments. An empty body counts as `{}`, for calls that take nothing.
    pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
        let bytes = if bytes.iter().all(u8::is_ascii_whitespace) {
            b"{}"
        } else {
            bytes
        };
        serde_json::from_slice::<serde::de::IgnoredAny>(bytes).map_err(|error| not_json(&error))?;
        // serde would take an array for a struct, its elements in order.
        if !bytes.trim_ascii_start().starts_with(b"{") {
            return Err(ApiError::invalid("body", "expected one JSON object"));
        }
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let mut path_track = serde_path_to_error::Track::new();
        let mut unknown = Vec::new();
        let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut path_track);
        let value = serde_ignored::deserialize(tracked, |path| unknown.push(path.to_string()));
        let value = value.map_err(|error| refusal(&path_track.path(), &error))?;
        match unknown.first() {
            None => Ok(value),
            Some(field) => Err(ApiError::invalid(
                with_variants(&clean(field), bytes),
                "there is no such field",
            )),
        }
    }

    /// The path of an unknown field, with the names of the enum variants on the way, which `serde_ignored` leaves out: a variant
    /// is the only key of its object.
    fn with_variants(path: &str, bytes: &[u8]) -> String {
        let whole: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
        let mut here = Some(&whole);
        let mut full = Vec::new();
        for part in path.split('.') {
            while let Some(object) = here.and_then(serde_json::Value::as_object)
                && !object.contains_key(part)
                && let [variant] = object.keys().collect::<Vec<_>>()[..]
            {
                full.push(variant.as_str());
                here = object.get(variant);
            }
            full.push(part);
            here = here.and_then(|value| value.get(part));
        }
        full.join(".")
    }

    fn refusal(path: &serde_path_to_error::Path, error: &serde_json::Error) -> ApiError {
        let text = without_position(&error.to_string());
        match error.classify() {
            Category::Data => {}
            Category::Syntax | Category::Eof | Category::Io => return not_json(error),
        }
        let parent = clean(&path.to_string());
        let named = |prefix: &str| text.strip_prefix(prefix).and_then(|rest| rest.split('`').next());
        if let Some(field) = named("missing field `") {
            return ApiError::invalid(join(&parent, field), "this field is missing");
        }
        if let Some(field) = named("duplicate field `") {
            return ApiError {
                reason: Some("duplicate_key".to_owned()),
                ..ApiError::invalid(join(&parent, field), "this key stands here twice")
            };
        }
        // serde quotes the value that it did not expect, and that can be a password: only what was expected is told.
        match text.rsplit_once("expected ") {
            Some((found, expected))
                if found.starts_with("unknown variant `") || found.starts_with("invalid ") =>
            {
                let why = format!("expected {}", expected.replace('`', "\""));
                ApiError::invalid(parent_or_body(&parent), why)
            }
            Some(_) | None => ApiError::invalid(parent_or_body(&parent), text),
        }
    }

    fn not_json(error: &serde_json::Error) -> ApiError {
        ApiError::new(
            ErrorCode::Invalid,
            format!("The body is not JSON: {error}. Send one JSON object."),
        )
        .with_reason("not_json")
    }

    /// The path without the marks that the two libraries put in for options and newtypes.
    fn clean(path: &str) -> String {
        let parts = path.split('.').filter(|part| !part.is_empty() && *part != "?");
        parts.collect::<Vec<_>>().join(".")
    }

    fn join(parent: &str, field: &str) -> String {
        if parent.is_empty() {
            field.to_owned()
        } else {
            format!("{parent}.{field}")
        }
    }

    fn parent_or_body(parent: &str) -> &str {
        if parent.is_empty() { "body" } else { parent }
    }

    fn without_position(text: &str) -> String {
        text.rsplit_once(" at line ")
            .map_or(text, |(what, _)| what)
            .to_owned()
    }

    #[cfg(test)]
    mod tests {
        use serde::Deserialize;

        use super::*;
        use crate::domain::{SecretSpec, Ttl};

        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only whether it can be read matters here")]
        struct Call {
            path: String,
            spec: Option<SecretSpec>,
            ttl: Option<Ttl>,
        }

        fn field_of(text: &str) -> (u16, Option<String>, String) {
            let error = read::<Call>(text.as_bytes()).unwrap_err();
            (error.status(), error.field.clone(), error.message)
        }

        #[test]
        fn what_is_wrong_is_named() {
            for (text, status, field) in [
                (r#"{"ttl":60}"#, 422, Some("path")),
                (r#"{"path":1}"#, 422, Some("path")),
                (r#"{"path":"x","ttl":"59s"}"#, 422, Some("ttl")),
                (r#"{"path":"x","ttl":true}"#, 422, Some("ttl")),
                (r#"{"path":"x","nonsense":1}"#, 422, Some("nonsense")),
                (
                    r#"{"path":"x","spec":{"app_secret":{}}}"#,
                    422,
                    Some("spec.app_secret.application_object_id"),
                ),
                (
                    r#"{"path":"x","spec":{"app_secret":{"application_object_id":"y","more":1}}}"#,
                    422,
                    Some("spec.app_secret.more"),
                ),
                (
                    r#"{"path":"x","spec":{"portal_user":{"domain":"c.com","password_length":3}}}"#,
                    422,
                    Some("spec.portal_user.password_length"),
                ),
                (
                    r#"{"path":"x","spec":{"portal_user":{"domain":"c.com","groups":["a",2]}}}"#,
                    422,
                    Some("spec.portal_user.groups[1]"),
                ),
                (r#"{"path":"x","spec":{"nonsense":{}}}"#, 422, Some("spec")),
                (r#"{"path":"x","path":"y"}"#, 400, Some("path")),
                (r#"{"path":"#, 400, None),
                ("[]x", 400, None),
                (r#"["x"]"#, 422, Some("body")),
                ("3", 422, Some("body")),
                ("nonsense", 400, None),
            ] {
                let (found_status, found_field, message) = field_of(text);
                assert_eq!(
                    (found_status, found_field.as_deref()),
                    (status, field),
                    "{text}: {message}"
                );
            }
        }

        #[test]
        fn a_value_is_not_quoted() {
            for text in [
                r#"{"path":"x","spec":"hunter2"}"#,
                r#"{"path":"x","spec":{"hunter2":1}}"#,
                r#"{"path":"x","spec":{"app_secret":"hunter2, expected hunter2 at line 2"}}"#,
            ] {
                let (_, _, message) = field_of(text);
                assert!(!message.contains("hunter2"), "{message}");
            }
        }

        #[test]
        fn an_empty_body_is_an_empty_object() {
            assert_eq!(field_of("").1.as_deref(), Some("path"));
        }
    }
}
