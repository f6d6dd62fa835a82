//! The runs: 256 sequences in eight tests, so that they run side by side, and the soak.

use std::ops::RangeInclusive;

use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};
use proptest_state_machine::{ReferenceStateMachine as _, StateMachineTest as _};

use super::reference::Sequences;
use super::system::System;
use crate::backend::{Entropy, Stopwatch};

/// Sequences of each of the eight tests.
const CASES: u32 = 32;

/// Runs so many sequences. The same seed gives the same ones.
fn run(seed: u64, cases: u32, steps: RangeInclusive<usize>) -> Result<(), String> {
    let config = Config {
        cases,
        // The seed is told, and gives the same sequences again.
        failure_persistence: None,
        max_shrink_iters: 400,
        max_shrink_time: 90_000,
        rng_seed: RngSeed::Fixed(seed),
        ..Config::default()
    };
    let mut runner = TestRunner::new(config.clone());
    let sequences = Sequences::sequential_strategy(steps);
    let result = runner.run(&sequences, |(asked, steps, seen)| {
        System::test_sequential(config.clone(), asked, steps, seen);
        Ok(())
    });
    result.map_err(|error| match error {
        TestError::Fail(why, (_, steps, _)) => format!("seed {seed}: {why}\nwith these steps: {steps:#?}"),
        TestError::Abort(why) => format!("seed {seed}: {why}"),
    })
}

fn check(seed: u64) {
    if let Err(why) = run(seed, CASES, 8..=15) {
        panic!("{why}");
    }
}

#[test]
fn random_sequences_leak_nothing_1() {
    check(1);
}

#[test]
fn random_sequences_leak_nothing_2() {
    check(2);
}

#[test]
fn random_sequences_leak_nothing_3() {
    check(3);
}

#[test]
fn random_sequences_leak_nothing_4() {
    check(4);
}

#[test]
fn random_sequences_leak_nothing_5() {
    check(5);
}

#[test]
fn random_sequences_leak_nothing_6() {
    check(6);
}

#[test]
fn random_sequences_leak_nothing_7() {
    check(7);
}

#[test]
fn random_sequences_leak_nothing_8() {
    check(8);
}

/// A number from the environment.
fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

/// Longer sequences, as many as `SOAK_CASES` says, from `SOAK_SEED` on; `make soak` runs it.
#[test]
#[ignore = "runs for many minutes"]
fn soak() {
    const BATCH: u32 = 25;
    // While the fewest steps are looked for, every try panics.
    std::panic::set_hook(Box::new(|_| {}));
    let cases = u32::try_from(setting("SOAK_CASES").unwrap_or(4_000)).unwrap();
    let mut seed =
        setting("SOAK_SEED").unwrap_or_else(|| u64::try_from(Entropy::system().below(1 << 40)).unwrap());
    let watch = Stopwatch::start();
    let (mut done, mut failures) = (0, Vec::new());
    while done < cases {
        let batch = BATCH.min(cases - done);
        if let Err(why) = run(seed, batch, 12..=40) {
            eprintln!("{why}");
            failures.push(seed);
        }
        seed += 1;
        done += batch;
        let seconds = watch.millis() / 1000;
        eprintln!(
            "{done} of {cases} sequences, {} failed, {seconds} s (next: SOAK_SEED={seed})",
            failures.len()
        );
    }
    assert!(
        failures.is_empty(),
        "try again with SOAK_CASES={BATCH} and SOAK_SEED= one of {failures:?}"
    );
}
