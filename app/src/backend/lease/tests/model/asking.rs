//! Callers ask for leases: in peace, at once, leaving before the answer, or with a process that dies.

use super::book::{Book, Unheard};
use super::installation::asked;
use super::step::{Ask, MAX_MINUTES};
use super::system::{DEFAULT_MINUTES, System, told, ttl};
use crate::backend::lease::{GenerateRequest, RevokeWhat};
use crate::domain::{ApiError, ErrorCode, IssuedLease, LeaseId, LeaseState, Timestamp};

impl System {
    /// Enters what is asked for, and says it as a caller would.
    fn request(&mut self, ask: &Ask, unheard: Option<Unheard>) -> GenerateRequest {
        self.book.asks.insert(ask.slot, (ask.clone(), unheard));
        GenerateRequest {
            secret: self.installation.tenant.items[ask.item].path.clone(),
            ttl: ask.minutes.map(ttl),
            reason: Some(Book::reason(ask.slot)),
            request_id: ask.request.map(|request| format!("request {request}")),
            wait_usable: false,
            username: self.installation.tenant.items[ask.item]
                .asks_for_username()
                .then(|| emulator::TenantFacts::new("", None).user_principal_name),
        }
    }

    pub(super) fn generate(&mut self, ask: &Ask) {
        let owner = self
            .book
            .owner(ask.request, &self.leases())
            .map(|lease| lease.id.clone());
        let request = self.request(ask, None);
        let by = self.installation.by();
        let answer = self
            .installation
            .run(|backend| async move { backend.leases.generate(by, request).await });
        self.note(&told(&answer));
        if let Err(refused) = &answer
            && owner.is_none()
            && !self.is_refused(ask)
        {
            assert!(
                !self.book.calm,
                "{ask:?} was refused, and nothing is wrong: {refused:?}"
            );
        }
        self.answered(ask, owner.as_ref(), answer);
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
                let codes = [ErrorCode::NotFound, ErrorCode::Conflict];
                assert!(codes.contains(&refused.code), "{refused:?}");
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

    pub(super) fn leave(&mut self, ask: Ask, after: usize) {
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
            None => self.note("not heard"),
            Some(answer) => {
                self.note(&told(&answer));
                self.answered(&ask, owner, answer);
                self.book.asks.insert(ask.slot, (ask, None));
            }
        }
    }

    pub(super) fn die(&mut self, ask: Ask, after: usize) {
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

    pub(super) fn at_once(&mut self, one: Ask, two: Ask) {
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
        self.note(&format!(
            "{}; {}; {}",
            told(&first),
            told(&second),
            told(&revoked)
        ));
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
}
