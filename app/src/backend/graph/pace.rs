//! Keeps the writes of one client below a rate, so that Entra has no reason to refuse them.
//!
//! Entra allows an app 3,000 writes in 150 seconds in one tenant (Microsoft: Graph throttling limits, identity and access).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::backend::Stopwatch;

/// Writes that may be sent at once after a quiet second, as a share of the rate.
const BURST_SECONDS: Duration = Duration::from_secs(1);

/// Hands out turns.
#[derive(Debug)]
pub(super) struct Pace {
    /// Between two turns; nothing where there is no limit.
    interval: Option<Duration>,
    watch: Stopwatch,
    /// When the next turn is, since the start.
    next: Mutex<Duration>,
}

impl Pace {
    pub(super) fn new(per_second: f64) -> Self {
        let interval = (per_second > 0.0).then(|| Duration::try_from_secs_f64(per_second.recip()).ok());
        Self {
            interval: interval.flatten(),
            watch: Stopwatch::start(),
            next: Mutex::default(),
        }
    }

    /// Waits for a turn.
    pub(super) async fn turn(&self) {
        let wait = self.reserve(self.watch.elapsed());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Takes the next turn, and says how long it is until then.
    fn reserve(&self, now: Duration) -> Duration {
        let Some(interval) = self.interval else {
            return Duration::ZERO;
        };
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let at = (*next).max(now.saturating_sub(BURST_SECONDS));
        *next = at.saturating_add(interval);
        at.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_come_at_the_rate_after_a_burst() {
        let pace = Pace::new(10.0);
        let now = Duration::from_secs(100);
        let waits: Vec<_> = (0..21).map(|_| pace.reserve(now)).collect();
        assert_eq!(waits[10], Duration::ZERO);
        assert_eq!(waits[20], Duration::from_secs(1));
        assert_eq!(pace.reserve(now + Duration::from_mins(1)), Duration::ZERO);
    }

    #[test]
    fn no_rate_is_no_limit() {
        for rate in [0.0, -1.0, f64::NAN] {
            let pace = Pace::new(rate);
            assert!(
                (0..1000).all(|_| pace.reserve(Duration::ZERO).is_zero()),
                "{rate}"
            );
        }
    }
}
