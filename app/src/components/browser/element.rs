//! Elements of the page: focus, selection; and what the browser remembers.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use web_sys::{HtmlElement, Node};

/// Moves the focus to the element of this id, if it is there.
pub fn focus_id(id: &str) {
    let found = document().get_element_by_id(id);
    if let Some(element) = found.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        // Nothing is lost where it can't be focused.
        let _ = element.focus();
    }
}

/// Moves the focus to the element of this id once what was just changed has been drawn.
pub fn focus_id_later(id: &'static str) {
    request_animation_frame(move || focus_id(id));
}

/// Selects everything in an element, so that one keystroke copies it.
pub fn select_all(node: &Node) {
    if let Ok(Some(selection)) = window().get_selection() {
        // Where it fails the text can still be selected by hand.
        let _ = selection.select_all_children(node);
    }
}

/// What was remembered in this browser under this name. Never a secret: see [`remember`].
pub fn recall(name: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(name).ok()?
}

/// Remembers a preference in this browser. Preferences only: nothing that was issued may go here.
pub fn remember(name: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        // A browser that refuses forgets the preference, and nothing else.
        let _ = storage.set_item(name, value);
    }
}
