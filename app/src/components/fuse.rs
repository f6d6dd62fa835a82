//! The fuse: a lease's time on one line, from when it was asked for to the furthest it could ever end.
//!
//! Burnt, left, and what renewing could add. It is a picture; the same is said in words beside it, always.
//! Drawn with attributes of SVG only: the content security policy allows no inline styles.

use leptos::prelude::*;

use super::live::now_until;
use super::time::{Countdown, TimeText};
use crate::domain::{Lease, LeaseState, Timestamp};

/// The marks of a fuse, in percent of its length.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Marks {
    now: f64,
    end: f64,
    tone: &'static str,
}

fn marks(lease: &Lease, now: Timestamp) -> Marks {
    let whole = lease.max_expires_at.millis_since(lease.created_at).max(1);
    let percent = |at: Timestamp| {
        let part = at.millis_since(lease.created_at).clamp(0, whole);
        // A hundredth of a percent is finer than any screen, and short in the page.
        #[expect(clippy::cast_precision_loss, reason = "at most 10,000")]
        let hundredths = (part.saturating_mul(10_000) / whole) as f64;
        hundredths / 100.0
    };
    let end = percent(lease.ended_at.unwrap_or(lease.expires_at).min(lease.expires_at));
    let tone = match lease.state {
        LeaseState::Revoking if lease.needs_attention => "fuse crit",
        LeaseState::Active if lease.ends_soon(now) => "fuse warn",
        LeaseState::Generating | LeaseState::Active => "fuse",
        LeaseState::Revoking
        | LeaseState::Revoked
        | LeaseState::Expired
        | LeaseState::Failed
        | LeaseState::Abandoned => "fuse ended",
    };
    let burnt = match lease.state {
        LeaseState::Generating | LeaseState::Active => percent(now).min(end),
        LeaseState::Revoking
        | LeaseState::Revoked
        | LeaseState::Expired
        | LeaseState::Failed
        | LeaseState::Abandoned => end,
    };
    Marks {
        now: burnt,
        end,
        tone,
    }
}

/// What the moment at the end of a lease's fuse is.
pub fn end_word(state: LeaseState) -> &'static str {
    match state {
        LeaseState::Generating | LeaseState::Active | LeaseState::Revoking => "Ends",
        LeaseState::Revoked | LeaseState::Expired | LeaseState::Failed => "Ended",
        LeaseState::Abandoned => "Given up",
    }
}

/// The line alone, as wide as its box.
#[component]
pub fn FuseLine(
    /// The lease.
    lease: Lease,
) -> impl IntoView {
    let now = now_until(lease.expires_at);
    let marks = Memo::new(move |_| marks(&lease, now.get()));
    let left = move || (marks.get().end - marks.get().now).max(0.0);
    let percent = |value: f64| format!("{value}%");
    view! {
        <svg class=move || marks.get().tone width="100%" height="12" aria-hidden="true" focusable="false">
            <line class="fuse-more" x1=move || percent(marks.get().end) x2="100%" y1="6" y2="6"></line>
            <rect class="fuse-burnt" x="0" y="3" height="6" width=move || percent(marks.get().now)></rect>
            <rect
                class="fuse-left"
                x=move || percent(marks.get().now)
                y="3"
                height="6"
                width=move || percent(left())
            ></rect>
            <line
                class="fuse-cap"
                x1=move || percent(marks.get().end)
                x2=move || percent(marks.get().end)
                y1="1"
                y2="11"
            ></line>
        </svg>
    }
}

/// The fuse of a row: the line, and its end in words.
#[component]
pub fn Fuse(
    /// The lease.
    lease: Lease,
) -> impl IntoView {
    let end = lease.ended_at.unwrap_or(lease.expires_at);
    view! {
        <div class="fuse-row">
            <FuseLine lease=lease />
            <span class="fuse-words">
                <Countdown at=end />
                <TimeText at=end />
            </span>
        </div>
    }
}

/// The fuse of a page: the line at full width, and each of its marks in words.
#[component]
pub fn FuseFull(
    /// The lease.
    lease: Lease,
) -> impl IntoView {
    let (issued, end, latest) = (
        lease.created_at,
        lease.ended_at.unwrap_or(lease.expires_at),
        lease.max_expires_at,
    );
    let (ended, end_word) = (lease.ended_at.is_some(), end_word(lease.state));
    view! {
        <div class="fuse-full">
            <FuseLine lease=lease />
            <dl class="fuse-marks">
                <div>
                    <dt>"Issued"</dt>
                    <dd>
                        <Countdown at=issued />
                        <TimeText at=issued />
                    </dd>
                </div>
                <div class="fuse-mark-end">
                    <dt>{end_word}</dt>
                    <dd>
                        <Countdown at=end />
                        <TimeText at=end />
                    </dd>
                </div>
                <div>
                    <dt>{if ended { "Could have been renewed until" } else { "Can be renewed until" }}</dt>
                    <dd>
                        <Countdown at=latest />
                        <TimeText at=latest />
                    </dd>
                </div>
            </dl>
        </div>
    }
}
