//! The reaper passes: once, until its process dies, or until nothing is left to do.

use std::time::Duration;

use super::installation::asked;
use super::invariants;
use super::system::System;
use crate::domain::{LeaseState, Timestamp};

/// Rounds of the reaper, each at the moment for which something is due, after which all must be quiet.
const ROUNDS: u32 = 100;
/// Rounds after which time goes on in larger steps: after our clock was put back, something can be due an hour later.
const SMALL_ROUNDS: u32 = 10;

impl System {
    pub(super) fn heal(&self) {
        self.installation.emulator().clear_faults();
        self.installation.emulator().set_lag(Duration::ZERO);
    }

    pub(super) fn reap(&mut self) {
        self.book.reaped(self.installation.now());
        self.installation
            .run(|backend| async move { backend.leases.reap_now().await.unwrap() });
    }

    pub(super) fn reap_and_die(&mut self, after: usize) {
        let emulator = self.installation.emulator();
        self.installation.run(|backend| async move {
            tokio::select! {
                biased;
                reaped = backend.leases.reap_now() => reaped.unwrap(),
                () = asked(emulator, after) => {}
            }
        });
        self.book.died();
        self.installation.kill();
        let leases = self.leases();
        self.book.reaped_somewhat(self.installation.now(), &leases);
    }

    /// Entra is well again; whatever callers have left under way comes to its end; the reaper passes, and the clock moves on to
    /// the next moment for which something is due, until nothing is.
    pub(super) fn quiesce(&mut self) {
        self.heal();
        self.installation.run(|backend| async move {
            let tasks = &backend.leases.0.tasks;
            tasks.close();
            tasks.wait().await;
            tasks.reopen();
        });
        for round in 0..ROUNDS {
            self.reap();
            let leases = self.leases();
            let unfinished = leases
                .iter()
                .filter(|lease| matches!(lease.state, LeaseState::Generating | LeaseState::Revoking));
            let Some(next) = unfinished.map(|lease| lease.next_attempt_at).min() else {
                break;
            };
            let now = self.installation.now();
            let next = next.map_or(now, Timestamp::millis);
            let wait = u64::try_from(next - now).unwrap_or(0);
            let least = if round < SMALL_ROUNDS { 1_000 } else { 300_000 };
            self.installation.wait(wait.max(least));
        }
        self.note(&format!("quiet at {}", self.installation.now()));
        self.book.calm = true;
        invariants::quiet(self);
    }
}
