//! What time it is, and whether this page is alive yet.
//!
//! The server stamps its `now` into the page; the browser renders the same text from it, and only then, in an effect, begins
//! to tick. Ticks are corrected by the difference between the two clocks, so a wrong clock in the browser tells no lies.
//! Each caller gets signals of its own, because a part that hydrates late must still render what the server rendered.

use leptos::prelude::*;

use super::browser;
use crate::domain::Timestamp;

const SECOND: u32 = 1000;
/// Nearer than this, seconds count.
const NEAR: i64 = 3 * 60_000;

/// The page's clock, in context.
#[derive(Debug, Clone, Copy)]
struct PageClock {
    stamped: Timestamp,
    second: RwSignal<Timestamp>,
    minute: RwSignal<Timestamp>,
}

/// Starts the clock: called once, in `App`, with the server's time.
pub fn provide_clock(stamped: Timestamp) {
    let (second, minute) = (RwSignal::new(stamped), RwSignal::new(stamped));
    provide_context(PageClock {
        stamped,
        second,
        minute,
    });
    Effect::new(move |_| {
        let arrived = browser::page_arrived().unwrap_or_else(browser::now);
        let offset = stamped.millis_since(arrived);
        let tick = move || {
            let now = browser::now().plus_millis(offset);
            second.set(now);
            if now.millis().div_euclid(60_000) != minute.get_untracked().millis().div_euclid(60_000) {
                minute.set(now);
            }
        };
        tick();
        browser::every(SECOND, tick);
    });
}

/// Whether this part of the page is live: false in the server's HTML, true once the browser runs it.
pub fn hydrated() -> ReadSignal<bool> {
    let (live, set_live) = signal(false);
    Effect::new(move |_| set_live.set(true));
    live
}

/// The server's time, moving once a minute.
pub fn now() -> Signal<Timestamp> {
    ticking(None)
}

/// The server's time, moving once a minute, and every second while `at` is near.
pub fn now_until(at: Timestamp) -> Signal<Timestamp> {
    ticking(Some(at))
}

fn ticking(at: Option<Timestamp>) -> Signal<Timestamp> {
    let Some(clock) = use_context::<PageClock>() else {
        return Signal::stored(Timestamp::from_millis(0));
    };
    let live = hydrated();
    Signal::derive(move || {
        if !live.get() {
            return clock.stamped;
        }
        let minute = clock.minute.get();
        match at {
            Some(at) if at.millis_since(minute).abs() < NEAR => clock.second.get(),
            Some(_) | None => minute,
        }
    })
}

/// The server's time at this moment, for event handlers.
pub fn now_untracked() -> Timestamp {
    use_context::<PageClock>().map_or_else(browser::now, |clock| clock.second.get_untracked())
}

/// The server's time, to be asked for later: in event handlers no context is at hand.
pub fn clock() -> impl Fn() -> Timestamp + Copy + Send + Sync + 'static {
    let clock = use_context::<PageClock>();
    move || clock.map_or_else(browser::now, |clock| clock.second.get_untracked())
}

/// Tells what came of an action to those who can't see it, in context.
#[derive(Debug, Clone, Copy)]
pub struct Announcer(RwSignal<String>);

impl Announcer {
    /// Says it, once what is being said is finished.
    pub fn say(self, text: impl Into<String>) {
        self.0.set(text.into());
    }
}

/// Makes [`announcer`] work: called once, in `App`.
pub fn provide_announcer() {
    provide_context(Announcer(RwSignal::new(String::new())));
}

/// The announcer of this page.
pub fn announcer() -> Option<Announcer> {
    use_context()
}

/// Where announcements are read from: once, in `App`.
#[component]
pub fn AnnouncerRegion() -> impl IntoView {
    let text = announcer().map(|announcer| announcer.0);
    view! { <div class="visually-hidden" role="status">{move || text.map(|text| text.get())}</div> }
}
