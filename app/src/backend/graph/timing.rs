//! How long the client waits and how often it tries: numbers only, so that tests can be quick and the demo real.

use std::time::Duration;

use crate::backend::{Entropy, Stopwatch};

/// How long to wait and how often to try.
#[derive(Debug, Clone)]
pub struct Timing {
    /// For a connection to be made.
    pub connect_timeout: Duration,
    /// For one answer, from the first byte sent.
    pub request_timeout: Duration,
    /// Tries of one call, the first included.
    pub tries: u32,
    /// Before the second try, doubled at each further one.
    pub base_delay: Duration,
    /// The longest wait between two tries, unless Entra asks for longer.
    pub max_delay: Duration,
    /// For all tries of one call together: a wait that would end later is not begun.
    pub total_budget: Duration,
    /// For a new object to be known to every replica of the directory.
    pub replication_budget: Duration,
    /// For a removed object to be gone from what is read.
    pub verify_budget: Duration,
}

impl Default for Timing {
    /// For calls that somebody waits for. The directory usually settles within seconds, rarely a minute.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(20),
            tries: 5,
            base_delay: Duration::from_millis(300),
            max_delay: Duration::from_secs(8),
            total_budget: Duration::from_secs(30),
            replication_budget: Duration::from_mins(1),
            verify_budget: Duration::from_secs(5),
        }
    }
}

impl Timing {
    /// The same in milliseconds, for tests against an emulator.
    pub fn for_tests() -> Self {
        Self {
            connect_timeout: Duration::from_millis(500),
            request_timeout: Duration::from_secs(2),
            tries: 5,
            base_delay: Duration::from_millis(2),
            max_delay: Duration::from_millis(20),
            total_budget: Duration::from_millis(500),
            replication_budget: Duration::from_millis(1_500),
            verify_budget: Duration::from_millis(60),
        }
    }

    /// How long to wait after this many tries, which took `elapsed`; nothing where it is time to give up.
    pub(super) fn next_delay(
        &self,
        tries: u32,
        elapsed: Duration,
        retry_after: Option<f64>,
        entropy: &Entropy,
    ) -> Option<Duration> {
        if tries >= self.tries {
            return None;
        }
        let asked = retry_after.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let own = jittered(self.base_delay, self.max_delay, tries, entropy);
        // What Entra asks for is the least: everybody coming back at that very moment would be refused again.
        let delay = asked.map_or(own, |asked| asked + self.base_delay.min(own));
        (elapsed.saturating_add(delay) <= self.total_budget).then_some(delay)
    }

    pub(super) fn patience(&self, budget: Duration, entropy: &Entropy) -> Patience {
        Patience {
            watch: Stopwatch::start(),
            budget,
            base: self.base_delay,
            max: self.max_delay.min(Duration::from_secs(5)),
            round: 0,
            entropy: entropy.clone(),
        }
    }
}

/// Between half of `base · 2^(round−1)` and the whole of it, cut at `max`.
fn jittered(base: Duration, max: Duration, round: u32, entropy: &Entropy) -> Duration {
    let whole = base
        .saturating_mul(2_u32.saturating_pow(round.saturating_sub(1)))
        .min(max);
    let half = whole / 2;
    let spread = usize::try_from(half.as_micros()).unwrap_or(usize::MAX);
    let extra = u64::try_from(entropy.below(spread.saturating_add(1))).unwrap_or_default();
    half + Duration::from_micros(extra)
}

/// Waits ever longer between looks at the directory, until its budget is spent.
#[derive(Debug)]
pub struct Patience {
    watch: Stopwatch,
    budget: Duration,
    base: Duration,
    max: Duration,
    round: u32,
    entropy: Entropy,
}

impl Patience {
    /// Waits, and says whether it is worth looking again.
    pub async fn wait(&mut self) -> bool {
        self.round = self.round.saturating_add(1);
        let delay = jittered(self.base, self.max, self.round, &self.entropy);
        if self.watch.elapsed() + delay > self.budget {
            return false;
        }
        tokio::time::sleep(delay).await;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_entra_asks_for_is_kept_in_fractions() {
        let timing = Timing::default();
        let entropy = Entropy::seeded(1);
        let delay = timing
            .next_delay(1, Duration::ZERO, Some(2.128), &entropy)
            .unwrap();
        assert!(delay >= Duration::from_millis(2_128) && delay < Duration::from_millis(2_500));
    }

    #[test]
    fn a_wait_beyond_the_budget_is_not_begun() {
        let timing = Timing::default();
        let entropy = Entropy::seeded(1);
        assert_eq!(timing.next_delay(1, Duration::ZERO, Some(31.0), &entropy), None);
        assert_eq!(
            timing.next_delay(1, Duration::from_secs(30), None, &entropy),
            None
        );
        assert_eq!(timing.next_delay(5, Duration::ZERO, None, &entropy), None);
        assert_eq!(
            timing
                .next_delay(1, Duration::ZERO, Some(1e300), &entropy)
                .map(|d| d < timing.max_delay),
            Some(true)
        );
    }

    #[test]
    fn waits_grow_and_stay_below_the_longest() {
        let entropy = Entropy::seeded(1);
        let (base, max) = (Duration::from_millis(100), Duration::from_secs(1));
        for round in 1..40 {
            let delay = jittered(base, max, round, &entropy);
            let whole = base.saturating_mul(2_u32.saturating_pow(round - 1)).min(max);
            assert!(delay >= whole / 2 && delay <= whole, "{round}: {delay:?}");
        }
    }
}
