//! The whole program, over HTTP, with a simulated tenant beside it.
//!
//! To add tests: a file named after what they are about; each starts a server of its own with [`harness::TestServer::start`].

#![expect(
    clippy::unwrap_used,
    reason = "a test that can't go on says so by panicking, its helpers too"
)]

mod abandon;
mod api;
mod browser_rules;
mod canary;
mod deleting;
mod directory;
mod harness;
mod killed;
mod leases;
mod pages;
mod process;
mod program;
mod reconcile;
mod revocation;
mod scene;
mod secrets;
mod session;
mod targets;
mod user_grants;
