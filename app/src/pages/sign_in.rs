//! Signing in: a plain form, understood by the server without any script.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::app::PageFacts;
use crate::components::frame::Mark;
use crate::components::{Icon, IconView, Notice, SubmitButton, Tone};

/// The page.
#[component]
pub fn SignInPage() -> impl IntoView {
    let query = use_query_map();
    let error = move || query.read().get("error").map(|code| view! { <Refusal code /> });
    let next = move || query.read().get("next").unwrap_or_default();
    let simulated = use_context::<PageFacts>().is_some_and(|facts| facts.simulated);
    view! {
        <Title text="Sign in" />
        <main id="main" class="sign-in">
            <div class="sign-in-card">
                <p class="sign-in-brand">
                    <Mark />
                    "Leasehold"
                </p>
                <h1>"Sign in"</h1>
                <p class="lead">"Entra ID credentials on lease: issued when needed, gone when the time is up."</p>
                {error}
                <form method="post" action="/sign-in">
                    <input type="hidden" name="next" value=next />
                    <div class="field">
                        <label for="username">"User name"</label>
                        <input
                            id="username"
                            name="username"
                            type="text"
                            autocomplete="username"
                            autocapitalize="off"
                            spellcheck="false"
                            required
                            autofocus
                        />
                    </div>
                    <div class="field">
                        <label for="password">"Password"</label>
                        <input
                            id="password"
                            name="password"
                            type="password"
                            autocomplete="current-password"
                            required
                        />
                    </div>
                    <SubmitButton plain=true>"Sign in"</SubmitButton>
                </form>
                {simulated
                    .then(|| {
                        view! {
                            <p class="sign-in-foot">
                                <IconView icon=Icon::Terminal />
                                <span>
                                    "Simulated tenant: nothing here touches a real Entra ID. The user name and password are in the terminal where the demo was started."
                                </span>
                            </p>
                        }
                    })}
            </div>
        </main>
    }
}

/// Why the last attempt did not lead in. An unknown code says the least.
#[component]
fn Refusal(code: String) -> impl IntoView {
    let (title, text) = match code.as_str() {
        "throttled" => ("Too many attempts", "Wait a minute, then try again."),
        "session" => (
            "You were signed out",
            "The session has ended. Sign in again to go on where you were.",
        ),
        _ => (
            "That did not match",
            "Check the user name and the password; capitals count.",
        ),
    };
    view! {
        <div role="alert">
            <Notice tone=Tone::Warn title=title>
                <p>{text}</p>
            </Notice>
        </div>
    }
}
