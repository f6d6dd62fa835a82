//! Lists in pieces: a limit, a cursor, and what comes next.

use serde::{Deserialize, Serialize};

use super::Invalid;

/// How many rows a list answers with: 1 to 1000, 50 where nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Limit(u16);

impl Limit {
    /// The largest.
    pub const MAX: Limit = Limit(1000);

    /// How many.
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl TryFrom<i64> for Limit {
    type Error = Invalid;
    fn try_from(limit: i64) -> Result<Self, Invalid> {
        match u16::try_from(limit) {
            Ok(limit @ 1..=1000) => Ok(Self(limit)),
            Ok(_) | Err(_) => Err(Invalid::new("a limit lies between 1 and 1000")),
        }
    }
}

impl From<Limit> for i64 {
    fn from(limit: Limit) -> i64 {
        i64::from(limit.0)
    }
}

/// A piece of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// The cursor to pass as `after` for the following piece; nothing where this is the last.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A list that is whole.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}
