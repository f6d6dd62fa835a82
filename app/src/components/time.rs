//! Moments in words: absolute ([`TimeText`]) and from now ([`Countdown`]). No screen shows the second without the first.

use leptos::prelude::*;

use super::browser::{self, TimeStyle};
use super::live::{hydrated, now_until, now_untracked};
use crate::domain::{Timestamp, Ttl};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A moment: in UTC from the server, in the reader's zone and language once the page is live.
#[component]
pub fn TimeText(
    /// When.
    #[prop(into)]
    at: Signal<Timestamp>,
    /// How much of it is written.
    #[prop(optional)]
    style: TimeStyle,
) -> impl IntoView {
    let live = hydrated();
    let text = move || {
        if live.get() {
            browser::local_time(at.get(), now_untracked(), style)
        } else {
            at.get().to_utc_text()
        }
    };
    view! {
        <time class="time" datetime=move || at.get().to_string() title=move || at.get().to_utc_text()>
            {text}
        </time>
    }
}

/// How far away a moment is: `in 42 min`, `3 min ago`.
#[component]
pub fn Countdown(
    /// When.
    at: Timestamp,
) -> impl IntoView {
    let now = now_until(at);
    let text = Memo::new(move |_| relative(at, now.get()));
    view! {
        <time class="countdown" datetime=at.to_string()>
            {text}
        </time>
    }
}

/// `in 42 min`, `3 min ago`, `now`.
pub fn relative(at: Timestamp, now: Timestamp) -> String {
    let millis = at.millis_since(now);
    if millis <= -SECOND {
        format!("{} ago", span(-millis))
    } else if millis >= SECOND {
        format!("in {}", span(millis))
    } else {
        "now".to_owned()
    }
}

/// A length in its two largest units; seconds below two minutes.
pub fn span(millis: i64) -> String {
    let two = |large: i64, large_name: &str, small: i64, small_name: &str| {
        let (whole, rest) = (millis / large, millis % large / small);
        if rest == 0 {
            format!("{whole} {large_name}")
        } else {
            format!("{whole} {large_name} {rest} {small_name}")
        }
    };
    match millis {
        ..MINUTE => format!("{} s", millis.max(0) / SECOND),
        MINUTE..120_000 => two(MINUTE, "min", SECOND, "s"),
        120_000..HOUR => format!("{} min", millis / MINUTE),
        HOUR..DAY => two(HOUR, "h", MINUTE, "min"),
        DAY.. => two(DAY, "d", HOUR, "h"),
    }
}

/// A TTL in words: `1 h 30 min`.
pub fn ttl_text(ttl: Ttl) -> String {
    span(ttl.millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_two_units_at_most() {
        for (millis, text) in [
            (-5, "0 s"),
            (59_999, "59 s"),
            (60_000, "1 min"),
            (92_000, "1 min 32 s"),
            (42 * MINUTE + 59_000, "42 min"),
            (90 * MINUTE, "1 h 30 min"),
            (24 * HOUR, "1 d"),
            (DAY + 3 * HOUR + 59 * MINUTE, "1 d 3 h"),
        ] {
            assert_eq!(span(millis), text);
        }
    }

    #[test]
    fn before_and_after_read_differently() {
        let now = Timestamp::from_millis(1_000_000);
        assert_eq!(relative(now.plus_millis(3 * MINUTE), now), "in 3 min");
        assert_eq!(relative(now.plus_millis(-3 * MINUTE), now), "3 min ago");
        assert_eq!(relative(now.plus_millis(400), now), "now");
    }
}
