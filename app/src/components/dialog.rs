//! A dialog: the browser's own, so that focus stays in it, Esc closes it and focus returns to what opened it.

use leptos::html;
use leptos::prelude::*;

use super::button::IconButton;
use super::icon::Icon;

/// A dialog that is open while `open` is true. Its content is made anew at each opening.
#[component]
pub fn Dialog(
    /// Its id; the title's is the same with `-title` behind it.
    id: &'static str,
    /// What it is about; focus goes there.
    #[prop(into)]
    title: Signal<String>,
    /// Whether it is open; closing it sets this to false.
    open: RwSignal<bool>,
    /// Asked before a person closes it; false keeps it open.
    #[prop(optional, into)]
    may_close: Option<Callback<(), bool>>,
    /// Told after it closed, however that came.
    #[prop(optional, into)]
    on_close: Option<Callback<()>>,
    /// Whether it is 800 px wide instead of 560.
    #[prop(optional)]
    wide: bool,
    /// What stands in it.
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let heading = NodeRef::<html::H2>::new();
    let title_id = format!("{id}-title");
    let labelled_by = title_id.clone();
    let allowed = move || may_close.is_none_or(|may_close| may_close.run(()));
    let close = Callback::new(move |()| {
        if allowed() {
            open.set(false);
        }
    });

    // The element is the browser's: it is opened and closed by calls, not by an attribute.
    Effect::new(move |_| {
        let Some(element) = dialog.get() else { return };
        if open.get() == element.open() {
            return;
        }
        if open.get() {
            // It fails only where the element is not in the page, and then there is nothing to open.
            let _ = element.show_modal();
            if let Some(heading) = heading.get_untracked() {
                let _ = heading.focus();
            }
        } else {
            element.close();
        }
    });

    view! {
        <dialog
            node_ref=dialog
            id=id
            class=if wide { "dialog wide" } else { "dialog" }
            aria-labelledby=labelled_by
            on:cancel=move |event: leptos::ev::Event| {
                // Events of pickers inside bubble up to here too.
                if event.target() == event.current_target() && !allowed() {
                    event.prevent_default();
                }
            }
            on:close=move |event: leptos::ev::Event| {
                if event.target() == event.current_target() {
                    open.set(false);
                    if let Some(on_close) = on_close {
                        on_close.run(());
                    }
                }
            }
        >
            <div class="dialog-head">
                <h2 node_ref=heading id=title_id tabindex="-1">
                    {title}
                </h2>
                <IconButton icon=Icon::Close label="Close" on_click=close />
            </div>
            <Show when=move || open.get()>
                <div class="dialog-body">{children()}</div>
            </Show>
        </dialog>
    }
}
