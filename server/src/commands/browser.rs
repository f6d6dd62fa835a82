//! Opens an address in the browser.

use std::process::{Command, Stdio};

/// Asks the desktop to show this address; where there is none, the printed address must do.
pub fn open(url: &str) {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let opened = Command::new(program)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Err(error) = opened {
        tracing::warn!(%error, "no browser could be opened");
    }
}
