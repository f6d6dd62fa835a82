//! The engine against the emulator, over HTTP, on a clock that the tests move.

mod abandon;
mod deleting;
mod failures;
mod stories;
mod world;

use world::World;
