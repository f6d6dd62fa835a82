//! Rows into values. What can't be read is an error that names table and column, and quotes nothing of the value.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, Sqlite};

use super::StoreError;
use crate::domain::{Invalid, Timestamp};

/// A row of a table.
pub(super) struct Columns<'r> {
    table: &'static str,
    row: &'r SqliteRow,
}

impl<'r> Columns<'r> {
    pub(super) fn of(table: &'static str, row: &'r SqliteRow) -> Self {
        Self { table, row }
    }

    /// The error that this column can't be read.
    pub(super) fn corrupt(&self, column: &'static str, why: impl Into<String>) -> StoreError {
        StoreError::Corrupt {
            table: self.table,
            column,
            why: why.into(),
        }
    }

    /// A value of one of SQLite's own types.
    pub(super) fn get<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite>,
    {
        self.row
            .try_get(column)
            .map_err(|_| self.corrupt(column, "it is missing or of another type"))
    }

    pub(super) fn text(&self, column: &'static str) -> Result<String, StoreError> {
        self.get(column)
    }

    /// Text that a domain type reads.
    pub(super) fn parse<T>(
        &self,
        column: &'static str,
        read: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Result<T, StoreError> {
        read(self.get::<&str>(column)?).map_err(|why| self.corrupt(column, why.0))
    }

    /// The name of a variant.
    pub(super) fn name<T>(
        &self,
        column: &'static str,
        from_name: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        from_name(self.get::<&str>(column)?).ok_or_else(|| self.corrupt(column, "no such name is known"))
    }

    pub(super) fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
        self.json_of(column, self.get::<&str>(column)?)
    }

    pub(super) fn json_or_none<T: DeserializeOwned>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, StoreError> {
        self.get::<Option<&str>>(column)?
            .map(|text| self.json_of(column, text))
            .transpose()
    }

    fn json_of<T: DeserializeOwned>(&self, column: &'static str, text: &str) -> Result<T, StoreError> {
        // The message of the error itself may quote the value.
        serde_json::from_str(text).map_err(|error| {
            let why = format!("not the JSON expected, at character {}", error.column());
            self.corrupt(column, why)
        })
    }

    pub(super) fn time(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        self.get(column).map(Timestamp::from_millis)
    }

    pub(super) fn time_or_none(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.get::<Option<i64>>(column)?.map(Timestamp::from_millis))
    }

    /// A number that is never negative.
    pub(super) fn count<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, StoreError> {
        T::try_from(self.get::<i64>(column)?).map_err(|_| self.corrupt(column, "the number is out of range"))
    }
}

/// A value as the JSON that a column holds.
pub(super) fn to_json(
    table: &'static str,
    column: &'static str,
    value: &impl Serialize,
) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt {
        table,
        column,
        why: error.to_string(),
    })
}
