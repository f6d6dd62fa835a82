//! The console, rendered: every route of the app, and for what is no route a page that says so, with status 404.
//!
//! Rule: this is the one place that calls the renderer, so that a new version of it is met here alone.

use app::app::{App, PageContext, shell};
use app::backend::Backend;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Redirect, Response};
use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{
    LeptosRoutes as _, ResponseOptions, generate_route_list_with_exclusions_and_ssg_and_context,
};
use tower_http::compression::CompressionLayer;

use super::{HttpState, headers, next};

/// The routes of the app and the answer to everything else.
pub fn router(state: &HttpState) -> Router {
    let options = LeptosOptions::builder().output_name("leasehold").build();
    let page = PageContext {
        assets: state.site.names(),
        simulated: state.simulated,
    };
    let context = context(state.backend.clone(), page.clone());
    let view = move || shell(page.clone());
    // The calls stand in `api`, which gives their errors a status.
    let calls = server_fn::axum::server_fn_paths()
        .map(|(path, _)| path.to_owned())
        .collect();
    let (routes, _) =
        generate_route_list_with_exclusions_and_ssg_and_context(App, Some(calls), context.clone());
    let render = leptos_axum::render_app_async_with_context(context.clone(), view.clone());
    let other = move |State(state): State<HttpState>, request: Request| {
        let render = render.clone();
        async move {
            if let Some(file) = state.site.answer(request.uri().path(), request.headers()) {
                return file;
            }
            let mut response = render(request).await;
            if response.status() == StatusCode::OK {
                *response.status_mut() = StatusCode::NOT_FOUND;
            }
            response
        }
    };
    Router::new()
        .leptos_routes_with_context(&options, routes, context, view)
        .with_state(options)
        .fallback_service(axum::handler::Handler::with_state(other, state.clone()))
        .layer(middleware::from_fn(page_headers))
        .layer(CompressionLayer::new())
}

/// What pages find in their context: what the calls find, and what the shell needs.
fn context(backend: Backend, page: PageContext) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        provide_context(backend.clone());
        provide_context(backend.clock.clone());
        provide_context(page.clone());
        if let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>())
            && let Ok(policy) = HeaderValue::from_str(&headers::page_policy(&nonce))
        {
            response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
}

/// Pages are never kept; and who is signed in has nothing to do on the sign-in page.
async fn page_headers(request: Request, following: Next) -> Response {
    let signed_in = request.extensions().get::<app::domain::Identity>().is_some();
    if signed_in && request.method() == Method::GET && request.uri().path() == "/sign-in" {
        let query = request.uri().query().unwrap_or_default().as_bytes();
        let wanted = url::form_urlencoded::parse(query).find(|(name, _)| name == "next");
        return Redirect::to(&next::local(wanted.as_ref().map_or("/", |(_, path)| path))).into_response();
    }
    let mut response = following.run(request).await;
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
