//! The servers: they accept connections, read requests, and can break a connection instead of answering.
//!
//! Hyper is driven directly, not through a framework, because a fault must be able to close the connection: when the
//! service fails, hyper hangs up without a word.

use std::{io, sync::Arc};

use http::{HeaderValue, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    clock::to_rfc3339,
    control,
    entropy::new_id,
    faults::FaultKind,
    graph,
    log::LoggedRequest,
    token,
    wire::{Request, Response},
    world::World,
    writing::Overlap,
};

/// The largest body that is read: Graph's own limit for a JSON request.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is dropped, as a test has ordered")]
struct Dropped;

/// Accepts connections until `stop` says otherwise.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    world: Arc<World>,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        // A connection that broke before it was accepted is the client's affair.
        let Ok((stream, _)) = accepted else { continue };
        // Where it fails, answers are only slower.
        let _: io::Result<()> = stream.set_nodelay(true);
        let (world, tls, stop) = (Arc::clone(&world), tls.clone(), stop.clone());
        tasks.spawn(async move {
            let talk = async {
                match tls {
                    Some(tls) => converse(tls.accept(stream).await?, world, "https").await,
                    None => converse(stream, world, "http").await,
                }
            };
            // An error is a client that went away or a connection dropped on purpose: both end here.
            let _: Option<io::Result<()>> = stop.run_until_cancelled(talk).await;
        });
    }
}

async fn converse<S>(stream: S, world: Arc<World>, scheme: &'static str) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let service = service_fn(move |request| handle(Arc::clone(&world), scheme, request));
    http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await
        .map_err(io::Error::other)
}

async fn handle(
    world: Arc<World>,
    scheme: &str,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Dropped> {
    let (head, body) = request.into_parts();
    let host = head
        .headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("localhost");
    let base = format!("{scheme}://{host}");
    let Ok(body) = Limited::new(body, LARGEST_BODY).collect().await else {
        return Ok(render(&Response::empty(StatusCode::PAYLOAD_TOO_LARGE), "", None));
    };
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let request = Request::new(head.method, base, target, head.headers, body.to_bytes().to_vec());
    let request_id = new_id();
    let echo = request.header("client-request-id").map(str::to_owned);
    if request.segments.first().is_some_and(|first| first == "_emulator") {
        return Ok(render(
            &control::answer(&world, &request),
            &request_id,
            echo.as_deref(),
        ));
    }
    let response = answer(&world, &request, &request_id).await?;
    world.log().close(&request_id, response.status.as_u16());
    Ok(render(&response, &request_id, echo.as_deref()))
}

/// Answers a request to the token endpoint or Graph, unless a fault is in the way.
async fn answer(world: &World, request: &Request, request_id: &str) -> Result<Response, Dropped> {
    let target = described(request);
    open_log(world, request, request_id, &target);
    let fault = world.faults().strike(request.method.as_str(), &target);
    match fault {
        None => Ok(perform(world, request, request_id).await),
        Some(FaultKind::Hang) => std::future::pending().await,
        Some(FaultKind::DropBefore) => Err(Dropped),
        Some(FaultKind::DropAfter) => {
            perform(world, request, request_id).await;
            Err(Dropped)
        }
        Some(fault @ FaultKind::Status { .. }) if is_graph(request) => {
            Ok(graph::fault_answer(world, request, request_id, &fault))
        }
        Some(FaultKind::Status { status, retry_after }) => {
            let answer =
                token::errors::TokenError::of_fault(status).answer(world.clock.now_millis(), &request.base);
            Ok(match retry_after {
                Some(text) => answer.with("retry-after", text),
                None => answer,
            })
        }
    }
}

/// Does what the request asks, unless its object is busy with another change.
async fn perform(world: &World, request: &Request, request_id: &str) -> Response {
    match world.writing.begin(request) {
        Ok(None) => route(world, request, request_id),
        Ok(Some(turn)) => {
            // Done first: a client that goes away meanwhile does not undo it.
            let response = route(world, request, request_id);
            tokio::time::sleep(turn.lasts).await;
            response
        }
        Err(Overlap) => graph::overlap_answer(world, request, request_id),
    }
}

fn is_graph(request: &Request) -> bool {
    request.segments.first().is_some_and(|first| first == "v1.0")
}

fn route(world: &World, request: &Request, request_id: &str) -> Response {
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    match (request.method.as_str(), segments.as_slice()) {
        (_, ["v1.0", ..]) => graph::answer(world, request, request_id),
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => token::answer(world, request, tenant),
        ("GET", [tenant, "v2.0", ".well-known", "openid-configuration"]) => {
            token::discovery::configuration(world, request, tenant)
        }
        ("GET", [_, "discovery", "v2.0", "keys"]) => token::discovery::keys(world),
        ("GET", [_, "discovery", "instance"]) => token::discovery::instance(request),
        _ => Response::empty(StatusCode::NOT_FOUND),
    }
}

/// The decoded path and query: what faults are matched against and what the log shows.
fn described(request: &Request) -> String {
    let query: Vec<String> = request
        .query
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if query.is_empty() {
        request.path.clone()
    } else {
        format!("{}?{}", request.path, query.join("&"))
    }
}

fn open_log(world: &World, request: &Request, request_id: &str, target: &str) {
    let app_id = if is_graph(request) {
        graph::auth::Caller::of(world, request)
            .ok()
            .map(|caller| caller.app_id.clone())
    } else {
        token::client_of(request)
    };
    world.log().open(LoggedRequest {
        at: to_rfc3339(world.clock.now_millis()),
        method: request.method.to_string(),
        path: target.to_owned(),
        status: None,
        request_id: request_id.to_owned(),
        client_request_id: request.header("client-request-id").map(str::to_owned),
        app_id,
    });
}

fn render(response: &Response, request_id: &str, echo: Option<&str>) -> hyper::Response<Full<Bytes>> {
    let body = response
        .body
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let mut rendered = hyper::Response::new(Full::new(Bytes::from(body)));
    *rendered.status_mut() = response.status;
    let headers = rendered.headers_mut();
    let mut put = |name: &'static str, value: &str| {
        // A value that is no header, such as a client's odd request id, is left out.
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    if response.body.is_some() {
        put("content-type", "application/json; charset=utf-8");
    }
    put("request-id", request_id);
    put("client-request-id", echo.unwrap_or(request_id));
    for (name, value) in &response.headers {
        put(name, value);
    }
    rendered
}
