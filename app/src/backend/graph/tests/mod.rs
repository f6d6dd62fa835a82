//! The client against an emulator, over HTTP.

mod people;
mod reads;
mod retries;

use emulator::{Emulator, Fault};

use super::send::Call;
use super::testing::{client, client_with, connection, start};
use super::*;
use crate::backend::{Clock, Stopwatch};
use crate::domain::{CustomCloud, ErrorCode, Timestamp};

fn tomorrow() -> Timestamp {
    Clock::system().now().plus_millis(86_400_000)
}
