//! The browser's side.

use gloo_timers::callback::{Interval, Timeout};
use js_sys::{Date, Object, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{HtmlDocument, VisibilityState};

use super::TimeStyle;
use crate::domain::Timestamp;

const DAY: i64 = 86_400_000;

/// The browser's clock.
pub fn now() -> Timestamp {
    from_js_millis(Date::now())
}

/// When the answer that holds this page began to arrive, by the browser's clock.
pub fn page_arrived() -> Option<Timestamp> {
    let timing = window().performance()?.timing();
    let millis = timing.response_start();
    (millis > 0.0).then(|| from_js_millis(millis))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "milliseconds since 1970 fit; the fraction is dropped"
)]
fn from_js_millis(millis: f64) -> Timestamp {
    Timestamp::from_millis(millis as i64)
}

/// Calls `tick` again and again, until the current owner is gone.
pub fn every(millis: u32, tick: impl Fn() + 'static) {
    // The owner keeps the interval, and drops it when it goes.
    StoredValue::new_local(Interval::new(millis, tick));
}

/// Calls `then` once after a while.
pub fn after(millis: u32, then: impl FnOnce() + 'static) {
    Timeout::new(millis, then).forget();
}

/// Whether somebody can see this page.
pub fn is_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

/// The moment as this person's language and time zone write it.
pub fn local_time(at: Timestamp, now: Timestamp, style: TimeStyle) -> String {
    let near = at.millis_since(now).abs() < 6 * DAY;
    let parts: &[(&str, &str)] = match style {
        TimeStyle::Short if near => &[("weekday", "short"), ("hour", "2-digit"), ("minute", "2-digit")],
        TimeStyle::Short => &[
            ("day", "numeric"),
            ("month", "short"),
            ("year", "numeric"),
            ("hour", "2-digit"),
            ("minute", "2-digit"),
        ],
        TimeStyle::Minute => &[
            ("weekday", "short"),
            ("day", "numeric"),
            ("month", "short"),
            ("hour", "2-digit"),
            ("minute", "2-digit"),
        ],
        TimeStyle::Second => &[("hour", "2-digit"), ("minute", "2-digit"), ("second", "2-digit")],
        TimeStyle::Full => &[
            ("weekday", "short"),
            ("day", "numeric"),
            ("month", "short"),
            ("year", "numeric"),
            ("hour", "2-digit"),
            ("minute", "2-digit"),
            ("second", "2-digit"),
        ],
    };
    let options = Object::new();
    for (key, value) in parts {
        // Setting a key of a plain object can't fail.
        let _ = Reflect::set(&options, &JsValue::from_str(key), &JsValue::from_str(value));
    }
    let language = window().navigator().language().unwrap_or_else(|| "en".to_owned());
    date(at).to_locale_string(&language, &options).into()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of the years 1 to 9999 fit into 53 bits"
)]
fn date(at: Timestamp) -> Date {
    Date::new(&JsValue::from_f64(at.millis() as f64))
}

/// Puts text into the clipboard; tells whether it is there.
pub async fn copy_text(text: String) -> bool {
    // Off https and localhost there is no clipboard at all.
    if !window().is_secure_context() {
        return false;
    }
    let written = window().navigator().clipboard().write_text(&text);
    JsFuture::from(written).await.is_ok()
}

/// Runs a future in the page.
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    spawn_local(future);
}

/// Remembers the theme and applies it; `None` follows the system.
pub fn set_theme(theme: Option<&str>) {
    let document = document();
    if let Some(root) = document.document_element() {
        // Neither call can fail for this constant name.
        let _ = match theme {
            Some(theme) => root.set_attribute("data-theme", theme),
            None => root.remove_attribute("data-theme"),
        };
    }
    let (value, age) = theme.map_or(("", 0), |theme| (theme, 31_536_000));
    if let Ok(document) = document.dyn_into::<HtmlDocument>() {
        let cookie = format!("leasehold_theme={value}; Path=/; Max-Age={age}; SameSite=Lax");
        // A browser that refuses cookies forgets the choice, and nothing else.
        let _ = document.set_cookie(&cookie);
    }
}

/// 128 bits of chance in hexadecimal. Drawn with `getRandomValues`, because `randomUUID` is missing on pages that came over
/// plain http.
pub fn random_id() -> Option<String> {
    let mut bytes = [0_u8; 16];
    window()
        .crypto()
        .ok()?
        .get_random_values_with_u8_array(&mut bytes)
        .ok()?;
    Some(
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<Vec<_>>()
            .concat(),
    )
}
