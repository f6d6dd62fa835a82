//! What the emulator does and refuses, over HTTP: each documented behaviour once.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests may fail like the tests themselves"
)]

mod applications;
mod batch;
mod control;
mod deleted;
mod faults;
mod groups;
mod lag;
mod permissions;
mod queries;
mod roles;
mod secrets;
mod support;
mod tls;
mod token;
mod users;
