//! What runs on the server only.
//!
//! `graph` knows no leases, `provider` no SQL, `store` no Graph; `lease` ties them together.

pub mod auth;
pub mod clock;
pub mod entropy;
pub mod store;
pub mod vault;

pub use clock::{Clock, Stopwatch};
pub use entropy::Entropy;
