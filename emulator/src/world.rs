//! Everything that the emulator's parts share: the clock, the tenant, the faults, the log and the signing key.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{
    clock::Clock, directory::Directory, facts::TenantFacts, faults::Faults, graph::auth::KnownCallers,
    log::RequestLog, seed, token::jwt::SigningKey, writing::Writing,
};

/// The shared state behind the servers.
#[derive(Debug)]
pub struct World {
    /// The clock.
    pub clock: Clock,
    /// What tests need to know about the tenant.
    pub facts: TenantFacts,
    /// The key that signs tokens.
    pub key: &'static SigningKey,
    /// Whether the tenant starts without sample users, groups and applications.
    empty: bool,
    /// The objects that are being changed.
    pub writing: Writing,
    directory: Mutex<Directory>,
    faults: Mutex<Faults>,
    log: Mutex<RequestLog>,
    known_callers: Mutex<KnownCallers>,
}

impl World {
    /// A freshly seeded world.
    pub fn new(clock: Clock, facts: TenantFacts, key: &'static SigningKey, empty: bool) -> Self {
        let directory = Mutex::new(seed::tenant(clock.now_millis(), empty));
        Self {
            clock,
            facts,
            key,
            empty,
            writing: Writing::default(),
            directory,
            faults: Mutex::default(),
            log: Mutex::default(),
            known_callers: Mutex::default(),
        }
    }

    /// The tenant, as of now.
    pub fn directory(&self) -> MutexGuard<'_, Directory> {
        let mut directory = lock(&self.directory);
        directory.turn_to(self.clock.now_millis());
        directory
    }

    /// The faults still to come.
    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    /// The log of requests.
    pub fn log(&self) -> MutexGuard<'_, RequestLog> {
        lock(&self.log)
    }

    /// The callers of tokens that were proven before.
    pub fn known_callers(&self) -> MutexGuard<'_, KnownCallers> {
        lock(&self.known_callers)
    }

    /// Back to the seeded tenant, without faults, lag or log. The clock stays where it is.
    pub fn reset(&self) {
        self.writing.reset();
        *lock(&self.directory) = seed::tenant(self.clock.now_millis(), self.empty);
        self.faults().clear();
        self.log().clear();
    }
}

/// A panic in one request must not make every later one fail too, so poison is ignored.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
