//! The emulator's clock: every date, lifetime and replication lag is read from here, so that tests can move it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A clock that tests can move. Clones share the same hands.
#[derive(Clone, Debug)]
pub struct Clock {
    follows_system: bool,
    /// Milliseconds to add to the system's time, or, on a fixed clock, the time itself.
    hands: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that follows the system's time plus whatever tests have added.
    pub fn real() -> Self {
        Self {
            follows_system: true,
            hands: Arc::new(AtomicI64::new(0)),
        }
    }

    /// A clock that stands at `millis` after the Unix epoch and only moves when told.
    pub fn fixed(millis: i64) -> Self {
        Self {
            follows_system: false,
            hands: Arc::new(AtomicI64::new(millis)),
        }
    }

    /// Milliseconds since the Unix epoch.
    pub fn now_millis(&self) -> i64 {
        self.system_millis() + self.hands.load(Ordering::SeqCst)
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.hands.fetch_add(millis_of(by), Ordering::SeqCst);
    }

    /// Sets the clock, which then goes on from there (or stands still, if it is a fixed one).
    pub fn set_millis(&self, millis: i64) {
        self.hands.store(millis - self.system_millis(), Ordering::SeqCst);
    }

    fn system_millis(&self) -> i64 {
        if !self.follows_system {
            return 0;
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place where the emulator asks the system's time"
        )]
        let now = std::time::SystemTime::now();
        now.duration_since(std::time::UNIX_EPOCH).map_or(0, millis_of)
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::real()
    }
}

/// A duration in whole milliseconds; one too long for the clock counts as "never".
pub(crate) fn millis_of(duration: Duration) -> i64 {
    // A quarter of the range, so that adding it to any date cannot overflow.
    i64::try_from(duration.as_millis())
        .unwrap_or(i64::MAX)
        .min(i64::MAX / 4)
}

/// `2026-11-21T10:00:00Z`, as Graph writes dates (whole seconds).
pub(crate) fn to_rfc3339(millis: i64) -> String {
    at(millis)
        .replace_nanosecond(0)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .format(&Rfc3339)
        .unwrap_or_default()
}

/// Reads an RFC 3339 date into milliseconds since the Unix epoch.
pub(crate) fn from_rfc3339(text: &str) -> Option<i64> {
    let date = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(date.unix_timestamp_nanos() / 1_000_000).ok()
}

/// The date at `millis` after the Unix epoch; dates outside the calendar become the epoch.
pub(crate) fn at(millis: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let clock = Clock::fixed(1_000);
        assert_eq!(clock.now_millis(), 1_000);
        clock.advance(Duration::from_secs(2));
        assert_eq!(clock.clone().now_millis(), 3_000);
        clock.set_millis(7);
        assert_eq!(clock.now_millis(), 7);
    }

    #[test]
    fn a_real_clock_can_be_set_ahead() {
        let clock = Clock::real();
        let later = clock.now_millis() + 86_400_000;
        clock.set_millis(later);
        assert!(clock.now_millis() >= later);
    }

    #[test]
    fn dates_survive_a_round_trip() {
        assert_eq!(
            to_rfc3339(from_rfc3339("2026-11-21T10:00:00.5Z").unwrap()),
            "2026-11-21T10:00:00Z"
        );
    }
}
