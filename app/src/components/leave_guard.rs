//! Asks before something that is shown once is lost: by closing the dialog, by reloading, by leaving the site.

use leptos::ev;
use leptos::prelude::*;

use super::browser;

/// Whether leaving needs to be asked about, and whether it is being asked now.
/// Made by `default`, it lets everything pass until it is armed.
#[derive(Debug, Clone, Copy, Default)]
pub struct LeaveGuard {
    unsaved: RwSignal<bool>,
    asking: RwSignal<bool>,
}

impl LeaveGuard {
    /// From now on there is something to lose.
    pub fn arm(self) {
        self.unsaved.set(true);
    }

    /// It is saved, or given up: nothing is lost by leaving.
    pub fn release(self) {
        self.unsaved.try_set(false);
        self.asking.try_set(false);
    }

    /// Whether one may leave now. Where not, the question appears.
    pub fn may_leave(self) -> bool {
        if !self.unsaved.get_untracked() {
            return true;
        }
        self.asking.set(true);
        browser::focus_id_later("leave-stay");
        false
    }

    /// Makes the browser ask before the page is reloaded or left, while there is something to lose.
    pub fn watch_page(self) {
        Effect::new(move |_| {
            if !self.unsaved.get() {
                return;
            }
            let listener = window_event_listener(ev::beforeunload, move |event| {
                event.prevent_default();
                event.set_return_value("The credential is shown only once.");
            });
            on_cleanup(move || listener.remove());
        });
    }
}

/// The question, where it is being asked.
#[component]
pub fn LeaveQuestion(
    /// The guard that asks.
    guard: LeaveGuard,
    /// Told when the answer is to leave.
    on_leave: Callback<()>,
) -> impl IntoView {
    view! {
        <Show when=move || guard.asking.get()>
            <div
                class="leave-question"
                role="alertdialog"
                aria-labelledby="leave-title"
                aria-describedby="leave-text"
            >
                <h3 id="leave-title">"You haven't copied the secret. Leave?"</h3>
                <p id="leave-text">
                    "It can't be shown again. If it is lost, revoke this lease and generate a new one."
                </p>
                <div class="dialog-actions">
                    <button
                        type="button"
                        id="leave-stay"
                        class="button primary"
                        on:click=move |_| guard.asking.set(false)
                    >
                        "Stay here"
                    </button>
                    <button
                        type="button"
                        class="button"
                        on:click=move |_| {
                            guard.release();
                            on_leave.run(());
                        }
                    >
                        "Leave without it"
                    </button>
                </div>
            </div>
        </Show>
    }
}
