//! Where time comes from. Only `main` and the tests make clocks; everything else is handed one, or `now`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::domain::Timestamp;

/// Tells the time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The computer's clock.
    pub fn system() -> Self {
        Self::from_fn(|| {
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the one place where time enters"
            )]
            let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Timestamp::from_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
        })
    }

    /// A clock that asks this function.
    pub fn from_fn(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// A clock that moves only when told, and the hand that moves it.
    pub fn manual(start: Timestamp) -> (Self, ManualClock) {
        let hand = ManualClock(Arc::new(AtomicI64::new(start.millis())));
        let millis = hand.0.clone();
        (
            Self::from_fn(move || Timestamp::from_millis(millis.load(Ordering::SeqCst))),
            hand,
        )
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// Moves a manual clock.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// Moves the clock on, or back where negative.
    pub fn advance_millis(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    /// Moves the clock on by so many seconds.
    pub fn advance_seconds(&self, seconds: i64) {
        self.advance_millis(seconds * 1000);
    }
}

/// Measures how long something takes, whatever the clocks say meanwhile.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one place where elapsed time is measured"
        )]
        Self(Instant::now())
    }

    /// Since the start.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// Milliseconds since the start.
    pub fn millis(self) -> u64 {
        u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
