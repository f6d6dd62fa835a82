//! When to try again: after 2 seconds, doubling to 5 minutes, each stretched or shrunk by chance, and never before Entra allows
//! it. There is no last attempt.

use crate::backend::Entropy;

const FIRST_MILLIS: i64 = 2_000;
const LONGEST_MILLIS: i64 = 5 * 60_000;
/// The longest between two looks at whether Entra is back: what waits for it is gone within a minute of its return.
const LONGEST_PROBE_MILLIS: i64 = 30_000;
/// The longest that Entra's own wish is followed: a longer one is a mistake somewhere.
pub(super) const LONGEST_ASKED_MILLIS: i64 = 3_600_000;

/// Milliseconds until the next attempt, after so many attempts have failed. `retry_after` is what Entra asked for, in seconds.
pub(super) fn delay_millis(attempts_made: u32, retry_after: Option<f64>, entropy: &Entropy) -> i64 {
    growing(attempts_made, LONGEST_MILLIS, retry_after, entropy)
}

/// The same where Entra could not be reached or was not well, which passes.
pub(super) fn probe_millis(failures: u32, retry_after: Option<f64>, entropy: &Entropy) -> i64 {
    growing(failures, LONGEST_PROBE_MILLIS, retry_after, entropy)
}

fn growing(failures: u32, longest: i64, retry_after: Option<f64>, entropy: &Entropy) -> i64 {
    let doublings = failures.saturating_sub(1).min(16);
    let whole = FIRST_MILLIS.saturating_mul(1_i64 << doublings).min(longest);
    // Between three quarters and the whole of it, so that leases which failed together don't come back together.
    let quarter = usize::try_from(whole / 4).unwrap_or(0);
    let jittered = whole - i64::try_from(entropy.below(quarter + 1)).unwrap_or(0);
    jittered.max(asked_millis(retry_after))
}

/// Milliseconds that Entra asked for, at most an hour.
fn asked_millis(retry_after: Option<f64>) -> i64 {
    let seconds = retry_after
        .filter(|seconds| seconds.is_finite())
        .unwrap_or(0.0)
        .max(0.0);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a number beyond i64 becomes its largest"
    )]
    let millis = (seconds * 1000.0).ceil() as i64;
    millis.min(LONGEST_ASKED_MILLIS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn delays_grow_to_five_minutes_and_honour_entra(attempts in 1_u32..1000, seed in 0_u64..1000, asked in proptest::option::of(0.0_f64..5000.0)) {
            let delay = delay_millis(attempts, asked, &Entropy::seeded(seed));
            prop_assert!(delay >= 1_500);
            prop_assert!(delay <= LONGEST_MILLIS.max(asked_millis(asked)));
            prop_assert!(delay >= asked_millis(asked));
            if attempts >= 9 {
                prop_assert!(delay >= LONGEST_MILLIS * 3 / 4);
            }
        }
    }

    #[test]
    fn a_fraction_of_a_second_counts() {
        assert_eq!(asked_millis(Some(2.128)), 2_128);
        assert_eq!(asked_millis(Some(f64::NAN)), 0);
        assert_eq!(asked_millis(Some(1e18)), 3_600_000);
    }
}
