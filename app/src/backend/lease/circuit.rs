//! Whether a target can be reached: while Entra is down, one attempt at a time finds out, and the rest waits.
//!
//! Rule: it opens when signing in is refused, or when two leases in a row, not the same, meet an outage: one object that Entra
//! always fails on must not hold up the others. It closes with the first answer of any kind, and then all that waits is due.
//! It is kept in memory only: after a start, the first attempts find out anew.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::backoff;
use crate::backend::Entropy;
use crate::domain::{LeaseId, TargetId, Timestamp};

/// A probe that has not told by then is taken for lost.
const PROBE_MILLIS: i64 = 120_000;

/// What may be tried on a target now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// Everything that is due.
    All,
    /// One lease, to find out whether Entra is back.
    Probe,
    /// Nothing: a probe is under way, or not due yet.
    Nothing,
}

/// How an attempt met the target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Met {
    /// With an answer, be it a refusal.
    Answered,
    /// With an outage; Entra may have said for how many seconds.
    Outage { retry_after: Option<f64> },
    /// We could not sign in at all.
    NoSignIn { retry_after: Option<f64> },
}

#[derive(Debug, Default)]
struct Circuit {
    /// Failures in a row.
    failures: u32,
    /// The lease that failed last.
    last: Option<LeaseId>,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    probe_at: Timestamp,
    /// Until when the probe under way is waited for.
    probing_until: Option<Timestamp>,
}

/// The circuits of all targets.
#[derive(Debug, Default)]
pub(super) struct Circuits(Mutex<HashMap<TargetId, Circuit>>);

impl Circuits {
    fn lock(&self) -> MutexGuard<'_, HashMap<TargetId, Circuit>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What may be tried now. Whoever is admitted as the probe reports with [`Circuits::report`].
    pub(super) fn admit(&self, target: &TargetId, now: Timestamp) -> Admission {
        let mut circuits = self.lock();
        let Some(open) = circuits.get_mut(target).and_then(|circuit| circuit.open.as_mut()) else {
            return Admission::All;
        };
        // A clock that was put back must not make it wait: no probe is put off for longer than this.
        let is_due = now >= open.probe_at || open.probe_at.millis_since(now) > backoff::LONGEST_ASKED_MILLIS;
        let is_probing = open
            .probing_until
            .is_some_and(|until| now < until && until.millis_since(now) <= PROBE_MILLIS);
        if !is_due || is_probing {
            return Admission::Nothing;
        }
        open.probing_until = Some(now.plus_millis(PROBE_MILLIS));
        Admission::Probe
    }

    /// Nothing was tried after all.
    pub(super) fn probe_unused(&self, target: &TargetId) {
        if let Some(open) = self
            .lock()
            .get_mut(target)
            .and_then(|circuit| circuit.open.as_mut())
        {
            open.probing_until = None;
        }
    }

    /// How an attempt on a lease met the target. Where that opens it or keeps it open, what is due is to wait until then.
    pub(super) fn report(
        &self,
        target: &TargetId,
        lease: &LeaseId,
        met: Met,
        now: Timestamp,
        entropy: &Entropy,
    ) -> Option<Timestamp> {
        let mut circuits = self.lock();
        let (retry_after, at_once) = match met {
            Met::Answered => {
                circuits.remove(target);
                return None;
            }
            Met::Outage { retry_after } => (retry_after, false),
            Met::NoSignIn { retry_after } => (retry_after, true),
        };
        let circuit = circuits.entry(target.clone()).or_default();
        let another = circuit
            .last
            .replace(lease.clone())
            .is_some_and(|last| last != *lease);
        if circuit.open.is_none() && !another && !at_once {
            return None;
        }
        let under_way = circuit.open.as_ref().is_some_and(|open| now < open.probe_at);
        if under_way {
            // One that was begun before it opened: that says nothing new.
            return circuit.open.as_ref().map(|open| open.probe_at);
        }
        circuit.failures += 1;
        let delay = backoff::probe_millis(circuit.failures, retry_after, entropy);
        let probe_at = now.plus_millis(delay);
        circuit.open = Some(Open {
            probe_at,
            probing_until: None,
        });
        Some(probe_at)
    }

    /// Whether a target is not to be asked for now.
    pub(super) fn is_open(&self, target: &TargetId) -> bool {
        self.lock()
            .get(target)
            .is_some_and(|circuit| circuit.open.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTAGE: Met = Met::Outage { retry_after: None };

    struct Scene {
        circuits: Circuits,
        target: TargetId,
        entropy: Entropy,
    }

    impl Scene {
        fn new() -> Self {
            Self {
                circuits: Circuits::default(),
                target: TargetId::from_bits(1),
                entropy: Entropy::seeded(1),
            }
        }

        fn admit(&self, millis: i64) -> Admission {
            self.circuits.admit(&self.target, Timestamp::from_millis(millis))
        }

        fn report(&self, lease: u128, met: Met, millis: i64) -> Option<i64> {
            let now = Timestamp::from_millis(millis);
            let lease = LeaseId::from_bits(lease);
            let until = self
                .circuits
                .report(&self.target, &lease, met, now, &self.entropy);
            until.map(Timestamp::millis)
        }
    }

    #[test]
    fn one_lease_that_always_fails_holds_up_nobody() {
        let scene = Scene::new();
        for at in 0..10 {
            assert_eq!(scene.report(1, OUTAGE, at), None);
            assert_eq!(scene.admit(at), Admission::All);
        }
    }

    #[test]
    fn two_leases_open_it_one_probe_goes_out_and_an_answer_closes_it() {
        let scene = Scene::new();
        scene.report(1, OUTAGE, 0);
        let mut probe_at = scene.report(2, OUTAGE, 0).unwrap();
        assert!((1_500..=2_000).contains(&probe_at), "{probe_at}");
        let mut longest = 0;
        for _ in 0..20 {
            assert_eq!(scene.admit(probe_at - 1), Admission::Nothing);
            assert_eq!(scene.admit(probe_at), Admission::Probe);
            assert_eq!(scene.admit(probe_at), Admission::Nothing, "one at a time");
            let next = scene.report(1, OUTAGE, probe_at).unwrap();
            longest = longest.max(next - probe_at);
            probe_at = next;
        }
        assert!((20_000..=30_000).contains(&longest), "{longest}");
        assert_eq!(scene.admit(probe_at), Admission::Probe);
        assert_eq!(scene.report(1, Met::Answered, probe_at), None);
        assert_eq!(scene.admit(probe_at), Admission::All);
    }

    #[test]
    fn a_refused_sign_in_opens_it_at_once_and_entra_may_ask_for_longer() {
        let scene = Scene::new();
        let asked = Met::NoSignIn {
            retry_after: Some(100.0),
        };
        let probe_at = scene.report(1, asked, 0).unwrap();
        assert!((100_000..=101_000).contains(&probe_at), "{probe_at}");
        assert_eq!(scene.report(2, OUTAGE, 10), Some(probe_at), "begun before");
        assert_eq!(scene.admit(probe_at - 1), Admission::Nothing);
    }

    #[test]
    fn a_clock_that_is_put_back_does_not_keep_it_open() {
        let scene = Scene::new();
        let hour = 3_600_000;
        let asked = Met::NoSignIn { retry_after: None };
        scene.report(1, asked, 2 * hour).unwrap();
        assert_eq!(scene.admit(hour - 60_000), Admission::Probe);
    }

    #[test]
    fn a_probe_that_is_lost_is_followed_by_another() {
        let scene = Scene::new();
        let probe_at = scene.report(1, Met::NoSignIn { retry_after: None }, 0).unwrap();
        assert_eq!(scene.admit(probe_at), Admission::Probe);
        assert_eq!(scene.admit(probe_at + PROBE_MILLIS), Admission::Probe);
        scene.circuits.probe_unused(&scene.target);
        assert_eq!(scene.admit(probe_at + PROBE_MILLIS), Admission::Probe);
    }
}
