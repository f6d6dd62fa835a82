//! Password hashes: argon2id in PHC strings.
//!
//! Rule: a hash costs 19 MiB and tens of milliseconds by design, so only a few are made at once, and only a few wait; the rest
//! is told to come back. A user who is not there costs as much as a wrong password.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::AuthError;
use crate::backend::Entropy;
use crate::domain::SecretText;

const AT_ONCE: usize = 2;
const WAITING: usize = 30;
/// The longest password that is looked at, in bytes.
const LONGEST: usize = 1024;

/// No password has this hash, made with the parameters of [`argon2`].
pub(super) const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdC4uLg$q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s";

/// Hashes and verifies, a few at once. Clones share the limit.
#[derive(Clone)]
pub(super) struct Passwords {
    places: Arc<Semaphore>,
    at_once: Arc<Semaphore>,
    entropy: Entropy,
}

/// The right to wait for a hash.
pub(super) struct Place(#[expect(dead_code, reason = "it is given back when dropped")] OwnedSemaphorePermit);

impl Passwords {
    pub(super) fn new(entropy: Entropy) -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            entropy,
        }
    }

    /// A place among those who wait; refused where there are too many.
    pub(super) fn place(&self) -> Result<Place, AuthError> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        place.map(Place).map_err(|_| AuthError::Throttled {
            retry_after_seconds: 1.0,
        })
    }

    /// Hashes a password under a new salt.
    pub(super) async fn hash(&self, place: Place, password: SecretText) -> Result<String, AuthError> {
        let mut salt = [0; 16];
        self.entropy.fill(&mut salt);
        self.run(place, move || {
            let hash = argon2()?.hash_password_with_salt(password.expose().as_bytes(), &salt);
            Ok(hash.map_err(unusable)?.to_string())
        })
        .await
    }

    /// Whether the password is the one that was hashed; never where there is no hash, at the same cost.
    pub(super) async fn verify(
        &self,
        place: Place,
        password: SecretText,
        hash: Option<String>,
    ) -> Result<bool, AuthError> {
        self.run(place, move || {
            let (is_somebody, hash) = (hash.is_some(), hash.unwrap_or_else(|| NOBODY.to_owned()));
            let hash = PasswordHash::new(&hash).map_err(unusable)?;
            let looked_at = password.expose().as_bytes();
            let fits = looked_at.len() <= LONGEST;
            let looked_at = &looked_at[..looked_at.len().min(LONGEST)];
            match argon2()?.verify_password(looked_at, &hash) {
                Ok(()) => Ok(is_somebody && fits),
                Err(Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(unusable(error)),
            }
        })
        .await
    }

    /// Does the work beside the tasks of the server. It goes on though the caller is gone, and keeps its place meanwhile.
    async fn run<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce() -> Result<T, AuthError> + Send + 'static,
    ) -> Result<T, AuthError> {
        let turn = Arc::clone(&self.at_once)
            .acquire_owned()
            .await
            .map_err(unusable)?;
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop((turn, place));
            result
        });
        done.await.map_err(unusable)?
    }
}

fn unusable(error: impl std::fmt::Display) -> AuthError {
    AuthError::Hash(error.to_string())
}

/// 19 MiB, two passes, one lane: OWASP's Password Storage Cheat Sheet.
fn argon2() -> Result<Argon2<'static>, AuthError> {
    let params = Params::new(19 * 1024, 2, 1, Some(32)).map_err(unusable)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}
