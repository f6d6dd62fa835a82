//! A moment, to the millisecond, in UTC: RFC 3339 on the wire, milliseconds since 1970 in the database.
//!
//! Written by hand because a date library would weigh more in the browser than the rest of `domain`; the browser formats
//! for people through `Intl`. The calendar arithmetic is Howard Hinnant's
//! (<https://howardhinnant.github.io/date_algorithms.html>).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Invalid, Ttl};

const MILLIS_A_DAY: i64 = 86_400_000;
/// 9999-12-31T23:59:59.999Z, the last moment that RFC 3339 can write.
const LAST: i64 = 253_402_300_799_999;
/// 0001-01-01T00:00:00Z.
const FIRST: i64 = -62_135_596_800_000;

/// A moment in UTC, to the millisecond, between the years 1 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment so many milliseconds after 1970-01-01T00:00:00Z, cut to the years 1 to 9999.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(FIRST, LAST))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// This moment and so long after it.
    #[must_use]
    pub fn plus(self, ttl: Ttl) -> Self {
        self.plus_millis(ttl.millis())
    }

    /// This moment and so many milliseconds after it (or before, where negative).
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this moment; negative where `earlier` is later.
    pub fn millis_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// Reads RFC 3339, with `Z` or an offset, and up to nine digits of a second's fraction (those after the third are dropped).
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        read(text).ok_or_else(|| Invalid::new("expected an RFC 3339 time such as \"2026-11-21T14:05:00Z\""))
    }

    /// The date and time as people write it when no zone of theirs is known: `2026-11-21 14:05 UTC`.
    pub fn to_utc_text(self) -> String {
        let text = self.to_string();
        format!("{} {} UTC", &text[..10], &text[11..16])
    }
}

fn read(text: &str) -> Option<Timestamp> {
    if !text.is_ascii() || text.len() < 20 {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        digits
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| digits.parse().ok())?
    };
    let bytes = text.as_bytes();
    let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    let well_separated =
        separators.iter().all(|&(at, byte)| bytes[at] == byte) && matches!(bytes[10], b'T' | b't' | b' ');
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let in_range = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !well_separated || !in_range {
        return None;
    }
    let (millis, rest) = fraction(&text[19..])?;
    let seconds = ((days_from_civil(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    let at = seconds * 1000 + millis - offset_minutes(rest)? * 60_000;
    (FIRST..=LAST).contains(&at).then_some(Timestamp(at))
}

/// The milliseconds of `.123…`, and what follows it.
fn fraction(text: &str) -> Option<(i64, &str)> {
    let Some(rest) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if !(1..=9).contains(&digits) {
        return None;
    }
    let millis = format!("{:0<3}", &rest[..digits.min(3)]).parse().ok()?;
    Some((millis, &rest[digits..]))
}

/// The minutes east of UTC that `Z`, `+05:30` and the like stand for.
fn offset_minutes(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text[1..].split_once(':')?;
    let two_digits = |part: &str| {
        (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<i64>().ok())?
    };
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to this date.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The date so many days after 1970-01-01, as year, month and day.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0.div_euclid(MILLIS_A_DAY));
        let millis = self.0.rem_euclid(MILLIS_A_DAY);
        let (seconds, millis) = (millis / 1000, millis % 1000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z"
        )
    }
}

impl TryFrom<String> for Timestamp {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<Timestamp> for String {
    fn from(at: Timestamp) -> String {
        at.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::{OffsetDateTime, format_description::well_known::Rfc3339};

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(millis in FIRST..=LAST) {
            let at = Timestamp(millis);
            prop_assert_eq!(Timestamp::parse(&at.to_string()), Ok(at));
        }

        #[test]
        fn a_date_library_agrees(millis in FIRST..=LAST) {
            let theirs = OffsetDateTime::parse(&Timestamp(millis).to_string(), &Rfc3339).unwrap();
            prop_assert_eq!(theirs.unix_timestamp_nanos() / 1_000_000, i128::from(millis));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = Timestamp::parse(&text);
        }
    }

    #[test]
    fn offsets_and_fractions_are_understood() {
        let read = |text| Timestamp::parse(text).unwrap().to_string();
        assert_eq!(read("2026-11-21T14:05:00Z"), "2026-11-21T14:05:00.000Z");
        assert_eq!(read("2026-11-21T14:05:00.1234567Z"), "2026-11-21T14:05:00.123Z");
        assert_eq!(read("2026-11-21T14:05:00.5+05:30"), "2026-11-21T08:35:00.500Z");
        assert_eq!(read("2024-02-29T23:59:59-01:00"), "2024-03-01T00:59:59.000Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2026-11-21",
            "2026-02-29T00:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T14:05:00",
            "2026-11-21T14:05:00.Z",
            "0000-01-01T00:00:00Z",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text:?}");
        }
    }
}
