//! The engine against the emulator, over HTTP, on a clock that the tests move.

mod abandon;
mod clock_steps;
mod concurrency;
mod crash;
mod deleting;
mod every_step;
mod failures;
mod full_disk;
mod model;
mod outage;
mod stories;
mod truth;
mod undo_order;
mod world;

use world::{Setting, World};
