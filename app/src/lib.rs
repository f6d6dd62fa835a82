//! Leasehold: short-lived Microsoft Entra ID credentials on lease.
//!
//! | module | what |
//! |---|---|
//! | [`domain`] | the words of the product as types; no I/O; compiled for server and browser |
//! | [`api`] | the server functions, which are also the HTTP API |
//! | [`app`], [`pages`], [`components`], [`routes`] | the console |
//! | [`backend`] | store, Graph client, providers, engine; on the server only |
//!
//! Dependencies: `pages → components, api → domain`; `api → backend` on the server; in `backend`, `lease → provider → graph` and
//! `lease → store`.

// The type of a view nests as deep as its elements do.
#![recursion_limit = "512"]

#[cfg(all(feature = "ssr", feature = "hydrate"))]
compile_error!("`ssr` and `hydrate` exclude each other: build the server and the frontend by themselves");

pub mod api;
pub mod app;
#[cfg(feature = "ssr")]
pub mod backend;
pub mod components;
pub mod domain;
pub mod pages;
pub mod routes;
