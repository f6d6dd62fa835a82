//! What people are told: notices, errors, and lists that are empty.

use leptos::prelude::*;

use super::copy::CopyButton;
use super::icon::{Icon, IconView};
use crate::domain::{ApiError, ErrorCode};

/// How serious a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Good to know.
    #[default]
    Info,
    /// It went well.
    Ok,
    /// It will go wrong unless something is done.
    Warn,
    /// It went wrong.
    Crit,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Info => "notice",
            Self::Ok => "notice ok",
            Self::Warn => "notice warn",
            Self::Crit => "notice crit",
        }
    }

    fn icon(self) -> Icon {
        match self {
            Self::Info => Icon::Info,
            Self::Ok => Icon::Expired,
            Self::Warn => Icon::Warning,
            Self::Crit => Icon::Failed,
        }
    }
}

/// A few words set apart from the page.
#[component]
pub fn Notice(
    /// How serious it is.
    #[prop(optional)]
    tone: Tone,
    /// What it is about, in a few words.
    #[prop(optional, into)]
    title: MaybeProp<String>,
    /// The words.
    children: Children,
) -> impl IntoView {
    view! {
        <div class=tone.class()>
            <IconView icon=tone.icon() />
            <div class="notice-text">
                {title.get_untracked().map(|title| view! { <strong>{title}</strong> })}
                {children()}
            </div>
        </div>
    }
}

/// What happened, why, what to do, and the details for whoever is asked for help. It is read out when it appears.
#[component]
pub fn ErrorNotice(
    /// The error.
    error: ApiError,
) -> impl IntoView {
    answer_with(&error);
    let title = title(error.code);
    let wait = error
        .retry_after
        .map(|seconds| format!("Wait {} s, then try again.", seconds.ceil()));
    let sign_in = error.code == ErrorCode::Unauthenticated;
    let details = details(&error);
    let message = sentence(error);
    view! {
        <div role="alert">
            <Notice tone=Tone::Crit title=title>
                <p>{message}</p>
                {wait.map(|wait| view! { <p>{wait}</p> })}
                {sign_in
                    .then(|| {
                        view! {
                            <p>
                                <a href=crate::routes::sign_in() rel="external">
                                    "Sign in"
                                </a>
                            </p>
                        }
                    })}
                {(!details.is_empty())
                    .then(|| {
                        let text = details
                            .iter()
                            .map(|(name, value)| format!("{name}: {value}"))
                            .collect::<Vec<_>>()
                            .join("\n");
                        view! {
                            <details class="error-details">
                                <summary>"Details"</summary>
                                <dl class="pairs">
                                    {details
                                        .into_iter()
                                        .map(|(name, value)| {
                                            view! {
                                                <div>
                                                    <dt>{name}</dt>
                                                    <dd class="mono">{value}</dd>
                                                </div>
                                            }
                                        })
                                        .collect_view()}
                                </dl>
                                <CopyButton text=text label="Copy details" />
                            </details>
                        }
                    })}
            </Notice>
        </div>
    }
}

/// The message as a sentence: the field's path, which programs need, stands among the details.
pub fn sentence(error: ApiError) -> String {
    let ApiError { field, message, .. } = error;
    let text = field
        .and_then(|field| message.strip_prefix(&format!("{field}: ")))
        .unwrap_or(&message);
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn title(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Unauthenticated => "You are signed out",
        ErrorCode::Forbidden => "Your role does not allow this",
        ErrorCode::NotFound => "Nothing is here",
        ErrorCode::Invalid => "Something needs a change",
        ErrorCode::Conflict => "Not possible right now",
        ErrorCode::RateLimited => "Too many requests",
        ErrorCode::Upstream => "Entra refused",
        ErrorCode::UpstreamUnavailable => "No answer yet",
        ErrorCode::Internal => "Something went wrong here",
    }
}

fn details(error: &ApiError) -> Vec<(&'static str, String)> {
    let optional = [
        ("Field", &error.field),
        ("Reason", &error.reason),
        ("Incident", &error.incident),
    ];
    optional
        .into_iter()
        .filter_map(|(name, value)| value.clone().map(|value| (name, value)))
        .collect()
}

/// On the server, the page is answered with the error's status.
fn answer_with(error: &ApiError) {
    #[cfg(feature = "ssr")]
    if let Some(options) = use_context::<leptos_axum::ResponseOptions>()
        && let Ok(status) = http::StatusCode::from_u16(error.status())
    {
        options.set_status(status);
    }
    let _ = error;
}

/// A list with nothing in it: what it will show, and what to do.
#[component]
pub fn Empty(
    /// What is not there: `No leases yet`.
    #[prop(into)]
    title: String,
    /// What will stand here, and what one can do: a sentence and a link.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">{title}</p>
            <div class="empty-text">{children()}</div>
        </div>
    }
}
