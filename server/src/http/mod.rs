//! HTTP: what is reached how, and what stands in front of it.
//!
//! | file | job |
//! |---|---|
//! | `trouble` | outermost: one log line a request; a panic becomes a 500 with an incident |
//! | `headers` | security headers on every answer |
//! | `origin` | no other site may make a browser act here |
//! | `gate` | who is asking; closed for strangers, save what is listed there |
//! | `api` | the server functions as the HTTP API: statuses, limits, errors |
//! | `forms` | signing in and out before WebAssembly has loaded |
//! | `pages` | the console, rendered |
//! | `assets` | WebAssembly, style, fonts: embedded, compressed, kept by browsers for ever |
//! | `health` | alive, ready |
//!
//! Rule: a layer that refuses answers in the shape of the thing refused: JSON for the API, a redirect or a page for people.

mod api;
mod assets;
mod errors;
mod forms;
mod gate;
mod headers;
mod health;
mod next;
mod origin;
mod pages;
mod trouble;

use std::sync::Arc;

use app::backend::Backend;
use axum::routing::{any, get, post};
use axum::{Router, middleware};

use crate::settings::PublicUrl;
use assets::Site;

/// What the router is made of.
#[derive(Clone)]
pub struct HttpOptions {
    /// Everything behind the calls.
    pub backend: Backend,
    /// Where browsers reach us, if that is not where we listen.
    pub public_url: Option<PublicUrl>,
    /// Whether the tenant is simulated, which every page then says.
    pub simulated: bool,
}

/// What handlers and layers share.
#[derive(Clone)]
struct HttpState {
    backend: Backend,
    site: Arc<Site>,
    own_origin: Option<String>,
    secure: bool,
    simulated: bool,
}

/// Everything that is reached over HTTP.
pub fn router(options: HttpOptions) -> Router {
    let HttpOptions {
        backend,
        public_url,
        simulated,
    } = options;
    let state = HttpState {
        backend,
        site: Arc::new(Site::load()),
        own_origin: public_url.as_ref().map(PublicUrl::origin),
        secure: public_url.as_ref().is_some_and(PublicUrl::is_secure),
        simulated,
    };
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/sign-in", post(forms::sign_in))
        .route("/sign-out", post(forms::sign_out))
        .route("/api/{*path}", any(api::call))
        .route("/assets/{*path}", get(assets::serve))
        .with_state(state.clone())
        .merge(pages::router(&state))
        // The last one added is the first to see a request.
        .layer(middleware::from_fn_with_state(state.clone(), gate::recognise))
        .layer(middleware::from_fn_with_state(state.clone(), origin::check))
        .layer(middleware::from_fn_with_state(state.clone(), headers::add))
        .layer(middleware::from_fn_with_state(state, trouble::watch))
}
