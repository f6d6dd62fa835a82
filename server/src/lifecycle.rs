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
    backend.park();
    if tokio::time::timeout(REQUESTS, &mut serving).await.is_err() {
        tracing::warn!("requests were still under way after {} s", REQUESTS.as_secs());
    }
    backend.shutdown(BACKEND).await;
    tracing::info!("stopped");
    Ok(())
}

/// Hears that the process is asked to stop.
///
/// Rule: made before the ready line, since whoever reads that line may ask at once.
pub struct StopSignals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl StopSignals {
    /// Listens from now on.
    #[cfg(unix)]
    pub fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Listens from now on.
    #[cfg(not(unix))]
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// Comes when the process is asked to stop; asked a second time, the process ends at once.
    pub async fn asked(mut self) {
        self.next().await;
        // A thread with a runtime of its own, since the first one may be what hangs.
        let second = std::thread::Builder::new().name("second-signal".to_owned());
        drop(second.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                runtime.block_on(async {
                    if let Ok(mut signals) = Self::listen() {
                        signals.next().await;
                        std::process::exit(130);
                    }
                });
            }
        }));
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
