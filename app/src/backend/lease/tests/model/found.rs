//! The sequences that failed once, by the fewest steps that it took.

use emulator::{Fault, FaultKind};
use proptest::test_runner::Config;
use proptest_state_machine::StateMachineTest as _;

use super::reference::Asked;
use super::step::{Ask, Step, What};
use super::system::System;

/// Items of the first kind, and of the second.
const APP: usize = 0;
const USER: usize = 2;

fn replay(steps: Vec<Step>) {
    System::test_sequential(Config::default(), Asked::default(), steps, None);
}

fn ask(slot: usize, item: usize) -> Ask {
    Ask {
        slot,
        item,
        minutes: None,
        request: None,
    }
}

/// What was never seen in Entra is looked for until it must have shown up: by a clock that was put back that is an hour later,
/// and comes all the same.
#[test]
fn a_clock_put_back_loses_no_interrupted_lease() {
    replay(vec![Step::Die(ask(0, APP), 3), Step::SetClock(-3_600)]);
    replay(vec![Step::Die(ask(0, USER), 9), Step::SetClock(-3_600)]);
}

/// Entra has had no time to show the secret, though our clock says so.
#[test]
fn a_clock_put_forward_while_readers_lag() {
    replay(vec![
        Step::Lag(30),
        Step::Generate(ask(0, APP)),
        Step::SetClock(1_432),
        Step::Revoke(What::Slot(0)),
        Step::Reap,
    ]);
}

/// Every user is removed from its group by a call that is not answered.
#[test]
fn what_is_removed_unanswered_is_gone_all_the_same() {
    let silent = Fault::new(FaultKind::DropAfter).on("DELETE", "").times(1_000);
    replay(vec![
        Step::Generate(ask(0, USER)),
        Step::Fault(silent),
        Step::Revoke(What::Target),
        Step::Reap,
        Step::Wait(60),
        Step::Reap,
    ]);
}

/// The secret is there, its keyId known to nobody, and Entra says once that it knows no such application.
#[test]
fn one_lie_about_an_application() {
    replay(vec![
        Step::Die(ask(0, APP), 4),
        Step::Fault(Fault::status(404).on("GET", "/applications")),
        Step::Reap,
    ]);
}
