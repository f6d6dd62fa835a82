//! The engine against the emulator, over HTTP, on a clock that the tests move.

mod abandon;
mod clock_steps;
mod concurrency;
mod crash;
mod deleting;
mod every_step;
mod failures;
mod full_disk;
mod grants;
mod grants_at_once;
mod grants_recipient;
mod model;
mod outage;
mod reconcile;
mod reconcile_daily;
mod stories;
mod truth;
mod undo_order;
mod world;

use world::{Setting, World};
