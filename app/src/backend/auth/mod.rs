//! Who is asking: people with a password and a session, programs with an API token.
//!
//! Rule: what a bearer shows is looked up by its SHA-256, and whether it is still good is judged with the clock. Nothing here
//! says what an identity may do; that is `Identity` and `Role`.
//!
//! | file | what |
//! |---|---|
//! | `first_start` | the accounts that an empty database begins with |
//! | `session` | signing in and out, and who bears a session or a token |
//! | `password` | hashing, a few at once |
//! | `throttle` | how often a name may be tried |
//!
//! To add a way in: a method that answers `Option<Identity>`, beside [`Auth::by_session`] and [`Auth::by_bearer`].

mod error;
mod first_start;
mod password;
mod session;
mod throttle;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};

use super::store::Store;
use super::{Clock, Entropy};

pub use error::AuthError;
pub use first_start::FirstStart;

use password::Passwords;
use throttle::Throttle;

/// Recognises people and programs. Clones share their state.
#[derive(Clone)]
pub struct Auth {
    store: Store,
    clock: Clock,
    entropy: Entropy,
    passwords: Passwords,
    throttle: Arc<Throttle>,
}

impl Auth {
    /// Accounts, sessions and tokens in this store.
    pub fn new(store: Store, clock: Clock, entropy: Entropy) -> Self {
        Self {
            passwords: Passwords::new(entropy.clone()),
            throttle: Arc::default(),
            store,
            clock,
            entropy,
        }
    }
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Auth(…)")
    }
}

/// What is kept of a token: enough to recognise it, of no use to who reads it.
fn token_hash(token: &str) -> Vec<u8> {
    digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}
