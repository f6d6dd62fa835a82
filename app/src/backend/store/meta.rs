//! Facts about this installation.

use super::{Store, StoreError};
use crate::backend::Entropy;

impl Store {
    /// The id of this installation, drawn the first time it is asked for: part of the marker that everything we make in
    /// Entra bears.
    pub async fn instance_id(&self, entropy: &Entropy) -> Result<String, StoreError> {
        const READ: &str = "SELECT value FROM meta WHERE key = 'instance_id'";
        if let Some(id) = sqlx::query_scalar(READ).fetch_optional(self.readers()).await? {
            return Ok(id);
        }
        let drawn = entropy.name_part(8);
        self.write(move |connection| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO meta (key, value) VALUES ('instance_id', ?1) ON CONFLICT DO NOTHING",
                )
                .bind(drawn)
                .execute(&mut *connection)
                .await?;
                Ok(sqlx::query_scalar(READ).fetch_one(connection).await?)
            })
        })
        .await
    }

    /// Whether the store can write now as much as a lease needs, found out by writing it: a disk with room for a single page would
    /// otherwise seem fine while every lease is refused.
    pub async fn writable(&self) -> Result<(), StoreError> {
        self.write_leases(move |connection| {
            Box::pin(async move {
                // Another text each time, since SQLite does not write a page that has not changed.
                sqlx::query(
                    "INSERT INTO meta (key, value) VALUES ('room', hex(randomblob(49152)))
                     ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                )
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Whether anything is kept that only the vault's key can open.
    pub async fn holds_sealed(&self) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM targets)")
            .fetch_one(self.readers())
            .await?)
    }
}
