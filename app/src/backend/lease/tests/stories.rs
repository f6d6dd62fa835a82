//! What a lease does when nothing goes wrong.

use emulator::Fault;

use super::World;
use crate::backend::lease::{GenerateRequest, RevokeWhat};
use crate::domain::{EndCause, ErrorCode, GrantState, Issued, LeaseState, Ttl};

#[tokio::test]
async fn an_app_secret_is_issued_renewed_and_revoked() {
    let world = World::new().await;
    let item = world.app_item().await;
    let issued = world.generate(&item).await.unwrap();
    assert_eq!(issued.lease.state, LeaseState::Active);
    let Issued::AppSecret(secret) = &issued.issued else {
        panic!("not an app secret")
    };
    assert!(!secret.client_secret.expose().is_empty());
    assert_eq!(world.ledger().app_passwords.len(), 1);
    let ends = issued.lease.entra_ends_at.unwrap();
    assert!((0..=300_000).contains(&ends.millis_since(issued.lease.max_expires_at)));

    let two_hours = Ttl::parse("2h").unwrap();
    let renewed = world
        .backend
        .leases
        .renew(&world.by, &issued.lease.id, Some(two_hours))
        .await
        .unwrap();
    assert_eq!(renewed.expires_at, issued.lease.created_at.plus(two_hours));
    assert_eq!(renewed.renewals, 1);

    world
        .backend
        .leases
        .revoke(&world.by, RevokeWhat::Lease(issued.lease.id.clone()), false)
        .await
        .unwrap();
    world.reap_for_minutes(3).await;
    let ended = world.lease(&issued.lease.id).await;
    assert_eq!(
        (ended.state, ended.end_cause),
        (LeaseState::Revoked, Some(EndCause::Revoked("admin".into())))
    );
    assert!(world.ledger().is_empty(), "{:?}", world.ledger());
}

#[tokio::test]
async fn a_portal_user_is_made_with_group_and_role_and_purged() {
    let world = World::new().await;
    let item = world.user_item().await;
    let issued = world.generate(&item).await.unwrap();
    let Issued::PortalUser(user) = &issued.issued else {
        panic!("not a user")
    };
    assert_eq!(issued.lease.identity, user.user_principal_name);
    let ledger = world.ledger();
    assert_eq!(
        (
            ledger.users.len(),
            ledger.memberships.len(),
            ledger.role_assignments.len()
        ),
        (1, 1, 1)
    );
    let detail = world.backend.leases.get(&issued.lease.id).await.unwrap();
    assert!(
        detail
            .grants
            .iter()
            .all(|grant| grant.state == GrantState::Applied && grant.entra_id.is_some())
    );
    assert!(!detail.attempts.is_empty());

    world
        .backend
        .leases
        .revoke(&world.by, RevokeWhat::Secret(item.path.clone()), false)
        .await
        .unwrap();
    world.reap_for_minutes(3).await;
    assert_eq!(world.lease(&issued.lease.id).await.state, LeaseState::Revoked);
    assert!(world.ledger().is_empty(), "{:?}", world.ledger());
    let detail = world.backend.leases.get(&issued.lease.id).await.unwrap();
    assert!(
        detail
            .grants
            .iter()
            .all(|grant| grant.state == GrantState::Undone)
    );
}

#[tokio::test]
async fn the_reaper_ends_a_lease_at_its_time_and_not_before() {
    let world = World::new().await;
    let item = world.app_item().await;
    let issued = world.generate(&item).await.unwrap();
    world.reap_after(3_590).await;
    assert_eq!(world.lease(&issued.lease.id).await.state, LeaseState::Active);
    world.reap_for_minutes(3).await;
    assert_eq!(world.lease(&issued.lease.id).await.state, LeaseState::Expired);
    assert!(world.ledger().is_empty());
}

#[tokio::test]
async fn a_renewal_stops_at_the_ceiling_and_then_is_refused_with_the_reason() {
    let world = World::new().await;
    let item = world.app_item().await;
    let lease = world.generate(&item).await.unwrap().lease;
    let leases = &world.backend.leases;
    let week = Ttl::parse("7d").unwrap();
    let renewed = leases.renew(&world.by, &lease.id, Some(week)).await.unwrap();
    assert_eq!(renewed.expires_at, lease.max_expires_at);
    let refused = leases.renew(&world.by, &lease.id, Some(week)).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Conflict);
    assert!(refused.message.contains("nothing is left"), "{}", refused.message);
}

#[tokio::test]
async fn a_repeated_request_is_told_its_lease_and_makes_no_second_credential() {
    let world = World::new().await;
    let item = world.app_item().await;
    let request = GenerateRequest {
        request_id: Some("build-42".to_owned()),
        ..World::request(&item)
    };
    let leases = &world.backend.leases;
    let (one, two) = tokio::join!(
        leases.generate(&world.by, request.clone()),
        leases.generate(&world.by, request.clone())
    );
    let (issued, refused) = match (one, two) {
        (Ok(issued), Err(refused)) | (Err(refused), Ok(issued)) => (issued, refused),
        both => panic!("{both:?}"),
    };
    assert_eq!(refused.code, ErrorCode::Conflict);
    assert_eq!(refused.reason.as_deref(), Some(issued.lease.id.as_str()));
    let world = world.restarted().await;
    let again = world
        .backend
        .leases
        .generate(&world.by, request)
        .await
        .unwrap_err();
    assert_eq!(again.reason.as_deref(), Some(issued.lease.id.as_str()));
    assert_eq!(world.ledger().app_passwords.len(), 1);
}

#[tokio::test]
async fn a_lease_that_nobody_saw_is_revoked_at_once() {
    let world = World::new().await;
    let item = world.app_item().await;
    let leases = world.backend.leases.clone();
    // Entra keeps us waiting for a moment, so that the caller is gone before there is an answer.
    world
        .emulator
        .fault(Fault::status(429).on("POST", "addPassword").retry_after("0.2"));
    let mut generate = Box::pin(leases.generate(&world.by, World::request(&item)));
    while !world
        .emulator
        .requests()
        .iter()
        .any(|request| request.path.contains("addPassword"))
    {
        tokio::select! {
            biased;
            result = &mut generate => panic!("issued before the caller could go: {result:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(generate);
    while leases.counts().await.unwrap().generating > 0 {
        tokio::task::yield_now().await;
    }
    world.reap_for_minutes(3).await;
    let all = leases
        .list(
            crate::backend::lease::LeaseQuery::default(),
            crate::domain::Limit::default(),
            None,
        )
        .await
        .unwrap();
    assert_eq!(all.items.len(), 1);
    assert_eq!(
        (all.items[0].state, all.items[0].end_cause.clone()),
        (LeaseState::Revoked, Some(EndCause::Unseen))
    );
    assert!(world.ledger().is_empty());
}
