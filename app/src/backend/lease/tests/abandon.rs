//! Giving up, and what is told of it.

use emulator::Fault;

use super::World;
use crate::backend::lease::RevokeWhat;
use crate::domain::{ErrorCode, GrantState, Lease, LeaseState, TenantId};

const WHY: &str = "the application was deleted by its owner";

/// A lease of a temporary user that Entra refuses to let go.
async fn refused_by_entra(world: &World) -> Lease {
    let item = world.user_item().await;
    let lease = world.generate(&item).await.unwrap().lease;
    world
        .emulator
        .fault(Fault::status(403).on("DELETE", "/users/").times(100_000));
    let what = RevokeWhat::Lease(lease.id.clone());
    world.backend.leases.revoke(&world.by, what, false).await.unwrap();
    lease
}

#[tokio::test]
async fn what_remains_is_told_and_nobody_tries_again() {
    let world = World::new().await;
    let lease = refused_by_entra(&world).await;
    let leases = &world.backend.leases;
    let refused = leases.abandon(&world.by, &lease.id, WHY).await.unwrap_err();
    assert_eq!(
        (refused.code, refused.reason.as_deref()),
        (ErrorCode::Conflict, Some("never_failed"))
    );
    world.reap_after(1).await;
    let detail = leases
        .abandon(&world.by, &lease.id, &format!(" {WHY} "))
        .await
        .unwrap();
    assert_eq!(detail.lease.state, LeaseState::Abandoned);
    let why = detail.lease.abandoned.clone().unwrap();
    assert_eq!((why.by.as_str(), why.reason.as_str()), ("user:admin", WHY));
    let user = &world.ledger().users[0];
    let left: Vec<_> = detail
        .grants
        .iter()
        .filter(|grant| grant.state != GrantState::Undone)
        .collect();
    assert_eq!(detail.remains.len(), left.len());
    let of_user = detail
        .remains
        .iter()
        .position(|what| what.starts_with("user "))
        .unwrap();
    assert!(detail.remains[of_user].contains(&user.id), "{:?}", detail.remains);
    assert!(detail.clean_up[of_user].contains(&format!("az ad user delete --id {}", user.id)));

    let calls = world.emulator.requests().len();
    for _ in 0..3 {
        world.reap_after(3_600).await;
    }
    assert_eq!(
        world.emulator.requests().len(),
        calls,
        "nobody asks Entra any more"
    );
    let counts = leases.counts().await.unwrap();
    assert_eq!(
        (counts.abandoned, counts.revoking, counts.needs_attention),
        (1, 0, 0)
    );
    let again = leases.abandon(&world.by, &lease.id, WHY).await.unwrap_err();
    assert_eq!(again.reason.as_deref(), Some("abandoned"));
    // The target keeps no tenant for it.
    let elsewhere = Some(TenantId::parse("fabrikam.com").unwrap());
    let target = &lease.target;
    let updated = world
        .backend
        .targets
        .update(&world.by, target, None, elsewhere, None);
    updated.await.unwrap();
}

#[tokio::test]
async fn an_attempt_under_way_notes_what_it_finds_gone_and_revives_nothing() {
    let world = World::new().await;
    let lease = refused_by_entra(&world).await;
    world.reap_after(1).await;
    world.emulator.clear_faults();
    // The next attempt will succeed; while Entra keeps it waiting, somebody gives up.
    world
        .emulator
        .fault(Fault::status(429).on("DELETE", "/users/").retry_after("0.2"));
    let leases = &world.backend.leases;
    let asked = world.emulator.requests().len();
    let deletes = |from: usize| {
        let requests = world.emulator.requests();
        requests[from..]
            .iter()
            .any(|request| request.method == "DELETE" && request.path.contains("/users/"))
    };
    let mut attempt = Box::pin(world.reap_after(10));
    while !deletes(asked) {
        tokio::select! {
            biased;
            () = &mut attempt => panic!("the attempt ended before anybody could give up"),
            () = tokio::task::yield_now() => {}
        }
    }
    let detail = leases.abandon(&world.by, &lease.id, WHY).await.unwrap();
    assert!(
        detail.remains.iter().any(|what| what.starts_with("user ")),
        "{:?}",
        detail.remains
    );
    attempt.await;
    world.reap_for_minutes(3).await;
    let after = leases.get(&lease.id).await.unwrap();
    assert_eq!(after.lease.state, LeaseState::Abandoned);
    assert_eq!(after.lease, detail.lease);
    assert!(world.ledger().users.is_empty());
    let user = after
        .grants
        .iter()
        .find(|grant| grant.what.starts_with("user "))
        .unwrap();
    assert_eq!(user.state, GrantState::Undone, "it was found gone");
    assert!(
        !after.remains.iter().any(|what| what.starts_with("user ")),
        "{:?}",
        after.remains
    );
}

#[tokio::test]
async fn what_is_not_being_taken_back_is_not_given_up() {
    let world = World::new().await;
    let item = world.app_item().await;
    let lease = world.generate(&item).await.unwrap().lease;
    let leases = &world.backend.leases;
    let abandon = |reason: &'static str| leases.abandon(&world.by, &lease.id, reason);
    let refused = abandon(WHY).await.unwrap_err();
    assert_eq!(
        (refused.code, refused.reason.as_deref()),
        (ErrorCode::Conflict, Some("active"))
    );
    assert!(refused.message.contains("Revoke it"), "{}", refused.message);
    let refused = abandon("  ").await.unwrap_err();
    assert_eq!(
        (refused.code, refused.field.as_deref()),
        (ErrorCode::Invalid, Some("reason"))
    );
    let what = RevokeWhat::Lease(lease.id.clone());
    leases.revoke(&world.by, what, false).await.unwrap();
    world.reap_for_minutes(3).await;
    let refused = abandon(WHY).await.unwrap_err();
    assert_eq!(refused.reason.as_deref(), Some("revoked"));
    let detail = leases.get(&lease.id).await.unwrap();
    assert!(detail.remains.is_empty() && detail.clean_up.is_empty());
}
