//! The stand-ins on the server.

use super::TimeStyle;
use crate::domain::Timestamp;

/// The browser's clock.
pub fn now() -> Timestamp {
    Timestamp::from_millis(0)
}

/// When the answer that holds this page began to arrive, by the browser's clock.
pub fn page_arrived() -> Option<Timestamp> {
    None
}

/// Calls `tick` again and again, until the current owner is gone.
pub fn every(_millis: u32, _tick: impl Fn() + 'static) {}

/// Calls `then` once after a while.
pub fn after(_millis: u32, _then: impl FnOnce() + 'static) {}

/// Whether somebody can see this page.
pub fn is_visible() -> bool {
    false
}

/// The moment as this person's language and time zone write it.
pub fn local_time(at: Timestamp, _now: Timestamp, _style: TimeStyle) -> String {
    at.to_utc_text()
}

/// Puts text into the clipboard; tells whether it is there.
#[expect(clippy::unused_async, reason = "the browser's side waits for a promise")]
pub async fn copy_text(_text: String) -> bool {
    false
}

/// Runs a future in the page.
pub fn spawn(_future: impl Future<Output = ()> + 'static) {}

/// Remembers the theme and applies it; `None` follows the system.
pub fn set_theme(_theme: Option<&str>) {}

/// 128 bits of chance; the server has its own.
pub fn random_id() -> Option<String> {
    None
}
