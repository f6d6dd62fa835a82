//! The database behind the server's back: to make leases due, and to see what became of them.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, SqliteConnection};

use crate::Result;
use crate::stats::Latencies;

/// How often one looks whether all is done.
const LOOK: Duration = Duration::from_millis(20);

/// A connection that waits for nobody and survives no crash: for a folder on which no server runs, or to read.
pub async fn open(data_dir: &Path) -> Result<SqliteConnection> {
    let file = data_dir.join("leasehold.db");
    Ok(SqliteConnectOptions::new()
        .filename(file)
        .pragma("synchronous", "off")
        .pragma("cache_size", "-400000")
        .disable_statement_logging()
        .connect()
        .await?)
}

/// Moves the end of all active leases to this moment; gives their number.
pub async fn end_all_at(database: &mut SqliteConnection, millis: i64) -> Result<u64> {
    let moved = sqlx::query("UPDATE leases SET expires_at = ?1 WHERE state = 'active'")
        .bind(millis)
        .execute(database)
        .await?;
    Ok(moved.rows_affected())
}

/// Waits until no lease is on its way out, nor active where `active`.
pub async fn wait_until_ended(database: &mut SqliteConnection, active: bool) -> Result<()> {
    loop {
        let left: i64 = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM leases WHERE state = 'revoking')
                 OR (?1 AND EXISTS (SELECT 1 FROM leases WHERE state = 'active'))",
        )
        .bind(active)
        .fetch_one(&mut *database)
        .await?;
        if left == 0 {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// How much later than due leases ended.
pub async fn lags(database: &mut SqliteConnection, due: i64) -> Result<Latencies> {
    let lags: Vec<i64> = sqlx::query_scalar(
        "SELECT ended_at - expires_at FROM leases WHERE state = 'expired' AND expires_at = ?1",
    )
    .bind(due)
    .fetch_all(database)
    .await?;
    Ok(lags
        .into_iter()
        .map(|lag| Duration::from_millis(u64::try_from(lag).unwrap_or(0)))
        .collect())
}
