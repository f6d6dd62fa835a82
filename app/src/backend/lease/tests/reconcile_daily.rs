//! The check that is made unasked, once a day, on a clock that the tests move.

use std::time::Duration;

use emulator::Fault;

use super::World;
use super::reconcile::{Stranger, verbs};
use super::world::target_name;
use crate::backend::lease::RevokeWhat;
use crate::domain::{LeaseId, ReconciliationStatus};

const HOUR: u64 = 3_600;

async fn after_hours(world: &World, hours: u64) {
    world.emulator.clock().advance(Duration::from_secs(hours * HOUR));
    world.backend.leases.reconcile_due_now().await.unwrap();
}

async fn status(world: &World) -> ReconciliationStatus {
    world
        .backend
        .leases
        .last_reconciliation(&target_name())
        .await
        .unwrap()
}

/// How many hours until the next check.
async fn hours_left(world: &World) -> i64 {
    let next = status(world).await.next_at.unwrap();
    next.millis_since(world.backend.clock.now()) / 3_600_000
}

#[tokio::test]
async fn once_a_day_a_target_is_checked_and_only_what_is_over_is_taken_away() {
    let world = World::new().await;
    after_hours(&world, 0).await;
    assert!(status(&world).await.report.is_none() && hours_left(&world).await >= 1);
    let item = world.app_item().await;
    let ended = world.generate(&item).await.unwrap().lease.id;
    let revoked = world
        .backend
        .leases
        .revoke(&world.by, RevokeWhat::Lease(ended.clone()), false);
    revoked.await.unwrap();
    world.reap_for_minutes(3).await;
    let stranger = Stranger::of(&world, &world.backend).await;
    stranger.secret(&ended).await;
    stranger.user(&LeaseId::from_bits(1)).await;

    after_hours(&world, 24).await;
    let checked = status(&world).await;
    let report = checked.report.clone().unwrap();
    assert!(
        report.expired_secrets[0].cleaned,
        "its lease is known to be over: {report:?}"
    );
    assert!(
        !report.unknown[0].cleaned && report.unknown[0].error.is_none(),
        "{report:?}"
    );
    let ledger = world.ledger();
    assert_eq!((ledger.app_passwords.len(), ledger.users.len()), (0, 1));
    assert_eq!(
        verbs(&world).await,
        [
            "user:admin target.create",
            "leasehold target.reconcile",
            "leasehold target.clean"
        ]
    );

    // A restart changes nothing of when the next one is due: within the day, and not at once.
    let world = world.restarted().await;
    assert_eq!(status(&world).await, checked);
    assert!((22..24).contains(&hours_left(&world).await));
    after_hours(&world, 12).await;
    assert_eq!(status(&world).await, checked, "not due yet");
    after_hours(&world, 12).await;
    assert!(status(&world).await.report.unwrap().checked_at > report.checked_at);
}

#[tokio::test]
async fn a_check_that_failed_keeps_its_reason_and_is_made_again_within_the_hour() {
    let world = World::new().await;
    after_hours(&world, 0).await;
    world
        .emulator
        .fault(Fault::status(503).on("GET", "/users").times(1_000));
    after_hours(&world, 24).await;
    let failed = status(&world).await;
    assert!(failed.report.is_none());
    assert_eq!(failed.failed_at, Some(world.backend.clock.now()));
    assert!(failed.error.unwrap().contains("not available"));
    world.backend.leases.reconcile_due_now().await.unwrap();
    assert!(status(&world).await.report.is_none(), "not tried again at once");

    world.emulator.clear_faults();
    after_hours(&world, 1).await;
    let well = status(&world).await;
    assert!(well.report.is_some() && well.error.is_none() && well.failed_at.is_none());
    assert!(hours_left(&world).await >= 22);
}

#[tokio::test]
async fn a_clock_that_was_put_back_does_not_end_the_checks() {
    let world = World::new().await;
    after_hours(&world, 24 * 365).await;
    after_hours(&world, 24).await;
    let before = status(&world).await.report.unwrap();
    let store = &world.backend.store;
    let id = world.backend.targets.get(&target_name()).await.unwrap().id;
    let in_a_year = world.backend.clock.now().plus_millis(365 * 86_400_000);
    store
        .save_reconciliation(&id, &before, Some(in_a_year), None)
        .await
        .unwrap();
    after_hours(&world, 1).await;
    assert!(status(&world).await.report.unwrap().checked_at > before.checked_at);
}

#[tokio::test]
async fn targets_are_spread_over_the_day() {
    let world = World::new().await;
    let plan = |_| world.backend.leases.0.some_time_today();
    let mut planned: Vec<_> = (0..20).map(plan).collect();
    planned.sort();
    planned.dedup();
    assert_eq!(planned.len(), 20);
    let now = world.backend.clock.now();
    assert!(
        planned
            .iter()
            .all(|at| (3_600_000..=86_400_000).contains(&at.millis_since(now)))
    );
}
