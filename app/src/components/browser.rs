//! What is asked of the browser by hand: clipboard, chance, selection, what it remembers.
//!
//! Rule: nothing else in the console touches these interfaces. On the server each of them does nothing; they are only called
//! from event handlers and effects, which the server never runs.

use crate::domain::Timestamp;

#[cfg(feature = "hydrate")]
use {
    js_sys::{Array, Date, Intl, Object, Reflect},
    wasm_bindgen::JsValue,
    wasm_bindgen_futures::JsFuture,
};

/// The browser did not let us write to its clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClipboardRefused;

/// Puts the text on the clipboard; `Ok` only once the browser says that it is there.
#[cfg(feature = "hydrate")]
pub async fn copy(text: &str) -> Result<(), ClipboardRefused> {
    let navigator = leptos::prelude::window().navigator();
    // Pages that came over plain http have no clipboard at all, and calling a method of nothing would end the program.
    let there = Reflect::get(&navigator, &JsValue::from_str("clipboard"))
        .is_ok_and(|it| !it.is_undefined() && !it.is_null());
    if !there {
        return Err(ClipboardRefused);
    }
    JsFuture::from(navigator.clipboard().write_text(text))
        .await
        .map(|_| ())
        .map_err(|_| ClipboardRefused)
}

/// Puts the text on the clipboard; there is none on the server.
#[cfg(not(feature = "hydrate"))]
pub async fn copy(text: &str) -> Result<(), ClipboardRefused> {
    let _ = text;
    std::future::ready(Err(ClipboardRefused)).await
}

/// 128 bits of chance in hexadecimal. Drawn with `getRandomValues`, because `randomUUID` is missing on pages that came over
/// plain http.
#[cfg(feature = "hydrate")]
pub fn random_id() -> Option<String> {
    use std::fmt::Write as _;

    let mut bytes = [0_u8; 16];
    leptos::prelude::window()
        .crypto()
        .ok()?
        .get_random_values_with_u8_array(&mut bytes)
        .ok()?;
    Some(bytes.iter().fold(String::with_capacity(32), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// 128 bits of chance; the server has its own.
#[cfg(not(feature = "hydrate"))]
pub fn random_id() -> Option<String> {
    None
}

/// Selects everything in an element, so that one keystroke copies it.
pub fn select_all(node: &web_sys::Node) {
    if let Ok(Some(selection)) = leptos::prelude::window().get_selection() {
        let _ = selection.select_all_children(node);
    }
}

/// Moves the focus to the element of this id, if it is there.
pub fn focus_id(id: &str) {
    use leptos::wasm_bindgen::JsCast as _;

    let found = leptos::prelude::document().get_element_by_id(id);
    if let Some(element) = found.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Moves the focus to the element of this id once what was just changed has been drawn.
pub fn focus_id_later(id: &'static str) {
    leptos::prelude::request_animation_frame(move || focus_id(id));
}

/// Whether nobody can see the page now.
pub fn is_hidden() -> bool {
    leptos::prelude::document().visibility_state() == web_sys::VisibilityState::Hidden
}

/// What was remembered in this browser under this name. Never a secret: see [`remember`].
pub fn recall(name: &str) -> Option<String> {
    leptos::prelude::window()
        .local_storage()
        .ok()??
        .get_item(name)
        .ok()?
}

/// Remembers a preference in this browser. Preferences only: nothing that was issued may go here.
pub fn remember(name: &str, value: &str) {
    if let Ok(Some(storage)) = leptos::prelude::window().local_storage() {
        let _ = storage.set_item(name, value);
    }
}

/// The time of the browser's own clock.
#[cfg(feature = "hydrate")]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the browser counts whole milliseconds in a float; they fit"
)]
pub fn wall_clock() -> Timestamp {
    Timestamp::from_millis(Date::now() as i64)
}

/// The time; the server gets it as an argument instead.
#[cfg(not(feature = "hydrate"))]
pub fn wall_clock() -> Timestamp {
    Timestamp::from_millis(0)
}

/// How exact a moment is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exactness {
    /// `Sat 21 Nov, 18:04`.
    Minute,
    /// `18:04:09`.
    Second,
}

/// A moment as this browser's user writes it, in their language and zone.
#[cfg(feature = "hydrate")]
pub fn local_text(at: Timestamp, exactness: Exactness) -> String {
    let parts: &[(&str, &str)] = match exactness {
        Exactness::Minute => &[
            ("weekday", "short"),
            ("day", "numeric"),
            ("month", "short"),
            ("hour", "2-digit"),
            ("minute", "2-digit"),
        ],
        Exactness::Second => &[("hour", "2-digit"), ("minute", "2-digit"), ("second", "2-digit")],
    };
    let options = Object::new();
    for (name, value) in parts {
        let _ = Reflect::set(&options, &JsValue::from_str(name), &JsValue::from_str(value));
    }
    let languages = Array::new();
    if let Some(language) = leptos::prelude::window().navigator().language() {
        languages.push(&JsValue::from_str(&language));
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of the years 1 to 9999 fit a float exactly"
    )]
    let date = Date::new(&JsValue::from_f64(at.millis() as f64));
    Intl::DateTimeFormat::new(&languages, &options)
        .format()
        .call1(&JsValue::UNDEFINED, &date)
        .ok()
        .and_then(|text| text.as_string())
        .unwrap_or_else(|| at.to_utc_text())
}

/// A moment; the server writes UTC.
#[cfg(not(feature = "hydrate"))]
pub fn local_text(at: Timestamp, exactness: Exactness) -> String {
    match exactness {
        Exactness::Minute | Exactness::Second => at.to_utc_text(),
    }
}

/// The time, as the page counts it.
pub fn use_now() -> leptos::prelude::Signal<Timestamp> {
    leptos::prelude::Signal::stored(wall_clock())
}
