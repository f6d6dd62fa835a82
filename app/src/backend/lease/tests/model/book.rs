//! The model: the leases that were answered, how long each was promised to last, and what has become of it.

use std::collections::{BTreeMap, BTreeSet};

use super::step::Ask;
use crate::domain::{Lease, LeaseId, LeaseState};

/// What has become of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It lives.
    Active,
    /// Its revocation was accepted.
    Revoked,
    /// The reaper passed when its time was up.
    Expired,
    /// Both happened at once.
    Over,
}

impl Fate {
    /// Whether a lease of this fate may be in this state.
    pub(super) fn allows(self, state: LeaseState) -> bool {
        match self {
            Self::Active => state == LeaseState::Active,
            Self::Revoked => matches!(state, LeaseState::Revoking | LeaseState::Revoked),
            Self::Expired => matches!(state, LeaseState::Revoking | LeaseState::Expired),
            Self::Over => matches!(
                state,
                LeaseState::Revoking | LeaseState::Revoked | LeaseState::Expired
            ),
        }
    }
}

/// A lease that was answered.
#[derive(Debug, Clone)]
pub(super) struct Answered {
    pub(super) item: usize,
    pub(super) end: i64,
    pub(super) max: i64,
    pub(super) fate: Fate,
}

impl Answered {
    fn is_overdue(&self, now: i64) -> bool {
        self.fate == Fate::Active && self.end <= now
    }
}

/// Who did not hear the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unheard {
    /// The caller was gone: the lease must not stay.
    Left,
    /// The process died: the lease may have been complete a moment before.
    Died,
}

/// The model.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) leases: BTreeMap<LeaseId, Answered>,
    pub(super) asks: BTreeMap<usize, (Ask, Option<Unheard>)>,
    pub(super) deleted: BTreeSet<usize>,
    /// Where each lease was last seen.
    pub(super) seen: BTreeMap<LeaseId, LeaseState>,
    /// Whether Entra has done nothing wrong since all was quiet.
    pub(super) calm: bool,
}

impl Book {
    /// The reason that a lease of this place is asked for with.
    pub(super) fn reason(slot: usize) -> String {
        format!("slot {slot}")
    }

    /// How a lease was asked for.
    pub(super) fn ask_of(&self, lease: &Lease) -> &(Ask, Option<Unheard>) {
        let slot = lease
            .reason
            .as_deref()
            .and_then(|reason| reason.strip_prefix("slot "));
        let slot: usize = slot
            .and_then(|slot| slot.parse().ok())
            .expect("a lease that nobody asked for");
        &self.asks[&slot]
    }

    /// The lease that bears this request id.
    pub(super) fn owner<'a>(&self, request: Option<u8>, leases: &'a [Lease]) -> Option<&'a Lease> {
        let request = request?;
        leases
            .iter()
            .find(|lease| self.ask_of(lease).0.request == Some(request))
    }

    /// Takes in what was complete when its process died.
    pub(super) fn adopt(&mut self, leases: &[Lease]) {
        for lease in leases {
            let (ask, unheard) = self.ask_of(lease);
            let is_news = *unheard == Some(Unheard::Died) && lease.state == LeaseState::Active;
            if is_news && !self.leases.contains_key(&lease.id) {
                let item = ask.item;
                self.answered(lease, item);
            }
        }
    }

    /// A lease is active.
    pub(super) fn answered(&mut self, lease: &Lease, item: usize) {
        let answered = Answered {
            item,
            end: lease.expires_at.millis(),
            max: lease.max_expires_at.millis(),
            fate: Fate::Active,
        };
        self.leases.insert(lease.id.clone(), answered);
    }

    /// The reaper passes.
    pub(super) fn reaped(&mut self, now: i64) {
        for lease in self.leases.values_mut().filter(|lease| lease.is_overdue(now)) {
            lease.fate = Fate::Expired;
        }
    }

    /// The reaper began to pass, and died: what it came to is seen.
    pub(super) fn reaped_somewhat(&mut self, now: i64, leases: &[Lease]) {
        for lease in leases.iter().filter(|lease| lease.state != LeaseState::Active) {
            if let Some(known) = self.leases.get_mut(&lease.id)
                && known.is_overdue(now)
            {
                known.fate = Fate::Expired;
            }
        }
    }

    /// A revocation of these was accepted.
    pub(super) fn revoked(&mut self, which: impl Fn(&LeaseId, &Answered) -> bool) {
        for (id, lease) in &mut self.leases {
            if lease.fate == Fate::Active && which(id, lease) {
                lease.fate = Fate::Revoked;
            }
        }
    }

    /// An item's leases were revoked while the reaper passed.
    pub(super) fn revoked_and_reaped(&mut self, item: usize, now: i64) {
        for lease in self.leases.values_mut() {
            if lease.item == item && lease.is_overdue(now) {
                lease.fate = Fate::Over;
            }
        }
        self.reaped(now);
        self.revoked(|_, lease| lease.item == item);
    }

    /// The process died: who had left before may find its lease complete.
    pub(super) fn died(&mut self) {
        for (_, unheard) in self.asks.values_mut() {
            if unheard.is_some() {
                *unheard = Some(Unheard::Died);
            }
        }
    }
}
