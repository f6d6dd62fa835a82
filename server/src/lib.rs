//! The program `leasehold`: settings, HTTP, life cycle.
//!
//! | module | what |
//! |---|---|
//! | [`settings`] | flags, environment and file, merged and checked |
//! | [`commands`] | `serve` and `demo`: what each puts together before it serves |
//! | [`http`] | the router and its layers, one file a job |
//! | [`lifecycle`] | from the ready line to the exit |
//!
//! Rule: what the product does stands in `app`; here stands only how it is reached, started and stopped.

// The views of pages are deeply nested types.
#![recursion_limit = "512"]

pub mod commands;
pub mod http;
pub mod lifecycle;
pub mod logging;
pub mod settings;
