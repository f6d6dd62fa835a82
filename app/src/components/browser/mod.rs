//! Everything that is asked of the browser itself: time, clipboard, cookies, visibility.
//!
//! Rule: no other module touches `js_sys` or a browser handle for these. On the server each of these is a stand-in that does
//! nothing, because what calls them (effects, event handlers) never runs there.

mod element;
#[cfg(feature = "hydrate")]
mod live;
#[cfg(not(feature = "hydrate"))]
mod still;

pub use element::*;
#[cfg(feature = "hydrate")]
pub use live::*;
#[cfg(not(feature = "hydrate"))]
pub use still::*;

/// How much of a moment is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeStyle {
    /// `Sat 14:05`, or the date where it is more than six days away.
    #[default]
    Short,
    /// `Sat 21 Nov, 14:05`: in sentences about what will be.
    Minute,
    /// `14:05:20`: in sentences about what was just done.
    Second,
    /// `Sat, 21 Nov 2026, 14:05:20`.
    Full,
}
