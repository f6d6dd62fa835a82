//! Lengths of time in words, and small sentences made of them. Pure: they take what they need and touch nothing.

use crate::domain::{Ttl, TtlPolicy};

const UNITS: [(i64, &str); 4] = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];

/// A length of time in its two largest units: `1 h 30 min`, `2 d`, `45 s`. Negative lengths read as `0 s`.
pub fn duration(millis: i64) -> String {
    let mut rest = millis.max(0) / 1000;
    let first = UNITS
        .iter()
        .position(|&(seconds, _)| rest >= seconds)
        .unwrap_or(3);
    let mut parts = Vec::with_capacity(2);
    for &(seconds, unit) in UNITS.iter().skip(first).take(2) {
        if rest >= seconds || (parts.is_empty() && seconds == 1) {
            parts.push(format!("{} {unit}", rest / seconds));
            rest %= seconds;
        }
    }
    parts.join(" ")
}

/// Reads a TTL that a person typed for a lease, with the reason where it can't be: not a time, or above the item's maximum.
pub fn read_ttl(text: &str, policy: TtlPolicy) -> Result<Ttl, String> {
    let asked = Ttl::parse(text).map_err(|why| why.0)?;
    policy.grant(Some(asked)).map_err(|why| why.0)
}

/// The usual lengths that are not above the maximum, and the maximum itself.
pub fn presets(max: Ttl) -> Vec<Ttl> {
    let usual = ["15m", "1h", "4h", "8h", "1d"];
    let mut found: Vec<Ttl> = usual
        .iter()
        .filter_map(|text| Ttl::parse(text).ok())
        .filter(|ttl| *ttl < max)
        .collect();
    found.push(max);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_at_most_two_units() {
        for (seconds, text) in [
            (0, "0 s"),
            (45, "45 s"),
            (60, "1 min"),
            (90, "1 min 30 s"),
            (5400, "1 h 30 min"),
            (3605, "1 h"),
            (86_400, "1 d"),
            (93_599, "1 d 1 h"),
            (-5, "0 s"),
        ] {
            assert_eq!(duration(seconds * 1000), text, "{seconds} s");
        }
    }

    #[test]
    fn presets_end_with_the_maximum() {
        let texts = |max: &str| -> Vec<String> {
            presets(Ttl::parse(max).unwrap())
                .iter()
                .map(Ttl::to_string)
                .collect()
        };
        assert_eq!(texts("1h"), ["15m", "1h"]);
        assert_eq!(texts("6h"), ["15m", "1h", "4h", "6h"]);
        assert_eq!(texts("5m"), ["5m"]);
    }

    #[test]
    fn a_ttl_above_the_maximum_is_refused_in_words() {
        let policy = TtlPolicy::new(Ttl::parse("15m").unwrap(), Ttl::parse("1h").unwrap()).unwrap();
        assert_eq!(read_ttl("1h", policy), Ttl::parse("1h").map_err(|why| why.0));
        assert!(read_ttl("61m", policy).unwrap_err().contains("above the maximum"));
        assert!(read_ttl("soon", policy).unwrap_err().contains("90m"));
    }
}
