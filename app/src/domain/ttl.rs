//! How long a lease lasts: `90m`, `1h30m`, `2d`, or seconds. From one minute to one year.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Invalid;

/// A lease's length in whole seconds, from one minute to one year (365 days). A number of seconds on the wire; read from a
/// number or from text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ttl(u32);

const UNITS: [(char, u32); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

impl Ttl {
    /// One minute.
    pub const MIN: Ttl = Ttl(60);
    /// 365 days.
    pub const MAX: Ttl = Ttl(365 * 86_400);

    /// A length of so many seconds; outside one minute to one year is refused.
    pub fn from_seconds(seconds: u64) -> Result<Self, Invalid> {
        match u32::try_from(seconds) {
            Ok(seconds) if (Self::MIN.0..=Self::MAX.0).contains(&seconds) => Ok(Self(seconds)),
            Ok(_) | Err(_) => Err(Invalid::new("use a time between 1 minute and 1 year")),
        }
    }

    /// Reads `90m`, `1h30m`, `2d` or `5400` (seconds). Units go from large to small and each stands once.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let trimmed = text.trim();
        let seconds = if !trimmed.is_empty() && trimmed.bytes().all(|b| b.is_ascii_digit()) {
            trimmed.parse().ok()
        } else {
            sum_units(trimmed)
        };
        let seconds =
            seconds.ok_or_else(|| Invalid::new("write a time such as 90m, 1h30m, 2d or 5400 (seconds)"))?;
        Self::from_seconds(seconds)
    }

    /// Whole seconds.
    pub fn seconds(self) -> u64 {
        u64::from(self.0)
    }

    /// Milliseconds.
    pub fn millis(self) -> i64 {
        i64::from(self.0) * 1000
    }
}

fn sum_units(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total = 0_u64;
    for (unit, seconds) in UNITS {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 && rest[digits..].starts_with(unit) {
            let count: u64 = rest[..digits].parse().ok()?;
            total = total.checked_add(count.checked_mul(u64::from(seconds))?)?;
            rest = &rest[digits + 1..];
        }
    }
    (rest.is_empty() && !text.is_empty()).then_some(total)
}

/// The shortest way to write it: `1h30m`.
impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        for (unit, seconds) in UNITS {
            if rest >= seconds {
                write!(f, "{}{unit}", rest / seconds)?;
                rest %= seconds;
            }
        }
        Ok(())
    }
}

impl std::str::FromStr for Ttl {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::parse(text)
    }
}

impl Serialize for Ttl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0)
    }
}

impl<'de> Deserialize<'de> for Ttl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Ttl;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("seconds, or text such as \"90m\" or \"1h30m\"")
            }
            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Ttl, E> {
                Ttl::from_seconds(seconds).map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Ttl, E> {
                Ttl::from_seconds(u64::try_from(seconds).unwrap_or(0)).map_err(E::custom)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Ttl, E> {
                Ttl::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// What an item allows: the length of a lease that asks for none, and the longest that a lease can ever become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TtlPolicy {
    default: Ttl,
    max: Ttl,
}

impl TtlPolicy {
    /// A policy; refused where the default is above the maximum.
    pub fn new(default: Ttl, max: Ttl) -> Result<Self, Invalid> {
        if default > max {
            return Err(Invalid::new(format!(
                "the default TTL ({default}) is above the maximum TTL ({max})"
            )));
        }
        Ok(Self { default, max })
    }

    /// The length of a lease that asks for none.
    pub fn default_ttl(self) -> Ttl {
        self.default
    }

    /// The longest that a lease can ever become, renewals included.
    pub fn max_ttl(self) -> Ttl {
        self.max
    }

    /// The length of a lease for which this was asked; refused above the maximum.
    pub fn grant(self, asked: Option<Ttl>) -> Result<Ttl, Invalid> {
        match asked {
            None => Ok(self.default),
            Some(ttl) if ttl <= self.max => Ok(ttl),
            Some(ttl) => Err(Invalid::new(format!(
                "{ttl} is above the maximum TTL of this item, {}",
                self.max
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_ttl() -> impl Strategy<Value = Ttl> {
        (Ttl::MIN.0..=Ttl::MAX.0).prop_map(Ttl)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(ttl in any_ttl()) {
            prop_assert_eq!(Ttl::parse(&ttl.to_string()), Ok(ttl));
            prop_assert_eq!(Ttl::parse(&ttl.seconds().to_string()), Ok(ttl));
            let json = serde_json::to_string(&ttl).unwrap();
            prop_assert_eq!(serde_json::from_str::<Ttl>(&json).unwrap(), ttl);
        }

        #[test]
        fn units_add_up(hours in 0_u64..1000, minutes in 1_u64..1000, seconds in 0_u64..1000) {
            let ttl = Ttl::parse(&format!("{hours}h{minutes}m{seconds}s")).unwrap();
            prop_assert_eq!(ttl.seconds(), hours * 3600 + minutes * 60 + seconds);
        }

        #[test]
        fn no_text_panics_or_escapes_the_range(text in "[0-9dhms .-]{0,24}") {
            if let Ok(ttl) = Ttl::parse(&text) {
                prop_assert!(ttl >= Ttl::MIN && ttl <= Ttl::MAX);
            }
        }

        #[test]
        fn a_policy_grants_no_more_than_its_maximum(default in any_ttl(), max in any_ttl(), asked in proptest::option::of(any_ttl())) {
            match TtlPolicy::new(default, max) {
                Err(_) => prop_assert!(default > max),
                Ok(policy) => match policy.grant(asked) {
                    Ok(ttl) => prop_assert!(ttl <= max && ttl == asked.unwrap_or(default)),
                    Err(_) => prop_assert!(asked.is_some_and(|ttl| ttl > max)),
                },
            }
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "m",
            "1x",
            "30m1h",
            "1h1h",
            "1.5h",
            "-5m",
            "59s",
            "366d",
            "99999999999999999999d",
            "1 h",
        ] {
            assert!(Ttl::parse(text).is_err(), "{text:?}");
        }
    }
}
