//! The engine against the emulator, over HTTP, on a clock that the tests move.

mod failures;
mod model;
mod stories;
mod world;

use world::World;
