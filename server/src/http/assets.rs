//! The site: WebAssembly, its JavaScript, style, fonts and static files, embedded as `make site` has left them in target/site.
//!
//! Rule: what stands under /assets has its hash in its name and is kept by browsers for ever. A debug build reads the folder at
//! each request; where it has no manifest (`make watch`), the names are plain and nothing is kept.

use std::borrow::Cow;

use app::app::AssetNames;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use serde::Deserialize;

use super::HttpState;

#[derive(RustEmbed)]
#[folder = "../target/site"]
struct Files;

const MANIFEST: &str = "manifest.json";

/// The ways in which a file may be stored besides plain, the smallest first: as in `Accept-Encoding`, and its ending.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// The manifest, as `frontend/bundle.mjs` writes it.
#[derive(Deserialize)]
struct Manifest {
    script: String,
    wasm: String,
    style: String,
}

/// The embedded site.
pub struct Site {
    names: AssetNames,
    hashed: bool,
}

impl Site {
    /// Reads the manifest.
    pub fn load() -> Self {
        let manifest = Files::get(MANIFEST).and_then(|file| serde_json::from_slice(&file.data).ok());
        let hashed = manifest.is_some();
        let names = manifest.map_or_else(plain_names, |Manifest { script, wasm, style }| AssetNames {
            script,
            wasm,
            style,
        });
        Self { names, hashed }
    }

    /// Where pages find the script, the WebAssembly and the style.
    pub fn names(&self) -> AssetNames {
        self.names.clone()
    }

    /// The file at this path, in the smallest form that the browser takes.
    pub fn answer(&self, path: &str, asked: &HeaderMap) -> Option<Response> {
        let name = file_name(path)?;
        let plain = Files::get(name)?;
        let (file, encoding) =
            smallest(name, asked).map_or((plain, None), |(file, encoding)| (file, Some(encoding)));
        let tag = entity_tag(&file);
        let known = asked
            .get(header::IF_NONE_MATCH)
            .and_then(|value| value.to_str().ok());
        let mut response = if known.is_some_and(|known| {
            known
                .split(',')
                .any(|one| one.trim().trim_start_matches("W/") == tag)
        }) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let kind = mime_guess::from_path(name).first_or_octet_stream();
            let mut response = Response::new(body(file.data));
            insert(&mut response, header::CONTENT_TYPE, kind.essence_str());
            if let Some(encoding) = encoding {
                insert(&mut response, header::CONTENT_ENCODING, encoding);
            }
            response
        };
        insert(&mut response, header::ETAG, &tag);
        insert(&mut response, header::VARY, "accept-encoding");
        let for_ever = self.hashed && name.starts_with("assets/");
        insert(
            &mut response,
            header::CACHE_CONTROL,
            if for_ever {
                "public, max-age=31536000, immutable"
            } else {
                "no-cache"
            },
        );
        Some(response)
    }
}

/// Whether there is a file at this path.
pub fn exists(path: &str) -> bool {
    file_name(path).is_some_and(|name| Files::get(name).is_some())
}

/// The names without a manifest: those of `make watch`, or none where no site was built.
fn plain_names() -> AssetNames {
    let built = |path: &str| {
        if exists(path) {
            path.to_owned()
        } else {
            String::new()
        }
    };
    AssetNames {
        script: built("/assets/leasehold.js"),
        wasm: built("/assets/leasehold.wasm"),
        style: built("/assets/leasehold.css"),
    }
}

/// Answers for what stands under /assets.
pub async fn serve(State(state): State<HttpState>, request: Request) -> Response {
    let found = state.site.answer(request.uri().path(), request.headers());
    found.unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

/// The name under which a path's file is embedded. The manifest and the compressed forms are not reached by a path.
fn file_name(path: &str) -> Option<&str> {
    let name = path.strip_prefix('/')?;
    let hidden =
        name.is_empty() || name == MANIFEST || ENCODINGS.iter().any(|(_, ending)| name.ends_with(ending));
    (!hidden && !name.split('/').any(|part| part == "..")).then_some(name)
}

fn smallest(name: &str, asked: &HeaderMap) -> Option<(EmbeddedFile, &'static str)> {
    let accepted = asked.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
    let mut wanted = ENCODINGS
        .into_iter()
        .filter(|(encoding, _)| accepts(accepted, encoding));
    wanted.find_map(|(encoding, ending)| Some((Files::get(&format!("{name}{ending}"))?, encoding)))
}

/// Whether `Accept-Encoding` names this encoding and does not weigh it with nothing.
fn accepts(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|part| {
        let mut words = part.split(';').map(str::trim);
        let named = words
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let weight = words
            .find_map(|word| word.strip_prefix("q="))
            .and_then(|weight| weight.parse::<f32>().ok());
        named && weight.is_none_or(|weight| weight > 0.0)
    })
}

fn entity_tag(file: &EmbeddedFile) -> String {
    let digits = file
        .metadata
        .sha256_hash()
        .into_iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"));
    format!("\"{}\"", digits.collect::<String>())
}

fn body(data: Cow<'static, [u8]>) -> Body {
    Body::from(match data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    })
}

fn insert(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_chosen_as_asked() {
        for (accepted, brotli, gzip) in [
            ("gzip, deflate, br, zstd", true, true),
            ("gzip;q=1.0, br;q=0", false, true),
            ("BR", true, false),
            ("identity", false, false),
            ("", false, false),
        ] {
            assert_eq!(
                (accepts(accepted, "br"), accepts(accepted, "gzip")),
                (brotli, gzip),
                "{accepted:?}"
            );
        }
    }

    #[test]
    fn what_is_not_for_browsers_has_no_path() {
        for path in [
            "/",
            "/manifest.json",
            "/assets/leasehold.css.br",
            "/assets/../manifest.json",
            "/../Cargo.toml",
        ] {
            assert_eq!(file_name(path), None, "{path}");
        }
        assert_eq!(file_name("/favicon.svg"), Some("favicon.svg"));
    }
}
