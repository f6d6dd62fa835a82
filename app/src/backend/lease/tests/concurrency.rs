//! Many callers at once, and callers who go away.
//!
//! Rule: no error of ours reaches a caller, and whatever was made for somebody who no longer listens is taken back.

use std::time::Duration;

use emulator::Fault;
use futures::future::join_all;

use super::{Setting, World};
use crate::backend::graph::Timing;
use crate::backend::lease::{GenerateRequest, RevokeWhat};
use crate::domain::{EndCause, ErrorCode, Kind, LeaseState};

const CALLERS: usize = 50;

#[tokio::test]
async fn fifty_generates_and_fifty_revokes_at_once_lose_nothing() {
    for kind in Kind::ALL {
        let world = World::new().await;
        let item = world.item_of(kind).await;
        world.backend.start();
        // Entra refuses a change of an application that comes while another is under way.
        world.emulator.set_write_time(Duration::from_millis(2));
        let generate = || join_all((0..CALLERS).map(|_| world.generate(&item)));
        let first: Vec<_> = generate().await.into_iter().map(Result::unwrap).collect();
        world.assert_accounted_for("after the generates").await;

        let being_revoked = join_all(first.into_iter().map(|issued| {
            let what = RevokeWhat::Lease(issued.lease.id);
            world.backend.leases.revoke(&world.by, what, true)
        }));
        let (second, revoked) = tokio::join!(generate(), being_revoked);
        for issued in second {
            issued.unwrap();
        }
        for ended in revoked {
            assert_eq!(ended.unwrap()[0].state, LeaseState::Revoked, "{kind:?}");
        }
        let counts = world.backend.leases.counts().await.unwrap();
        assert_eq!((counts.active, counts.revoked), (50, 50), "{kind:?}: {counts:?}");
        assert_eq!(
            counts.generating + counts.revoking + counts.failed,
            0,
            "{kind:?}: {counts:?}"
        );
        world.assert_accounted_for("at the end").await;
        assert_eq!(made(&world, kind), in_all(kind, CALLERS), "{kind:?}");
        assert!(world.ledger().deleted_users.is_empty());
    }
}

#[tokio::test]
async fn one_request_made_by_twenty_at_once_makes_one_lease() {
    for kind in Kind::ALL {
        let world = World::new().await;
        let item = world.item_of(kind).await;
        let request = GenerateRequest {
            request_id: Some("build-42".to_owned()),
            ..World::request(&item)
        };
        let twenty = || async {
            let leases = &world.backend.leases;
            join_all((0..20).map(|_| leases.generate(&world.by, request.clone()))).await
        };
        let (issued, refused): (Vec<_>, Vec<_>) = twenty().await.into_iter().partition(Result::is_ok);
        let [issued] = issued.try_into().unwrap();
        let id = issued.unwrap().lease.id;
        for refused in refused.into_iter().chain(twenty().await) {
            let refused = refused.unwrap_err();
            assert_eq!(refused.code, ErrorCode::Conflict);
            assert_eq!(refused.reason.as_deref(), Some(id.as_str()));
        }
        let world = world.restarted().await;
        let leases = &world.backend.leases;
        for refused in join_all((0..20).map(|_| leases.generate(&world.by, request.clone()))).await {
            assert_eq!(refused.unwrap_err().reason.as_deref(), Some(id.as_str()));
        }
        assert_eq!(world.only_lease().await.id, id);
        world.assert_accounted_for("at the end").await;
        assert_eq!(made(&world, kind), 1);
    }
}

/// How many things of the sort that each lease of this kind makes one of there are.
fn made(world: &World, kind: Kind) -> usize {
    let ledger = world.ledger();
    match kind {
        Kind::AppSecret => ledger.app_passwords.len(),
        Kind::PortalUser => ledger.users.len(),
        Kind::UserGrants => ledger.memberships.len(),
    }
}

/// How many so many leases make together: what one user has is shared.
fn in_all(kind: Kind, leases: usize) -> usize {
    match kind {
        Kind::AppSecret | Kind::PortalUser => leases,
        Kind::UserGrants => 1,
    }
}

/// Generates, and goes away as soon as the request after so many has reached Entra, which this fault meets. The lease afterwards,
/// when everything has come to rest.
async fn leave(world: &World, kind: Kind, after: u32, fault: &Fault) -> crate::domain::Lease {
    let item = world.item_of(kind).await;
    world.emulator.clear_requests();
    world.forget_token().await;
    world.emulator.fault(fault.clone().after(after));
    let mut generate = Box::pin(world.generate(&item));
    while world.emulator.requests().len() <= after as usize {
        tokio::select! {
            biased;
            result = &mut generate => panic!("answered before the caller could go: {result:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(generate);
    while !world.backend.leases.0.tasks.is_empty() {
        tokio::task::yield_now().await;
    }
    world.emulator.clear_faults();
    world.settle(10, &format!("{kind:?}, gone after {after}")).await;
    let ledger = world.ledger();
    assert!(ledger.is_empty(), "{kind:?}, gone after {after}: {ledger:?}");
    world.only_lease().await
}

/// How many requests it takes to generate.
async fn requests_of(kind: Kind) -> u32 {
    let world = World::new().await;
    let item = world.item_of(kind).await;
    world.emulator.clear_requests();
    world.forget_token().await;
    world.generate(&item).await.unwrap();
    u32::try_from(world.emulator.requests().len()).unwrap()
}

#[tokio::test]
async fn a_caller_who_goes_between_any_two_calls_leaves_nothing() {
    // The request is answered only with "later", and made again when the caller is gone.
    let later = Fault::status(429).retry_after("0.05");
    for kind in Kind::ALL {
        for after in 0..requests_of(kind).await {
            let lease = leave(&World::new().await, kind, after, &later).await;
            assert_eq!(
                (lease.state, lease.end_cause),
                (LeaseState::Revoked, Some(EndCause::Unseen)),
                "{kind:?}, gone after {after}"
            );
        }
    }
}

#[tokio::test]
async fn a_caller_who_goes_while_a_call_hangs_leaves_nothing() {
    for kind in Kind::ALL {
        for after in 0..requests_of(kind).await {
            let timing = Timing {
                request_timeout: Duration::from_millis(150),
                ..Timing::for_tests()
            };
            let world = World::with(Setting {
                timing,
                ..Setting::default()
            })
            .await;
            let lease = leave(&world, kind, after, &Fault::hang()).await;
            // What was not issued failed, whoever listened.
            let (state, cause) = (lease.state, lease.end_cause.unwrap());
            let unseen = (state, &cause) == (LeaseState::Revoked, &EndCause::Unseen);
            let failed = (state, &cause) == (LeaseState::Failed, &EndCause::Failed);
            assert!(
                unseen || failed,
                "{kind:?}, gone after {after}: {state:?} {cause:?}"
            );
        }
    }
}
