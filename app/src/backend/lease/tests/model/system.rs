//! The machine under test: an installation, the book about it, and which step is done where.

use std::time::Duration;

use proptest_state_machine::StateMachineTest;

use super::book::Book;
use super::installation::Installation;
use super::invariants;
use super::reference::{Asked, Sequences};
use super::step::Step;
use crate::backend::lease::LeaseQuery;
use crate::backend::store::LeaseRecord;
use crate::domain::{ApiError, Lease, Limit, Ttl};

/// What a caller gets who names no time.
pub(super) const DEFAULT_MINUTES: u32 = 60;

/// The installation, the book, and what was answered so far.
pub(super) struct System {
    pub(super) installation: Installation,
    pub(super) book: Book,
    trace: Vec<String>,
}

pub(super) fn ttl(minutes: u32) -> Ttl {
    Ttl::from_seconds(u64::from(minutes) * 60).unwrap()
}

/// An answer in a few words.
pub(super) fn told<T>(answer: &Result<T, ApiError>) -> String {
    match answer {
        Ok(_) => "ok".to_owned(),
        Err(error) => format!("{:?}: {}", error.code, error.message),
    }
}

impl StateMachineTest for System {
    type SystemUnderTest = Self;
    type Reference = Sequences;

    fn init_test(_: &Asked) -> Self {
        Self {
            installation: Installation::new(),
            book: Book {
                calm: true,
                ..Book::default()
            },
            trace: Vec::new(),
        }
    }

    fn apply(mut system: Self, _: &Asked, step: Step) -> Self {
        system
            .trace
            .push(format!("{} {step:?}", system.installation.now()));
        system.do_step(step);
        let leases = system.leases();
        system.book.adopt(&leases);
        invariants::always(&mut system);
        system
    }

    fn teardown(mut system: Self, _: Asked) {
        system.trace.push("the end".to_owned());
        system.quiesce();
    }
}

impl System {
    fn do_step(&mut self, step: Step) {
        match step {
            Step::Generate(ask) => self.generate(&ask),
            Step::Leave(ask, after) => self.leave(ask, after),
            Step::Die(ask, after) => self.die(ask, after),
            Step::AtOnce(one, two) => self.at_once(one, two),
            Step::Renew { slot, minutes } => self.renew(slot, minutes),
            Step::Revoke(what) => self.revoke(&what),
            Step::Delete(item) => self.delete(item),
            Step::Wait(seconds) => self.installation.wait(seconds * 1000),
            Step::SetClock(seconds) => self.installation.step_clock(seconds * 1000),
            Step::Fault(fault) => {
                self.book.calm = false;
                self.installation.emulator().fault(fault);
            }
            Step::Lag(seconds) => {
                self.book.calm = false;
                self.installation.emulator().set_lag(Duration::from_secs(seconds));
            }
            Step::Heal => self.heal(),
            Step::Reap => self.reap(),
            Step::ReapAndDie(after) => self.reap_and_die(after),
            Step::Restart => self.installation.restart(),
            Step::Kill => {
                self.book.died();
                self.installation.kill();
            }
            Step::Quiesce => self.quiesce(),
        }
    }

    /// All leases, oldest first.
    pub(super) fn leases(&self) -> Vec<Lease> {
        let all = self.installation.run(|backend| async move {
            backend
                .leases
                .list(LeaseQuery::default(), Limit::MAX, None)
                .await
                .unwrap()
        });
        all.items.into_iter().rev().collect()
    }

    /// All leases with their grants, oldest first.
    pub(super) fn records(&self) -> Vec<LeaseRecord> {
        let leases = self.leases();
        self.installation.run(|backend| async move {
            let mut records = Vec::new();
            for lease in leases {
                records.extend(backend.store.lease_record(&lease.id).await.unwrap());
            }
            records
        })
    }

    /// What was made of the request of this place.
    pub(super) fn lease_of(&self, slot: usize) -> Option<Lease> {
        let reason = Some(Book::reason(slot));
        self.leases().into_iter().find(|lease| lease.reason == reason)
    }

    /// For who reads the trace.
    pub(super) fn note(&mut self, what: &str) {
        self.trace.push(format!("    {what}"));
    }
}

impl Drop for System {
    fn drop(&mut self) {
        if std::thread::panicking() && std::env::var_os("MODEL_TRACE").is_some() {
            eprintln!("{}\n", self.trace.join("\n"));
        }
    }
}
