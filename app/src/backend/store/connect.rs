//! Files, connections and migrations.
//!
//! Rule: what is made here is for its owner only, a folder 0700 and a file 0600; SQLite gives its `-wal` and `-shm` files the
//! rights of the database.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, SqliteConnection, SqlitePool};

use super::StoreError;

/// The database's file in the data folder.
pub const DATABASE_FILE: &str = "leasehold.db";

/// Readers that can be at work at once.
const READERS: u32 = 4;

/// The first SQLite without the fault in which two connections that write and checkpoint at once could lose a page of the
/// write-ahead log (fixed in 3.51.3).
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);

fn open_error(path: &Path, why: impl std::fmt::Display) -> StoreError {
    StoreError::Open {
        path: path.display().to_string(),
        why: why.to_string(),
    }
}

fn make_folder(data_dir: &Path) -> Result<(), StoreError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)
        .map_err(|why| open_error(data_dir, why))
}

/// Makes the folder and the database's file where they are missing, and answers with the file's path.
pub(super) fn prepare_files(data_dir: &Path) -> Result<PathBuf, StoreError> {
    make_folder(data_dir)?;
    let path = data_dir.join(DATABASE_FILE);
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(&path)
        .and_then(|file| file.set_permissions(Permissions::from_mode(0o600)))
        .map_err(|why| open_error(&path, why))?;
    Ok(path)
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        // A lease is written down before Entra is asked: what was committed must survive the loss of power.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .disable_statement_logging()
}

pub(super) async fn writer_connection(path: &Path) -> Result<SqliteConnection, StoreError> {
    options(path).connect().await.map_err(|why| open_error(path, why))
}

pub(super) async fn readers(path: &Path) -> Result<SqlitePool, StoreError> {
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(options(path).pragma("query_only", "on"))
        .await
        .map_err(|why| open_error(path, why))
}

/// Refuses a SQLite that is too old to be trusted with two connections.
pub(super) async fn check_version(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let version: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(connection)
        .await?;
    if is_new_enough(&version) {
        Ok(())
    } else {
        let (major, minor, patch) = OLDEST_SQLITE;
        Err(StoreError::Unavailable(format!(
            "this program was built with SQLite {version}; it needs {major}.{minor}.{patch} or later"
        )))
    }
}

pub(super) fn is_new_enough(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next()) >= OLDEST_SQLITE
}

/// Brings the tables up to date.
pub(super) async fn migrate(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    sqlx::migrate!("./migrations")
        .run(connection)
        .await
        .map_err(|why| open_error(path, why))
}

/// The right to be the one server that works on a data folder: for as long as this value lives, or its process.
#[derive(Debug)]
pub struct DataDirLock(#[expect(dead_code, reason = "the lock lasts as long as the file is open")] File);

impl DataDirLock {
    /// Takes the folder, made where it is missing. Refused while another process holds it.
    pub fn take(data_dir: &Path) -> Result<Self, StoreError> {
        make_folder(data_dir)?;
        let path = data_dir.join("lock");
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(|why| open_error(&path, why))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(fs::TryLockError::WouldBlock) => Err(StoreError::InUse(data_dir.display().to_string())),
            Err(fs::TryLockError::Error(why)) => Err(open_error(&path, why)),
        }
    }
}
