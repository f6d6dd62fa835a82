//! What the engine needs to take a lease in hand: those left behind, and a word on one that it works at.

use super::super::{Store, StoreError};
use super::read_id;
use crate::domain::{LeaseId, Timestamp};

impl Store {
    /// The leases that are being issued, by this process or by one that died.
    pub async fn generating_leases(&self) -> Result<Vec<LeaseId>, StoreError> {
        let rows = sqlx::query("SELECT id FROM leases WHERE state = 'generating' ORDER BY id")
            .fetch_all(self.readers())
            .await?;
        rows.iter().map(read_id).collect()
    }

    /// Keeps why a lease could not be issued (the first 500 characters).
    pub async fn note_error(&self, lease: &LeaseId, why: &str) -> Result<(), StoreError> {
        let (lease, why) = (lease.clone(), super::reap::cut(why));
        self.write(move |connection| {
            Box::pin(async move {
                sqlx::query("UPDATE leases SET last_error = ?1 WHERE id = ?2")
                    .bind(why)
                    .bind(lease.as_str())
                    .execute(connection)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// Makes the next attempt due now. False where the lease is not being taken back.
    pub async fn attempt_now(&self, lease: &LeaseId, now: Timestamp) -> Result<bool, StoreError> {
        let lease = lease.clone();
        self.write(move |connection| {
            Box::pin(async move {
                let changed = sqlx::query(
                    "UPDATE leases SET next_attempt_at = min(next_attempt_at, ?1) WHERE id = ?2 AND state = 'revoking'",
                )
                .bind(now.millis())
                .bind(lease.as_str())
                .execute(connection)
                .await?;
                Ok(changed.rows_affected() == 1)
            })
        })
        .await
    }
}
