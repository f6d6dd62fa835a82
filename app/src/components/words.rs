//! What the dialogs say about time and of several things, and the lengths of time that they read and offer.

use super::browser::{self, TimeStyle};
use crate::domain::{Timestamp, Ttl, TtlPolicy};

/// A moment in a sentence about what will be: `Sat 21 Nov, 18:04`.
pub fn minute(at: Timestamp) -> String {
    browser::local_time(at, at, TimeStyle::Minute)
}

/// A moment in a sentence about what was just done: `18:04:09`.
pub fn second(at: Timestamp) -> String {
    browser::local_time(at, at, TimeStyle::Second)
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

/// Names in a sentence: `a`, `a and b`, `a, b and c`; nothing of none.
pub fn list(names: &[&str]) -> Option<String> {
    let (last, others) = names.split_last()?;
    Some(if others.is_empty() {
        (*last).to_owned()
    } else {
        format!("{} and {last}", others.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn names_stand_in_a_sentence() {
        assert_eq!(list(&[]), None);
        assert_eq!(list(&["a"]).as_deref(), Some("a"));
        assert_eq!(list(&["a", "b", "c"]).as_deref(), Some("a, b and c"));
    }

    #[test]
    fn a_ttl_above_the_maximum_is_refused_in_words() {
        let policy = TtlPolicy::new(Ttl::parse("15m").unwrap(), Ttl::parse("1h").unwrap()).unwrap();
        assert_eq!(read_ttl("1h", policy), Ttl::parse("1h").map_err(|why| why.0));
        assert!(read_ttl("61m", policy).unwrap_err().contains("above the maximum"));
        assert!(read_ttl("soon", policy).unwrap_err().contains("90m"));
    }
}
