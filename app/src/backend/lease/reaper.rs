//! The reaper: ends leases whose time is up, and goes on with those that are on their way out, until each is gone.
//!
//! It takes no input but the rows and the clock, may run at any time, and runs on a signal and on a timer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{Leases, Shared};
use crate::backend::store::StoreError;
use crate::domain::EndCause;

/// How often it looks without being told. The look is two index seeks, and a clock that was moved is noticed soon.
const TICK: Duration = Duration::from_millis(500);
/// How long a claimed lease is left alone. It is in hand meanwhile; this only counts if the process dies.
const CLAIM_MILLIS: i64 = 120_000;
/// Leases whose time is up that one pass sends on their way out.
const EXPIRED_AT_ONCE: u32 = 1_000;

/// Whether the reaper runs.
#[derive(Debug, Default)]
pub(super) struct Beat(AtomicBool);

impl Leases {
    /// Starts the reaper, which runs until `stop`.
    pub fn start_reaper(&self) {
        let shared = self.0.clone();
        shared.reaper_beat.0.store(true, Ordering::SeqCst);
        self.0.tasks.spawn(async move {
            while !shared.stop.is_cancelled() {
                if let Err(error) = shared.clone().pass().await {
                    tracing::error!(%error, "the reaper could not read or write its rows; it tries again");
                }
                tokio::select! {
                    () = shared.stop.cancelled() => {}
                    () = shared.due.notified() => {}
                    () = tokio::time::sleep(TICK) => {}
                }
            }
            shared.reaper_beat.0.store(false, Ordering::SeqCst);
        });
    }

    /// Whether the reaper runs.
    pub fn reaper_is_alive(&self) -> bool {
        self.0.reaper_beat.0.load(Ordering::SeqCst)
    }

    /// One pass, and everything that it began: for tests, which move the clock and want to see the end of it.
    #[cfg(test)]
    pub(super) async fn reap_now(&self) -> Result<(), StoreError> {
        self.0.clone().pass().await?;
        let all = u32::try_from(super::UNDONE_AT_ONCE).unwrap_or(u32::MAX);
        let _everything_done = self.0.undoing.acquire_many(all).await;
        Ok(())
    }
}

impl Shared {
    /// Looks once at what is due, and begins with it.
    async fn pass(self: Arc<Self>) -> Result<(), StoreError> {
        self.clone().send_interrupted_out().await?;
        let now = self.clock.now();
        self.store.expire_due(now, EXPIRED_AT_ONCE).await?;
        self.complete_deletions().await;
        loop {
            let free = self.undoing.available_permits();
            if free == 0 {
                // Each ending signals, so the next pass comes as soon as there is room.
                return Ok(());
            }
            let claimed = self
                .store
                .claim_due(now, CLAIM_MILLIS, u32::try_from(free).unwrap_or(u32::MAX))
                .await?;
            if claimed.is_empty() {
                return Ok(());
            }
            for claim in claimed {
                self.clone().begin_undo(claim).await;
            }
        }
    }

    async fn begin_undo(self: Arc<Self>, claim: crate::backend::store::ClaimedLease) {
        let Some(hold) = self.in_flight.take(&claim.lease.id) else {
            // Still being issued, or already being taken back by a task whose claim ran out: that task signals when it is done.
            let soon = self.clock.now().plus_millis(1_000);
            Self::note(self.store.postpone(&claim.lease.id, "being issued", soon).await);
            return;
        };
        let Ok(permit) = self.undoing.clone().acquire_owned().await else {
            return;
        };
        let shared = self.clone();
        self.tasks.spawn(async move {
            shared.undo(claim).await;
            drop(hold);
            drop(permit);
            shared.due.notify_one();
        });
    }

    /// A lease that is `generating` while nobody in this process issues it was left by a process that died, or by a database
    /// that could not be written.
    async fn send_interrupted_out(self: Arc<Self>) -> Result<(), StoreError> {
        for id in self.store.generating_leases().await? {
            if !self.in_flight.holds(&id) {
                self.take_back(&id, &EndCause::Interrupted).await;
            }
        }
        Ok(())
    }
}
