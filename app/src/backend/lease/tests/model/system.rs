//! Does the steps, and holds each answer against the book.

use std::time::Duration;

use proptest_state_machine::StateMachineTest;

use super::book::{Book, Fate, Unheard};
use super::installation::{Installation, asked};
use super::invariants;
use super::reference::{Asked, Sequences};
use super::step::{Ask, MAX_MINUTES, Step, What};
use crate::backend::lease::{GenerateRequest, LeaseQuery, RevokeWhat};
use crate::backend::store::LeaseRecord;
use crate::domain::{ApiError, ErrorCode, IssuedLease, Lease, LeaseId, LeaseState, Limit, Timestamp, Ttl};

const DEFAULT_MINUTES: u32 = 60;
/// Rounds of the reaper, each at the moment for which something is due, after which all must be quiet.
const ROUNDS: u32 = 100;
/// Rounds after which time goes on in larger steps: after our clock was put back, something can be due an hour later.
const SMALL_ROUNDS: u32 = 10;

/// The installation, the book, and what was answered so far.
pub(super) struct System {
    pub(super) installation: Installation,
    pub(super) book: Book,
    trace: Vec<String>,
}

fn ttl(minutes: u32) -> Ttl {
    Ttl::from_seconds(u64::from(minutes) * 60).unwrap()
}

fn told<T>(answer: &Result<T, ApiError>) -> String {
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
            Step::Generate(ask) => self.generate(ask),
            Step::Leave(ask, after) => self.leave(ask, after),
            Step::Die(ask, after) => self.die(ask, after),
            Step::AtOnce(one, two) => self.at_once(one, two),
            Step::Renew { slot, minutes } => self.renew(slot, minutes),
            Step::Revoke(what) => self.revoke(&what),
            Step::Delete(item) => self.delete(item),
            Step::Wait(seconds) => self.installation.wait(seconds * 1000),
            Step::StepClock(seconds) => self.installation.step_clock(seconds * 1000),
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

    fn lease_of(&self, slot: usize) -> Option<Lease> {
        let reason = Some(Book::reason(slot));
        self.leases().into_iter().find(|lease| lease.reason == reason)
    }

    fn note(&mut self, what: String) {
        self.trace.push(format!("    {what}"));
    }

    /// Enters what is asked for, and says it as a caller would.
    fn request(&mut self, ask: &Ask, unheard: Option<Unheard>) -> GenerateRequest {
        self.book.asks.insert(ask.slot, (ask.clone(), unheard));
        GenerateRequest {
            secret: self.installation.tenant.items[ask.item].path.clone(),
            ttl: ask.minutes.map(ttl),
            reason: Some(Book::reason(ask.slot)),
            request_id: ask.request.map(|request| format!("request {request}")),
            wait_usable: false,
        }
    }

    fn generate(&mut self, ask: Ask) {
        let owner = self
            .book
            .owner(ask.request, &self.leases())
            .map(|lease| lease.id.clone());
        let request = self.request(&ask, None);
        let by = self.installation.by();
        let answer = self
            .installation
            .run(|backend| async move { backend.leases.generate(by, request).await });
        self.note(told(&answer));
        if let Err(refused) = &answer
            && owner.is_none()
            && !self.is_refused(&ask)
        {
            assert!(
                !self.book.calm,
                "{ask:?} was refused, and nothing is wrong: {refused:?}"
            );
        }
        self.answered(&ask, owner.as_ref(), answer);
    }

    /// Whether what is asked for must be refused.
    fn is_refused(&self, ask: &Ask) -> bool {
        self.book.deleted.contains(&ask.item) || ask.minutes.is_some_and(|minutes| minutes > MAX_MINUTES)
    }

    fn answered(&mut self, ask: &Ask, owner: Option<&LeaseId>, answer: Result<IssuedLease, ApiError>) {
        match (owner, answer) {
            (Some(owner), Ok(issued)) => panic!("{ask:?} repeats {owner} and became {}", issued.lease.id),
            (Some(owner), Err(refused)) => {
                assert_eq!(
                    (refused.code, refused.reason.as_deref()),
                    (ErrorCode::Conflict, Some(owner.as_str())),
                    "{ask:?} repeats {owner}: {refused:?}"
                );
            }
            (None, Ok(IssuedLease { lease, .. })) => {
                assert!(!self.is_refused(ask), "{ask:?} was granted: {lease:?}");
                let now = Timestamp::from_millis(self.installation.now());
                let length = ttl(ask.minutes.unwrap_or(DEFAULT_MINUTES));
                assert_eq!(
                    (
                        lease.state,
                        lease.created_at,
                        lease.expires_at,
                        lease.max_expires_at
                    ),
                    (
                        LeaseState::Active,
                        now,
                        now.plus(length),
                        now.plus(ttl(MAX_MINUTES))
                    ),
                    "{lease:?}"
                );
                self.book.answered(&lease, ask.item);
            }
            (None, Err(refused)) if self.book.deleted.contains(&ask.item) => {
                assert_eq!(refused.code, ErrorCode::NotFound, "{refused:?}");
            }
            (None, Err(refused)) if self.is_refused(ask) => {
                assert_eq!(
                    (refused.code, refused.field.as_deref()),
                    (ErrorCode::Invalid, Some("ttl")),
                    "{refused:?}"
                );
            }
            (None, Err(_)) => {}
        }
    }

    fn leave(&mut self, ask: Ask, after: usize) {
        let owner = self
            .book
            .owner(ask.request, &self.leases())
            .map(|lease| lease.id.clone());
        let request = self.request(&ask, Some(Unheard::Left));
        let (by, emulator) = (self.installation.by(), self.installation.emulator());
        let answer = self.installation.run(|backend| async move {
            tokio::select! {
                biased;
                answer = backend.leases.generate(by, request) => Some(answer),
                () = asked(emulator, after) => None,
            }
        });
        self.heard(ask, owner.as_ref(), answer);
    }

    /// The answer came before the caller left or the process died, or it did not.
    fn heard(&mut self, ask: Ask, owner: Option<&LeaseId>, answer: Option<Result<IssuedLease, ApiError>>) {
        match answer {
            None => self.note("not heard".to_owned()),
            Some(answer) => {
                self.note(told(&answer));
                self.answered(&ask, owner, answer);
                self.book.asks.insert(ask.slot, (ask, None));
            }
        }
    }

    fn die(&mut self, ask: Ask, after: usize) {
        let owner = self
            .book
            .owner(ask.request, &self.leases())
            .map(|lease| lease.id.clone());
        let request = self.request(&ask, Some(Unheard::Died));
        let (by, emulator) = (self.installation.by(), self.installation.emulator());
        let answer = self.installation.run(|backend| async move {
            tokio::select! {
                biased;
                answer = backend.leases.generate(by, request) => Some(answer),
                () = asked(emulator, after) => None,
            }
        });
        self.heard(ask, owner.as_ref(), answer);
        self.book.died();
        self.installation.kill();
    }

    fn at_once(&mut self, one: Ask, two: Ask) {
        let leases = self.leases();
        let owner = |book: &Book, ask: &Ask| book.owner(ask.request, &leases).map(|lease| lease.id.clone());
        let owners = (owner(&self.book, &one), owner(&self.book, &two));
        let requests = (self.request(&one, None), self.request(&two, None));
        let what = RevokeWhat::Secret(self.installation.tenant.items[one.item].path.clone());
        let by = self.installation.by();
        let (first, second, revoked, reaped) = self.installation.run(|backend| async move {
            let leases = &backend.leases;
            tokio::join!(
                leases.generate(by, requests.0),
                leases.generate(by, requests.1),
                leases.revoke(by, what, false),
                leases.reap_now()
            )
        });
        reaped.unwrap();
        self.note(format!("{}; {}; {}", told(&first), told(&second), told(&revoked)));
        let now = self.installation.now();
        if revoked.is_ok() {
            self.book.revoked_and_reaped(one.item, now);
        } else {
            assert!(self.book.deleted.contains(&one.item), "{revoked:?}");
            self.book.reaped(now);
        }
        let is_twice = one.request.is_some() && one.request == two.request;
        for (ask, owner, answer) in [(one, owners.0, first), (two, owners.1, second)] {
            // Of two that bear one name, the second is refused with the first one's id.
            if is_twice
                && owner.is_none()
                && answer
                    .as_ref()
                    .is_err_and(|refused| refused.code == ErrorCode::Conflict)
            {
                continue;
            }
            let id = answer.as_ref().ok().map(|issued| issued.lease.id.clone());
            self.answered(&ask, owner.as_ref(), answer);
            if let Some(id) = id
                && self
                    .leases()
                    .iter()
                    .any(|lease| lease.id == id && lease.state != LeaseState::Active)
            {
                self.book.revoked(|known, _| *known == id);
            }
        }
    }

    fn renew(&mut self, slot: usize, minutes: Option<u32>) {
        let Some(lease) = self.lease_of(slot) else { return };
        let now = self.installation.now();
        let by = self.installation.by();
        let id = lease.id.clone();
        let answer = self
            .installation
            .run(|backend| async move { backend.leases.renew(by, &id, minutes.map(ttl)).await });
        self.note(told(&answer));
        let (ask, unheard) = self.book.ask_of(&lease).clone();
        let is_gone = self.book.deleted.contains(&ask.item);
        let default = if is_gone { MAX_MINUTES } else { DEFAULT_MINUTES };
        let asked_end = now + ttl(minutes.unwrap_or(default)).millis();
        match self.book.leases.get_mut(&lease.id) {
            Some(known) if known.fate == Fate::Active && now < known.end && known.end < known.max => {
                known.end = asked_end.max(known.end).min(known.max);
                let renewed = answer.expect("an active lease can be renewed");
                assert_eq!(renewed.expires_at.millis(), known.end);
            }
            // One that a caller left is active for a moment.
            None if unheard == Some(Unheard::Left) => {}
            Some(_) | None => {
                let refused = answer.expect_err("a lease that has ended was renewed");
                assert_eq!(refused.code, ErrorCode::Conflict, "{refused:?}");
            }
        }
    }

    fn revoke(&mut self, what: &What) {
        let items = &self.installation.tenant.items;
        let (asked, id) = match *what {
            What::Slot(slot) => match self.lease_of(slot) {
                Some(lease) => (RevokeWhat::Lease(lease.id.clone()), Some(lease.id)),
                None => return,
            },
            What::Item(item) => (RevokeWhat::Secret(items[item].path.clone()), None),
            What::Target => (RevokeWhat::Target(items[0].target.clone()), None),
        };
        let by = self.installation.by();
        let answer = self
            .installation
            .run(|backend| async move { backend.leases.revoke(by, asked, false).await });
        self.note(told(&answer));
        if let What::Item(item) = what
            && self.book.deleted.contains(item)
        {
            assert_eq!(answer.unwrap_err().code, ErrorCode::NotFound);
            return;
        }
        for lease in answer.expect("revoking asks nothing of Entra") {
            assert!(
                lease.state == LeaseState::Revoking || lease.state.is_ended(),
                "{lease:?}"
            );
        }
        self.book.revoked(|known, lease| match what {
            What::Slot(_) => Some(known) == id.as_ref(),
            What::Item(item) => lease.item == *item,
            What::Target => true,
        });
    }

    fn delete(&mut self, item: usize) {
        let secret = &self.installation.tenant.items[item];
        let by = self.installation.by();
        let answer = self.installation.run(|backend| async move {
            let reap = async {
                for _ in 0..3 {
                    backend.leases.reap_now().await.unwrap();
                }
                // The caller's patience is over: nothing that it waits for comes without the reaper.
                tokio::time::pause();
                tokio::time::advance(Duration::from_secs(11)).await;
                tokio::time::resume();
            };
            tokio::join!(backend.items.delete(by, &secret.path, true), reap).0
        });
        self.note(told(&answer));
        let now = self.installation.now();
        if self.book.deleted.contains(&item) {
            assert_eq!(answer.unwrap_err().code, ErrorCode::NotFound);
            self.book.reaped(now);
            return;
        }
        self.book.revoked_and_reaped(item, now);
        match answer {
            Ok(()) => {
                self.book.deleted.insert(item);
                let left = self
                    .leases()
                    .into_iter()
                    .filter(|lease| lease.secret == secret.path);
                let left: Vec<_> = left.filter(|lease| !lease.state.is_ended()).collect();
                assert!(left.is_empty(), "{} is deleted and left {left:?}", secret.path);
            }
            Err(refused) => assert_eq!(refused.code, ErrorCode::Conflict, "{refused:?}"),
        }
    }

    fn heal(&self) {
        self.installation.emulator().clear_faults();
        self.installation.emulator().set_lag(Duration::ZERO);
    }

    fn reap(&mut self) {
        self.book.reaped(self.installation.now());
        self.installation
            .run(|backend| async move { backend.leases.reap_now().await.unwrap() });
    }

    fn reap_and_die(&mut self, after: usize) {
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
    fn quiesce(&mut self) {
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
        self.note(format!("quiet at {}", self.installation.now()));
        self.book.calm = true;
        invariants::quiet(self);
    }
}

impl Drop for System {
    fn drop(&mut self) {
        if std::thread::panicking() && std::env::var_os("MODEL_TRACE").is_some() {
            eprintln!("{}\n", self.trace.join("\n"));
        }
    }
}
