//! The calls: server functions, which are also the HTTP API (`POST /api/v1/<noun>/<verb>`).
//!
//! To add a call: a function here under its noun, `#[server(prefix = "/api/v1", endpoint = "<noun>/<verb>", input = StrictJson,
//! output = StrictJson)]`, whose first line is `authorise(Permission::…)?`. It parses, calls the backend and answers; rules live in
//! `domain` and `backend`. The test that walks every registered function finds it by itself.

#![expect(
    missing_docs,
    reason = "the server macro makes a struct of each call's arguments, whose fields can't carry docs"
)]

pub mod codec;
pub mod directory;
pub mod leases;
pub mod secrets;
pub mod session;
pub mod targets;

#[cfg(feature = "ssr")]
pub mod caller;

use serde::{Deserialize, Serialize};

pub use codec::StrictJson;

/// The answer of a call that has nothing to tell: `{}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {}
