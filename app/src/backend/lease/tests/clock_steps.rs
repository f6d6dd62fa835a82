//! Our own clock steps, on or back by an hour, while Entra's goes on.
//!
//! Rule: what has ended stays ended, what lives stays accounted for, and nothing waits for the clock to come back.

use std::time::Duration;

use emulator::Fault;

use super::World;
use crate::backend::lease::RevokeWhat;
use crate::domain::{IssuedLease, Kind, LeaseState};

async fn issued(kind: Kind) -> (World, IssuedLease) {
    let world = World::new().await;
    let item = world.item_of(kind).await;
    let issued = world.generate(&item).await.unwrap();
    (world, issued)
}

#[tokio::test]
async fn a_step_back_and_on_again_changes_nothing_for_an_active_lease() {
    for kind in Kind::ALL {
        let (world, issued) = issued(kind).await;
        for minutes in [-60, 60] {
            world.step_clock(minutes);
            world.reap_after(30).await;
            assert_eq!(world.lease(&issued.lease.id).await.state, LeaseState::Active);
            world.assert_accounted_for("after a step").await;
        }
        world.reap_after(3_600).await;
        world.settle(10, "at its end").await;
        assert_eq!(world.lease(&issued.lease.id).await.state, LeaseState::Expired);
        assert!(world.ledger().is_empty());
    }
}

#[tokio::test]
async fn a_lease_that_a_step_ended_is_not_revived_by_the_step_back() {
    for kind in Kind::ALL {
        let (world, issued) = issued(kind).await;
        world.step_clock(60);
        world.settle(10, "after the step").await;
        assert_eq!(world.lease(&issued.lease.id).await.state, LeaseState::Expired);
        world.step_clock(-60);
        world.reap_for_minutes(2).await;
        let ended = world.lease(&issued.lease.id).await;
        assert_eq!(ended.state, LeaseState::Expired);
        assert!(world.ledger().is_empty());
        let leases = &world.backend.leases;
        leases.renew(&world.by, &ended.id, None).await.unwrap_err();
    }
}

#[tokio::test]
async fn a_wait_that_a_step_back_made_longer_is_not_kept() {
    for kind in Kind::ALL {
        let (world, issued) = issued(kind).await;
        world
            .emulator
            .fault(Fault::status(503).at("/v1.0/").times(u32::MAX));
        let leases = &world.backend.leases;
        let what = RevokeWhat::Lease(issued.lease.id.clone());
        leases.revoke(&world.by, what, false).await.unwrap();
        world.reap_for_minutes(20).await;
        assert!(world.lease(&issued.lease.id).await.needs_attention);
        world.emulator.clear_faults();
        world.step_clock(-60);
        // Five minutes are the longest wait between two attempts.
        world.reap_for_minutes(6).await;
        assert_eq!(
            world.lease(&issued.lease.id).await.state,
            LeaseState::Revoked,
            "{kind:?}"
        );
        assert!(world.ledger().is_empty(), "{kind:?}: {:?}", world.ledger());
    }
}

#[tokio::test]
async fn a_step_while_a_lease_is_being_issued_loses_nothing() {
    for kind in Kind::ALL {
        for minutes in [-60, 60] {
            let what = format!("{kind:?}, {minutes} minutes");
            let world = World::new().await;
            let item = world.item_of(kind).await;
            let asked_before = world.emulator.requests().len();
            let later = Fault::status(429).retry_after("0.05").on("POST", "^/v1.0/");
            world.emulator.fault(later);
            let mut generate = Box::pin(world.generate(&item));
            let is_waiting = || {
                let requests = world.emulator.requests();
                requests[asked_before..]
                    .iter()
                    .any(|request| request.status == Some(429))
            };
            while !is_waiting() {
                tokio::select! {
                    biased;
                    result = &mut generate => panic!("{what}: issued already: {result:?}"),
                    () = tokio::task::yield_now() => {}
                }
            }
            world.step_clock(minutes);
            world.backend.leases.reap_now().await.unwrap();
            let issued = generate.await.unwrap();
            let lease = world.lease(&issued.lease.id).await;
            assert_eq!(lease.state, LeaseState::Active, "{what}");
            world.assert_accounted_for(&what).await;

            let leases = &world.backend.leases;
            let all = RevokeWhat::Target(item.target.clone());
            leases.revoke(&world.by, all, false).await.unwrap();
            world.settle(10, &what).await;
            assert!(world.ledger().is_empty(), "{what}: {:?}", world.ledger());
        }
    }
}

/// The first thing is made, but the answer is lost, and nobody sees it for so many seconds. After so many looks that found
/// nothing, the clock steps on by an hour.
async fn unseen_at_the_step(kind: Kind, seconds: u64, looks: u64) {
    let what = format!("{kind:?}, stepped after {looks} looks");
    let world = World::new().await;
    let item = world.item_of(kind).await;
    world.emulator.set_lag(Duration::from_secs(seconds));
    world.emulator.fault(Fault::drop_after().on("POST", "^/v1.0/"));
    let generated = world.generate(&item).await;
    assert!(!world.ledger().is_empty(), "{what}");
    // Giving what is there already is no error, so a lost answer is made up for.
    let expected = if let Ok(issued) = generated {
        let all = RevokeWhat::Lease(issued.lease.id);
        let revoked = world.backend.leases.revoke(&world.by, all, false).await;
        revoked.unwrap();
        LeaseState::Revoked
    } else {
        LeaseState::Failed
    };
    for _ in 0..looks {
        world.reap_after(5).await;
    }
    world.step_clock(60);
    world.settle(15, &what).await;
    assert_eq!(world.only_lease().await.state, expected, "{what}");
    assert!(world.ledger().is_empty(), "{what}: {:?}", world.ledger());
}

#[tokio::test]
async fn a_step_on_does_not_make_absence_certain() {
    for kind in Kind::ALL {
        unseen_at_the_step(kind, 30, 0).await;
    }
}

#[tokio::test]
async fn a_step_on_in_the_midst_of_looking_does_not_make_absence_certain() {
    for kind in Kind::ALL {
        for looks in 1..4 {
            unseen_at_the_step(kind, 30, looks).await;
        }
    }
}
