//! What is kept: SQLite, and the only place with SQL.
//!
//! Rule: every change goes through `Store::write`, one writer that commits what is waiting in one transaction; an answer
//! is given only after that commit. An audit event is appended by the job whose deed it tells, so neither exists without
//! the other. A state change is one `UPDATE` guarded by the state that it may start from, and its caller is told when the
//! guard refused. Absence is `None`, never an error.
//!
//! To add a noun:
//! 1. its table in a new file under `app/migrations/` (a released one is never edited), with an index for each list;
//! 2. a file here with an `impl Store`; rows are read through `columns::Columns`, lists are paged through `cursor`;
//! 3. its tests in `tests/<noun>.rs`: every statement runs in one.

mod accounts;
mod audit;
mod columns;
mod connect;
mod cursor;
mod deleting;
mod error;
mod kept;
mod leases;
mod meta;
mod reconcile;
mod secrets;
mod targets;
mod writer;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use futures::future::BoxFuture;
use sqlx::{SqliteConnection, SqlitePool};

pub use accounts::{FirstAccounts, NewSession, StoredSession, StoredToken, StoredUser};
pub use audit::{AuditEvent, AuditRow, LEASEHOLD};
pub use connect::{DATABASE_FILE, DataDirLock};
pub use deleting::{Blocked, Completed, DeleteFolder, DeleteSecret, DeleteTarget, Deleting, LiveLeases};
pub use error::StoreError;
pub use leases::{
    Abandon, Abort, Begin, ClaimedLease, LeaseCounts, LeaseFilter, LeaseRecord, Leave, NewGrant, NewLease,
    Next, Progress, Progressed, Settlement, StoredGrant,
};
pub use reconcile::LeaseStanding;
pub use secrets::SecretFilter;
pub use targets::StoredTarget;

use kept::{Epoch, Kept};
use writer::{Scope, Together, Writer};

/// The database. Clones share it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    writer: Writer,
    readers: SqlitePool,
    kept: Kept,
}

impl Store {
    /// Opens the database in this folder, made (folder and file, for their owner only) and brought up to date as needed.
    pub async fn open(data_dir: &Path) -> Result<Self, StoreError> {
        let path = connect::prepare_files(data_dir)?;
        let mut connection = connect::writer_connection(&path).await?;
        connect::check_version(&mut connection).await?;
        connect::migrate(&mut connection, &path).await?;
        let readers = connect::readers(&path).await?;
        let epoch = Epoch::default();
        Ok(Self(Arc::new(Inner {
            writer: Writer::start(connection, epoch.clone()),
            readers,
            kept: Kept::new(epoch),
        })))
    }

    /// Commits what is waiting, and closes. What is asked afterwards is refused as unavailable.
    pub async fn close(&self) {
        // The readers first: the last connection to close moves the write-ahead log into the database.
        self.0.readers.close().await;
        self.0.writer.close().await;
    }

    /// Runs a job on the writer's connection, in a transaction that it may share with others: inside a savepoint, undone
    /// alone where the job answers with an error. Once handed over it is done, even if the caller no longer waits.
    ///
    /// A job reads what it decides on through the same connection, and neither begins nor commits.
    async fn write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.0.writer.submit(Scope::Anything, job).await
    }

    /// The same for a job that changes nothing but leases, and what belongs to them.
    async fn write_leases<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.0.writer.submit(Scope::Leases, job).await
    }

    /// Makes a change together with all others of its sort that are waiting.
    async fn join<T: Together>(&self, change: T) -> Result<T::Answer, StoreError> {
        self.0.writer.join(change).await
    }

    /// Runs statements as nothing in the product would.
    #[cfg(test)]
    pub(super) async fn tamper(&self, statements: &'static str) {
        let run = self.write(move |connection| {
            Box::pin(async move {
                sqlx::raw_sql(statements).execute(connection).await?;
                Ok(())
            })
        });
        run.await.unwrap();
    }

    fn readers(&self) -> &SqlitePool {
        &self.0.readers
    }

    fn kept(&self) -> &Kept {
        &self.0.kept
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store(…)")
    }
}
