//! Where chance comes from: ids, passwords, session tokens, jitter. Only `main` and the tests make it.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};

use crate::domain::{LeaseId, SecretId, TargetId, Timestamp};

/// A cryptographically strong source of random numbers (`ChaCha12`), seeded by the operating system.
#[derive(Clone)]
pub struct Entropy(Arc<Mutex<StdRng>>);

impl Entropy {
    /// Seeded by the operating system.
    pub fn system() -> Self {
        Self::from_rng(rand::make_rng())
    }

    /// The same numbers at every run: for tests.
    pub fn seeded(seed: u64) -> Self {
        Self::from_rng(StdRng::seed_from_u64(seed))
    }

    fn from_rng(rng: StdRng) -> Self {
        Self(Arc::new(Mutex::new(rng)))
    }

    fn with<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        draw(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Fills a buffer.
    pub fn fill(&self, bytes: &mut [u8]) {
        self.with(|rng| rng.fill_bytes(bytes));
    }

    /// A number below `bound` (0 where that is 0), each as likely as any other.
    pub fn below(&self, bound: usize) -> usize {
        if bound == 0 {
            0
        } else {
            self.with(|rng| rng.random_range(0..bound))
        }
    }

    /// 256 bits as 43 characters that may stand in a URL: session and API tokens.
    pub fn token(&self) -> String {
        let mut bytes = [0; 32];
        self.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// So many lower-case letters and digits, none of which is easily taken for another: the random part of a name.
    pub fn name_part(&self, length: usize) -> String {
        const ALPHABET: &[u8] = b"23456789abcdefghjkmnpqrstuvwxyz";
        (0..length)
            .map(|_| char::from(ALPHABET[self.below(ALPHABET.len())]))
            .collect()
    }

    /// A new lease's id; ids made later sort later.
    pub fn lease_id(&self, now: Timestamp) -> LeaseId {
        LeaseId::from_bits(self.uuid_v7(now))
    }

    /// A new item's id.
    pub fn secret_id(&self, now: Timestamp) -> SecretId {
        SecretId::from_bits(self.uuid_v7(now))
    }

    /// A new target's id.
    pub fn target_id(&self, now: Timestamp) -> TargetId {
        TargetId::from_bits(self.uuid_v7(now))
    }

    /// A random UUID (version 4) in its usual writing: request ids and incidents.
    pub fn uuid(&self) -> String {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    fn uuid_v7(&self, now: Timestamp) -> u128 {
        let mut bytes = [0; 10];
        self.fill(&mut bytes);
        let millis = u64::try_from(now.millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes)
            .into_uuid()
            .as_u128()
    }
}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entropy(…)")
    }
}
