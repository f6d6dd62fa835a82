//! The reaper: ends leases whose time is up, and goes on with those that are on their way out, until each is gone.
//!
//! It takes no input but the rows and the clock, may run at any time, and runs on a signal and on a timer.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;

use super::circuit::Admission;
use super::in_flight::Hold;
use super::undo::Group;
use super::{Leases, Shared, plan_of};
use crate::backend::graph::Priority;
use crate::backend::provider;
use crate::backend::store::{ClaimedLease, Next, Settlement, StoreError};
use crate::domain::{EndCause, GrantState, LeaseId, TargetId, Timestamp};

/// How often it looks without being told. The look is a few index seeks, and a clock that was moved is noticed soon.
const TICK: Duration = Duration::from_millis(500);
/// The least time between two looks: much that is told in between is seen by one.
const BREATH: Duration = Duration::from_millis(2);
/// How long a claimed lease is left alone. It is in hand meanwhile, waiting for its turn to be written perhaps; after a start all
/// are tried anew.
const CLAIM_MILLIS: i64 = 10 * 60_000;
/// Leases whose time is up that one statement sends on their way out.
const EXPIRED_AT_ONCE: u32 = 1_000;
/// Leases of one target that one pass takes in hand. With many in hand, more of them can be undone together.
const CLAIMED_AT_ONCE: u32 = 10_000;
/// Leases that are undone together.
const TOGETHER: usize = 200;
/// A clock that goes back by less was only adjusted.
const ADJUSTED_MILLIS: i64 = 1_000;

/// Why leases are taken back now.
enum Errand {
    /// They are due.
    Due,
    /// One is tried, to find out whether Entra is back.
    Probe,
    /// Somebody waits for it, who has a place of their own.
    Urgent(#[expect(dead_code, reason = "the place lasts as long as this does")] Arc<OwnedSemaphorePermit>),
}

/// Whether the reaper runs, and when it looked last.
#[derive(Debug, Default)]
pub(super) struct Beat {
    alive: AtomicBool,
    looked_at: AtomicI64,
}

impl Leases {
    /// Starts the reaper, which runs until `stop`.
    pub fn start_reaper(&self) {
        let shared = self.0.clone();
        shared.reaper_beat.alive.store(true, Ordering::SeqCst);
        self.0.tasks.spawn(async move {
            let mut trouble: Option<String> = None;
            while !shared.stop.is_cancelled() {
                let now = shared.pass().await.err().map(|error| error.to_string());
                if now != trouble {
                    if let Some(error) = &now {
                        tracing::error!(error, "the reaper can't read or write its rows; it tries on");
                    } else {
                        tracing::info!("the reaper can read and write its rows again");
                    }
                    trouble = now;
                }
                tokio::select! {
                    () = shared.stop.cancelled() => {}
                    () = shared.due.notified() => tokio::time::sleep(BREATH).await,
                    () = tokio::time::sleep(TICK) => {}
                }
            }
            shared.reaper_beat.alive.store(false, Ordering::SeqCst);
        });
    }

    /// Whether the reaper runs.
    pub fn reaper_is_alive(&self) -> bool {
        self.0.reaper_beat.alive.load(Ordering::SeqCst)
    }

    /// One pass, and everything that it began: for tests, which move the clock and want to see the end of it.
    #[cfg(test)]
    pub(super) async fn reap_now(&self) -> Result<(), StoreError> {
        self.0.pass().await?;
        self.0.lanes.quiet().await;
        Ok(())
    }
}

impl Shared {
    /// Looks once at what is due, and begins with it.
    async fn pass(self: &Arc<Self>) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.notice_clock(now).await?;
        self.send_interrupted_out().await?;
        while self.store.expire_due(now, EXPIRED_AT_ONCE).await? == EXPIRED_AT_ONCE as usize {}
        self.complete_deletions().await;
        for target in self.store.due_targets(now).await? {
            self.begin_target(&target, now).await?;
        }
        Ok(())
    }

    /// What a process before this one put off, it put off for itself; and a clock that was put back makes every "not before"
    /// meaningless.
    async fn notice_clock(&self, now: Timestamp) -> Result<(), StoreError> {
        let before = self.reaper_beat.looked_at.load(Ordering::SeqCst);
        if before == 0 {
            self.store.all_due(now).await?;
        } else if now.millis() < before - ADJUSTED_MILLIS {
            tracing::warn!(
                seconds = (before - now.millis()) / 1000,
                "the clock was put back; everything that is being taken back is tried now"
            );
            self.store.all_due(now).await?;
        }
        self.reaper_beat.looked_at.store(now.millis(), Ordering::SeqCst);
        Ok(())
    }

    /// Takes in hand what is due on a target, as far as it can be reached and there is room.
    async fn begin_target(self: &Arc<Self>, target: &TargetId, now: Timestamp) -> Result<(), StoreError> {
        if !self.lanes.has_room(target) {
            // Each ending signals, so the next pass comes as soon as there is room.
            return Ok(());
        }
        let (limit, is_probe) = match self.circuits.admit(target, now) {
            Admission::All => (CLAIMED_AT_ONCE, false),
            Admission::Probe => (1, true),
            Admission::Nothing => return Ok(()),
        };
        let claimed = self.store.claim_due(target, now, CLAIM_MILLIS, limit).await;
        let held = self.hold(claimed?).await;
        if held.is_empty() {
            self.circuits.probe_unused(target);
        }
        for (group, holds) in grouped(held) {
            let errand = if is_probe { Errand::Probe } else { Errand::Due };
            self.begin_undo(group, holds, errand);
        }
        Ok(())
    }

    /// Takes these leases back at once, ahead of what is due: somebody waits for it, and is told when the attempts are over.
    pub(super) async fn undo_now(
        self: &Arc<Self>,
        ids: &[LeaseId],
    ) -> Result<Vec<JoinHandle<()>>, StoreError> {
        let free: Vec<_> = ids
            .iter()
            .filter(|id| !self.in_flight.holds(id))
            .cloned()
            .collect();
        if free.is_empty() {
            return Ok(Vec::new());
        }
        let Some(permit) = self.lanes.urgent().await else {
            return Ok(Vec::new());
        };
        let claimed = self.store.claim(&free, self.clock.now(), CLAIM_MILLIS).await?;
        let permit = Arc::new(permit);
        let groups = grouped(self.hold(claimed).await).into_iter();
        let begin = |(group, holds)| self.begin_undo(group, holds, Errand::Urgent(permit.clone()));
        Ok(groups.map(begin).collect())
    }

    /// The claimed leases that nobody has in hand yet, taken in hand.
    async fn hold(&self, claimed: Vec<ClaimedLease>) -> Vec<(ClaimedLease, Hold)> {
        let (mut taken, mut busy) = (Vec::with_capacity(claimed.len()), Vec::new());
        for lease in claimed {
            match self.in_flight.take(&lease.id) {
                Some(hold) => taken.push((lease, hold)),
                // Still being issued, or already being taken back by a task whose claim ran out: that task signals when it is done.
                None => busy.push(lease.id),
            }
        }
        if !busy.is_empty() {
            self.put_off(busy, self.clock.now().plus_millis(1_000)).await;
        }
        taken
    }

    /// Gives claimed leases back, untried.
    async fn put_off(&self, leases: Vec<LeaseId>, at: Timestamp) {
        let untried = leases.into_iter().map(|lease| Settlement {
            lease,
            undone: Vec::new(),
            removed: Vec::new(),
            absent: Vec::new(),
            calls: Vec::new(),
            next: Next::PutOff { at },
        });
        let written = self.store.settle(untried.collect(), self.clock.now()).await;
        Self::note(written);
    }

    fn begin_undo(self: &Arc<Self>, group: Group, holds: Vec<Hold>, errand: Errand) -> JoinHandle<()> {
        let (shared, begun) = (self.clone(), self.lanes.begun());
        self.tasks.spawn(async move {
            // Somebody who waits does not queue behind what ends by itself.
            let (place, priority) = match errand {
                Errand::Urgent(_) => (None, Priority::Interactive),
                Errand::Due | Errand::Probe => {
                    let place = shared.lanes.of(&group.target).acquire_owned().await.ok();
                    (place, Priority::Revocation)
                }
            };
            if matches!(errand, Errand::Due) && shared.circuits.is_open(&group.target) {
                // Entra went down while this waited for its place: then it waits for the probe.
                let leases = group.leases.into_iter().map(|lease| lease.id).collect();
                shared.put_off(leases, shared.clock.now()).await;
            } else {
                shared.undo(group, priority).await;
            }
            drop((holds, place, errand));
            shared.due.notify_one();
            drop(begun);
        })
    }

    /// A lease that is `generating` while nobody in this process issues it was left by a process that died, or by a database
    /// that could not be written.
    async fn send_interrupted_out(&self) -> Result<(), StoreError> {
        for id in self.store.generating_leases().await? {
            if !self.in_flight.holds(&id) {
                self.send_out(&id, &EndCause::Interrupted).await?;
            }
        }
        Ok(())
    }
}

/// Leases that can be undone together, together; each other one by itself.
fn grouped(held: Vec<(ClaimedLease, Hold)>) -> Vec<(Group, Vec<Hold>)> {
    let mut alone = Vec::new();
    let mut together: HashMap<String, Vec<(ClaimedLease, Hold)>> = HashMap::new();
    for (lease, hold) in held {
        match common_ground(&lease) {
            Some(with) => together.entry(with).or_default().push((lease, hold)),
            None => alone.push((None, vec![(lease, hold)])),
        }
    }
    for (with, mut members) in together {
        while !members.is_empty() {
            let rest = members.split_off(members.len().min(TOGETHER));
            alone.push((Some(with.clone()), members));
            members = rest;
        }
    }
    let group = |(with, members): (Option<String>, Vec<(ClaimedLease, Hold)>)| {
        let (leases, holds): (Vec<ClaimedLease>, Vec<Hold>) = members.into_iter().unzip();
        let target = leases[0].target_id.clone();
        (Group { target, leases, with }, holds)
    };
    alone.into_iter().map(group).collect()
}

/// What a lease's only grant that is left has in common with others.
fn common_ground(lease: &ClaimedLease) -> Option<String> {
    let mut left = lease
        .grants
        .iter()
        .filter(|grant| grant.state != GrantState::Undone);
    let (only, None) = (left.next()?, left.next()) else {
        return None;
    };
    let plan = plan_of(only).ok()?;
    provider::together_with(&plan).map(str::to_owned)
}
