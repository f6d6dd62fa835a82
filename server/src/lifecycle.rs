//! From the ready line to the exit.
//!
//! Asked to stop (SIGTERM, SIGINT), the server takes no more requests, finishes those it has, stops the backend and ends; in 30
//! seconds at most. What is still under way then is finished from its rows at the next start. Asked again, it ends at once.

use std::future::{Future, IntoFuture as _};
use std::io::Write as _;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use app::backend::Backend;
use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long requests under way may take once we are asked to stop.
const REQUESTS: Duration = Duration::from_secs(18);
/// How long the backend may take after them.
const BACKEND: Duration = Duration::from_secs(9);

/// Writes lines to standard output and sees to it that a script reads them now.
pub fn say(lines: &str) {
    let mut out = std::io::stdout().lock();
    // Whoever read us may be gone; that is no reason to stop serving.
    drop(writeln!(out, "{lines}").and_then(|()| out.flush()));
}

/// The line that scripts wait for.
pub fn say_ready(address: SocketAddr) {
    say(&format!("leasehold listening on http://{address}"));
}

/// Serves until `stop` comes, then ends in good order.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    backend: Backend,
    stop: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let asked = CancellationToken::new();
    let mut stop = pin!(stop);
    let serving = axum::serve(
        listener,
        router.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .with_graceful_shutdown(asked.clone().cancelled_owned());
    let mut serving = pin!(serving.into_future());
    tokio::select! {
        ended = &mut serving => return ended,
        () = &mut stop => {}
    }
    tracing::info!("stopping");
    asked.cancel();
    if tokio::time::timeout(REQUESTS, &mut serving).await.is_err() {
        tracing::warn!("requests were still under way after {} s", REQUESTS.as_secs());
    }
    backend.shutdown(BACKEND).await;
    tracing::info!("stopped");
    Ok(())
}

/// Comes when the process is asked to stop; the second time it is asked, the process ends at once.
pub async fn asked_to_stop() {
    interrupted().await;
    // A thread, since the runtime's own may be what hangs.
    let second = std::thread::Builder::new()
        .name("second-signal".to_owned())
        .spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                runtime.block_on(interrupted());
                std::process::exit(130);
            }
        });
    drop(second);
}

#[cfg(unix)]
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};

    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!(%error, "signals can't be heard");
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(not(unix))]
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
