//! The engine against the emulator, over HTTP, on a clock that the tests move.

mod failures;
mod reconcile;
mod reconcile_daily;
mod stories;
mod world;

use world::World;
