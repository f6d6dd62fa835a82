//! A native modal dialog that asks before it closes.
//!
//! Esc, the close button and the browser's own close request all take one way: `may_close` is asked, and only its yes closes
//! the dialog. Closing goes through `close()`, so that the browser gives the focus back to what opened it.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

use super::button::IconButton;
use super::icon::Icon;

/// The id of the open dialog's heading: the focus goes there when what stands under it is replaced.
pub const TITLE: &str = "dialog-title";

/// Closes the dialog that it belongs to, if `may_close` agrees.
#[derive(Debug, Clone, Copy)]
pub struct Closer {
    node: NodeRef<html::Dialog>,
    may_close: Callback<(), bool>,
}

impl Closer {
    /// Asks, and closes on a yes; tells whether it did.
    pub fn close(self) -> bool {
        let allowed = self.may_close.run(());
        if allowed {
            self.close_now();
        }
        allowed
    }

    /// What a link in the dialog does: it leads away only once the dialog may be closed.
    pub fn follow(self, event: &ev::MouseEvent) {
        if !self.close() {
            event.prevent_default();
        }
    }

    /// Closes without asking.
    fn close_now(self) {
        if let Some(dialog) = self.node.get_untracked() {
            dialog.close();
        }
    }
}

/// A modal dialog, open from its first frame. Children find its [`Closer`] in the context.
#[component]
pub fn Modal(
    /// Its heading; it has the focus at first, so that a screen reader begins there.
    #[prop(into)]
    title: Signal<String>,
    /// A class beside `dialog`.
    #[prop(optional)]
    class: &'static str,
    /// Asked before it closes; a no may show why.
    may_close: Callback<(), bool>,
    /// Told once it is closed: time to take it away.
    on_closed: Callback<()>,
    /// What stands in it.
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let closer = Closer { node, may_close };
    provide_context(closer);
    Effect::new(move |_| {
        if let Some(dialog) = node.get()
            && !dialog.open()
        {
            let _ = dialog.show_modal();
        }
    });
    // Esc is taken here, because browsers let a second one through whatever a `cancel` handler says; and from the window, because
    // the focus is nowhere while what had it is replaced.
    Effect::new(move |_| {
        let listener = window_event_listener(ev::keydown, move |event| {
            if event.key() == "Escape" && !event.default_prevented() {
                event.prevent_default();
                closer.close();
            }
        });
        on_cleanup(move || listener.remove());
    });
    let on_cancel = move |event: ev::Event| {
        event.prevent_default();
        closer.close();
    };
    let on_close = move |_: ev::Event| {
        if may_close.run(()) {
            on_closed.run(());
        } else if let Some(dialog) = node.get_untracked() {
            // The browser closed it without asking (the back gesture of a phone does).
            let _ = dialog.show_modal();
        }
    };
    view! {
        <dialog
            node_ref=node
            class=format!("dialog {class}")
            aria-labelledby=TITLE
            closedby="none"
            on:cancel=on_cancel
            on:close=on_close
        >
            <div class="dialog-head">
                <h2 id=TITLE tabindex="-1" autofocus=true>
                    {move || title.get()}
                </h2>
                <IconButton icon=Icon::Close label="Close" on_click=Callback::new(move |()| {
                    closer.close();
                }) />
            </div>
            <div class="dialog-body">{children()}</div>
        </dialog>
    }
}
