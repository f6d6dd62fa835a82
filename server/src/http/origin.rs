//! No other site may make a browser act here.
//!
//! A request that may change something and comes from a browser (it carries our cookie, `Origin` or `Sec-Fetch-Site`) must come
//! from our own pages. A program with an API token sends none of these and passes.

use app::domain::{ApiError, ErrorCode};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, header};
use axum::middleware::Next;
use axum::response::Response;

use super::{HttpState, errors};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what another site sends.
pub async fn check(State(state): State<HttpState>, request: Request, next: Next) -> Response {
    let safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
    );
    let has_session = state.backend.session_cookie.read(request.headers()).is_some();
    if safe || is_ours(request.headers(), has_session, state.own_origin.as_deref()) {
        return next.run(request).await;
    }
    errors::answer(ApiError::new(
        ErrorCode::Forbidden,
        "This request comes from another site, or does not say from where. Act in the console itself; programs send an API token and no \
         cookie. Behind a proxy, set --public-url to the address that browsers see.",
    ).with_reason("cross_site"))
}

fn is_ours(headers: &HeaderMap, has_session: bool, own_origin: Option<&str>) -> bool {
    let text = |name: &HeaderName| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or("unreadable"))
    };
    match (text(&SEC_FETCH_SITE), text(&header::ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = text(&header::HOST);
            let of_host = origin
                .split_once("://")
                .filter(|(scheme, _)| matches!(*scheme, "http" | "https"));
            own_origin == Some(origin) || of_host.is_some_and(|(_, authority)| host == Some(authority))
        }
        (None, None) => !has_session,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&'static str, &str)], has_session: bool, own: Option<&str>) -> bool {
        let headers = pairs
            .iter()
            .map(|&(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        is_ours(&headers.collect(), has_session, own)
    }

    #[test]
    fn only_our_own_pages_may_act() {
        let own = Some("https://leasehold.example");
        let host = ("host", "127.0.0.1:3000");
        for (headers, has_session, expected) in [
            (vec![host], false, true),
            (vec![host], true, false),
            (vec![host, ("sec-fetch-site", "same-origin")], true, true),
            (vec![host, ("sec-fetch-site", "none")], true, true),
            (vec![host, ("sec-fetch-site", "same-site")], true, false),
            (vec![host, ("sec-fetch-site", "cross-site")], false, false),
            (
                vec![
                    host,
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "http://127.0.0.1:3000"),
                ],
                true,
                false,
            ),
            (vec![host, ("origin", "http://127.0.0.1:3000")], true, true),
            (vec![host, ("origin", "http://127.0.0.1:3001")], true, false),
            (vec![host, ("origin", "https://leasehold.example")], true, true),
            (vec![host, ("origin", "http://leasehold.example")], true, false),
            (vec![host, ("origin", "null")], true, false),
            (vec![host, ("origin", "null")], false, false),
            (vec![("origin", "http://")], false, false),
        ] {
            assert_eq!(
                asked(&headers, has_session, own),
                expected,
                "{headers:?} {has_session}"
            );
        }
    }
}
