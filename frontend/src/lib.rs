//! The entry point of the console in the browser: brings to life what the server has rendered.

// The views of pages are deeply nested types.
#![recursion_limit = "512"]

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's script once WebAssembly is there. `html[data-hydrated]` then tells tests and style that buttons work.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::app::App);
    if let Some(root) = leptos::prelude::document().document_element() {
        // An attribute of this name can't be refused.
        drop(root.set_attribute("data-hydrated", ""));
    }
}
