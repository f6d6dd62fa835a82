//! The engine against the emulator, over HTTP, on a clock that the tests move.

mod abandon;
mod crash;
mod deleting;
mod failures;
mod full_disk;
mod grants;
mod grants_at_once;
mod grants_recipient;
mod model;
mod reconcile;
mod reconcile_daily;
mod stories;
mod world;

use world::World;
