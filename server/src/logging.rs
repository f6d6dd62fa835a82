//! The log: lines on standard error, which `LEASEHOLD_LOG` (or `RUST_LOG`) makes quieter or louder, as in `info,app=debug`.
//!
//! Rule: standard output belongs to what scripts read (the ready line), so nothing of the log may go there.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts logging, for the whole process; `default` holds where nobody says otherwise.
pub fn start(default: &str) {
    let asked = ["LEASEHOLD_LOG", "RUST_LOG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok());
    let filter =
        EnvFilter::try_new(asked.as_deref().unwrap_or(default)).unwrap_or_else(|_| EnvFilter::new(default));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    // Fails only where a test has started one already, which then serves.
    drop(lines.try_init());
}
