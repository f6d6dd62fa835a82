//! The engine against the emulator, over HTTP, on a clock that the tests move.

mod failures;
mod grants;
mod grants_at_once;
mod grants_recipient;
mod stories;
mod world;

use world::World;
