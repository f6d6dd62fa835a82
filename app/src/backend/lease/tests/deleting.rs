//! Items and targets that are deleted while leases of them live: through outages and restarts, everything goes by itself.

use emulator::Fault;

use super::World;
use crate::backend::items::Changes;
use crate::backend::items::Checks;
use crate::backend::lease::{RevokeWhat, Wait};
use crate::domain::{
    DeletionState, DynamicSecret, ErrorCode, FolderPath, Kind, LeaseState, Limit, SecretText, TargetAuth,
};

async fn is_there(world: &World, item: &DynamicSecret) -> bool {
    let all = world.backend.items.list(None, None, None, None, Limit::MAX, None);
    all.await.unwrap().items.iter().any(|there| there.id == item.id)
}

/// Lets the reaper look until it finds nothing more to do: taking back, then completing.
async fn settle(world: &World) {
    world.reap_for_minutes(3).await;
}

#[tokio::test]
async fn an_item_deleted_during_an_outage_goes_by_itself_after_it() {
    for kind in Kind::ALL {
        let world = World::new().await;
        let item = world.item_of(kind).await;
        let lease = world.generate(&item).await.unwrap().lease;
        world.emulator.fault(Fault::status(503).times(100_000));
        let items = &world.backend.items;
        let deletion = items.delete(&world.by, &item.path, true, Wait::No).await.unwrap();
        assert_eq!(
            (deletion.state, deletion.items_left, deletion.leases_left),
            (DeletionState::Deleting, 1, 1)
        );
        for _ in 0..4 {
            world.reap_after(300).await;
        }
        let again = items
            .delete(&world.by, &item.path, false, Wait::No)
            .await
            .unwrap();
        assert_eq!((again.state, again.needs_attention), (DeletionState::Deleting, 1));
        assert!(again.last_error.is_some());
        assert!(is_there(&world, &item).await);

        // Nothing can be done with it any more but look, and ask again.
        let generate = world.generate(&item).await.unwrap_err();
        let update = items
            .update(&world.by, &item.path, Changes::default(), Checks::Skipped)
            .await
            .unwrap_err();
        for refused in [generate, update] {
            assert_eq!(
                (refused.code, refused.reason.as_deref()),
                (ErrorCode::Conflict, Some("deleting"))
            );
            assert!(refused.message.contains("being deleted"), "{}", refused.message);
        }

        // Another process goes on where this one stopped.
        let world = world.restarted().await;
        world.reap_after(300).await;
        assert!(is_there(&world, &item).await);
        world.emulator.clear_faults();
        world.reap_after(300).await;
        settle(&world).await;
        assert!(!is_there(&world, &item).await, "{kind:?}");
        assert_eq!(world.lease(&lease.id).await.state, LeaseState::Revoked);
        assert!(world.ledger().is_empty(), "{:?}", world.ledger());
    }
}

#[tokio::test]
async fn who_waits_is_told_as_soon_as_it_is_gone() {
    let world = World::new().await;
    let item = world.app_item().await;
    world.generate(&item).await.unwrap();
    let delete = world
        .backend
        .items
        .delete(&world.by, &item.path, true, Wait::ForEntra);
    tokio::pin!(delete);
    let deletion = loop {
        tokio::select! {
            biased;
            deletion = &mut delete => break deletion.unwrap(),
            () = world.reap_after(1) => {}
        }
    };
    assert_eq!(deletion.state, DeletionState::Deleted);
    assert!(world.ledger().is_empty());
}

#[tokio::test]
async fn a_folder_is_deleted_whole() {
    let world = World::new().await;
    let (app, user) = (world.app_item().await, world.user_item().await);
    world.generate(&user).await.unwrap();
    let items = &world.backend.items;
    let prod = FolderPath::parse("/prod").unwrap();
    let refused = items
        .delete_folder(&world.by, &prod, false, Wait::No)
        .await
        .unwrap_err();
    assert!(refused.message.contains("/prod/user"), "{}", refused.message);
    assert!(is_there(&world, &app).await);
    let deletion = items
        .delete_folder(&world.by, &prod, true, Wait::No)
        .await
        .unwrap();
    assert_eq!((deletion.items_left, deletion.leases_left), (1, 1));
    assert!(!is_there(&world, &app).await, "nothing needs it");
    settle(&world).await;
    assert!(!is_there(&world, &user).await);
    assert!(world.ledger().is_empty());
    let empty = items.delete_folder(&world.by, &prod, true, Wait::No).await;
    assert_eq!(empty.unwrap_err().code, ErrorCode::NotFound);
    let root = items
        .delete_folder(&world.by, &FolderPath::root(), true, Wait::No)
        .await;
    assert_eq!(root.unwrap_err().code, ErrorCode::Invalid);
}

#[tokio::test]
async fn a_targets_credential_stays_until_its_last_lease_is_gone() {
    let world = World::new().await;
    let item = world.app_item().await;
    let lease = world.generate(&item).await.unwrap().lease;
    world
        .emulator
        .fault(Fault::status(503).on("POST", "removePassword").times(100_000));
    let (items, targets) = (&world.backend.items, &world.backend.targets);
    let delete = |revoke| targets.delete(&world.by, &item.target, revoke, Wait::No);
    let refused = delete(true).await.unwrap_err();
    assert_eq!(refused.reason.as_deref(), Some("has_items"));
    items.delete(&world.by, &item.path, true, Wait::No).await.unwrap();
    world.reap_after(1).await;
    // The item waits for its lease, and the target for the item.
    let refused = delete(true).await.unwrap_err();
    assert!(refused.message.contains("/prod/app"), "{}", refused.message);

    // The lease of an item that has gone is given up; another one is still there, of an item that moved away.
    let abandoned = world
        .backend
        .leases
        .abandon(&world.by, &lease.id, "closed")
        .await
        .unwrap();
    assert_eq!(abandoned.lease.state, LeaseState::Abandoned);
    world.reap_after(1).await;
    assert!(!is_there(&world, &item).await, "what was given up keeps nothing");
    assert_eq!(delete(false).await.unwrap().state, DeletionState::Deleted);
}

#[tokio::test]
async fn a_target_is_deleted_through_an_outage() {
    let world = World::new().await;
    let item = world.user_item().await;
    world.generate(&item).await.unwrap();
    let second = world.second_target().await;
    let moved = Changes {
        target: Some(second.clone()),
        ..Changes::default()
    };
    let items = &world.backend.items;
    items
        .update(&world.by, &item.path, moved, Checks::Skipped)
        .await
        .unwrap();
    world.emulator.fault(Fault::drop_before().times(100_000));
    let targets = &world.backend.targets;
    let deletion = targets
        .delete(&world.by, &item.target, true, Wait::No)
        .await
        .unwrap();
    assert_eq!(
        (deletion.state, deletion.leases_left),
        (DeletionState::Deleting, 1)
    );
    let there = targets.get(&item.target).await.unwrap();
    assert!(there.deleting_at.is_some() && there.live_leases == 1, "{there:?}");
    let back = Changes {
        target: Some(item.target.clone()),
        ..Changes::default()
    };
    let refused = items
        .update(&world.by, &item.path, back, Checks::Skipped)
        .await
        .unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("target"));
    // A credential that has run out can be replaced: without it, nothing would ever be taken back.
    let facts = world.emulator.tenant();
    let auth = TargetAuth::ClientSecret {
        client_id: facts.client_id.clone(),
        client_secret: SecretText::new(facts.client_secret.clone()),
    };
    targets
        .update(&world.by, &item.target, None, None, Some(auth))
        .await
        .unwrap();

    let world = world.restarted().await;
    world.reap_after(300).await;
    world.emulator.clear_faults();
    world.reap_after(300).await;
    settle(&world).await;
    let targets = &world.backend.targets;
    assert_eq!(
        targets.get(&item.target).await.unwrap_err().code,
        ErrorCode::NotFound
    );
    assert!(targets.get(&second).await.is_ok() && is_there(&world, &item).await);
    assert!(world.ledger().is_empty(), "{:?}", world.ledger());
}

#[tokio::test]
async fn generating_and_deleting_at_once_leaves_nothing() {
    for kind in Kind::ALL {
        let world = World::new().await;
        let item = world.item_of(kind).await;
        let items = &world.backend.items;
        let (generated, deleted, late) = tokio::join!(
            world.generate(&item),
            items.delete(&world.by, &item.path, true, Wait::No),
            world.generate(&item)
        );
        deleted.unwrap();
        for refused in [generated, late].into_iter().filter_map(Result::err) {
            assert!(
                matches!(refused.code, ErrorCode::Conflict | ErrorCode::NotFound),
                "{refused:?}"
            );
        }
        settle(&world).await;
        assert!(!is_there(&world, &item).await, "{kind:?}");
        assert!(world.ledger().is_empty(), "{:?}", world.ledger());
        assert_eq!(world.backend.leases.counts().await.unwrap().active, 0);
    }
}

#[tokio::test]
async fn a_revocation_of_an_abandoned_target_is_not_waited_for() {
    let world = World::new().await;
    let item = world.app_item().await;
    let lease = world.generate(&item).await.unwrap().lease;
    world
        .emulator
        .fault(Fault::status(403).on("POST", "removePassword").times(100_000));
    let leases = &world.backend.leases;
    let what = RevokeWhat::Lease(lease.id.clone());
    leases.revoke(&world.by, what.clone(), false).await.unwrap();
    world.reap_after(1).await;
    leases.abandon(&world.by, &lease.id, "closed").await.unwrap();
    // It has ended, so nobody waits; what it is called is the truth.
    let told = leases.revoke(&world.by, what, true).await.unwrap();
    assert_eq!(told[0].state, LeaseState::Abandoned);
}
