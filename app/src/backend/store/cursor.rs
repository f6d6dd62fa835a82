//! Cursors: where a piece of a list ended, as text that means nothing to its bearer.
//!
//! Rule: a cursor names its list and holds the key of the last row given, so it stays good whatever is added or removed
//! meanwhile. What is no key of that list is refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::StoreError;
use crate::domain::{Invalid, Limit, Page};

/// The lists that are given out in pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Targets,
    Secrets,
    Leases,
    Audit,
}

impl List {
    fn tag(self) -> &'static str {
        match self {
            Self::Targets => "targets:",
            Self::Secrets => "secrets:",
            Self::Leases => "leases:",
            Self::Audit => "audit:",
        }
    }

    /// The key in a cursor of this list, read by `parse`.
    pub(super) fn key<T>(
        self,
        after: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Result<Option<T>, StoreError> {
        let Some(cursor) = after else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD
            .decode(cursor)
            .map_err(|_| StoreError::BadCursor)?;
        let text = String::from_utf8(bytes).map_err(|_| StoreError::BadCursor)?;
        let key = text.strip_prefix(self.tag()).ok_or(StoreError::BadCursor)?;
        parse(key).map(Some).map_err(|_| StoreError::BadCursor)
    }

    /// The piece made of these rows, of which one more than `limit` was asked for to learn whether others follow.
    pub(super) fn page<T>(self, mut rows: Vec<T>, limit: Limit, key: impl Fn(&T) -> String) -> Page<T> {
        let more = rows.len() > limit.get();
        rows.truncate(limit.get());
        let next = rows
            .last()
            .filter(|_| more)
            .map(|last| URL_SAFE_NO_PAD.encode(format!("{}{}", self.tag(), key(last))));
        Page { items: rows, next }
    }
}

/// How many rows to ask for: one more than the limit.
pub(super) fn rows_for(limit: Limit) -> i64 {
    i64::from(limit) + 1
}
