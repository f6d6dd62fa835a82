//! What can go wrong with the store. Absence is not among it.

use std::sync::Arc;

/// An error of the store.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Something else bears this name already: `target name`, `item path`, `user name`, `token name`.
    #[error("this {what} is taken")]
    Taken {
        /// What is taken.
        what: &'static str,
    },
    /// What the new row refers to is not there (any more): `target`, `user`.
    #[error("the {what} is gone")]
    Gone {
        /// What is gone.
        what: &'static str,
    },
    /// The cursor is none that this list gave out.
    #[error("this cursor is not one that this list gave out")]
    BadCursor,
    /// Nothing can be written or read now: the disk is full, the file read-only, the store closed.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The folder is used by another running server.
    #[error("{0} is in use by another running Leasehold")]
    InUse(String),
    /// The database can't be opened, and what to do about it.
    #[error("{path} can't be opened: {why}")]
    Open {
        /// The file or folder.
        path: String,
        /// Why not.
        why: String,
    },
    /// A row holds what can't be read, or a value can't be written.
    #[error("{table}.{column} holds what can't be read: {why}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// What is wrong; it quotes nothing of the value.
        why: String,
    },
    /// A statement failed in a way that none should.
    #[error("the database refused a statement")]
    Database(#[source] Arc<sqlx::Error>),
}

/// The unique columns whose violation is somebody's doing; any other is ours, and stays a [`StoreError::Database`].
const UNIQUE: [(&str, &str); 4] = [
    ("targets.name", "target name"),
    ("secrets.path", "item path"),
    ("users.name", "user name"),
    ("tokens.name", "token name"),
];

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let Some(reason) = unavailable(&error) {
            return Self::Unavailable(reason);
        }
        let taken = error
            .as_database_error()
            .filter(|error| error.is_unique_violation())
            .and_then(|error| {
                UNIQUE
                    .iter()
                    .find(|(column, _)| error.message().ends_with(column))
            });
        match taken {
            Some(&(_, what)) => Self::Taken { what },
            None => Self::Database(Arc::new(error)),
        }
    }
}

/// The reason and what to do about it, where the database as a whole can't serve, whatever it is asked.
fn unavailable(error: &sqlx::Error) -> Option<String> {
    if let Some(error) = error.as_database_error() {
        // The low byte is SQLite's primary result code (https://www.sqlite.org/rescode.html).
        let code = error.code()?.parse::<i32>().ok()? & 0xff;
        let reason = match code {
            5 | 6 => "another process holds its lock; end that process",
            7 => "there is no memory left; give this program more",
            8 => "it is read-only; make its file and folder writable for this program",
            10 => "the disk failed to read or write; see what the system's log says of it",
            13 => "the disk is full; free some space on it",
            14 => "its file can't be opened; see that the data folder is there and belongs to this program",
            _ => return None,
        };
        return Some(reason.to_owned());
    }
    let is_down = matches!(
        error,
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed | sqlx::Error::Io(_)
    );
    is_down.then(|| error.to_string())
}
