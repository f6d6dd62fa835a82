//! Leases that share a grant and begin and end at the same moment.

use futures::future::join_all;

use super::World;
use crate::backend::lease::RevokeWhat;
use crate::domain::{LeaseId, LeaseState};

impl World {
    /// Sends all of them on their way out, and takes them back at once.
    async fn end_together(&self, leases: &[LeaseId]) {
        let revoke = leases.iter().map(|id| {
            self.backend
                .leases
                .revoke(&self.by, RevokeWhat::Lease(id.clone()), false)
        });
        for revoked in join_all(revoke).await {
            revoked.unwrap();
        }
        self.backend.leases.reap_now().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_leases_that_end_at_once_exactly_one_removes() {
    let world = World::new().await;
    let item = world.grants_item().await;
    for round in 0..15 {
        let issued = join_all((0..4).map(|_| world.generate(&item))).await;
        let ids: Vec<LeaseId> = issued.into_iter().map(|it| it.unwrap().lease.id).collect();
        assert_eq!(world.held(), (1, 1), "round {round}");
        world.emulator.clear_requests();
        world.end_together(&ids).await;
        for id in &ids {
            assert_eq!(world.lease(id).await.state, LeaseState::Revoked, "round {round}");
        }
        assert_eq!(world.held(), (0, 0), "round {round}");
        assert_eq!(
            (
                world.calls("DELETE", "/members/"),
                world.calls("DELETE", "/roleAssignments/")
            ),
            (1, 1),
            "round {round}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_begins_while_another_ends_has_what_it_says() {
    let world = World::new().await;
    let item = world.grants_item().await;
    let mut live = world.generate(&item).await.unwrap().lease.id;
    for round in 0..25 {
        let ending = [live.clone()];
        let (begun, ()) = tokio::join!(world.generate(&item), world.end_together(&ending));
        let begun = begun.unwrap().lease;
        assert_eq!(begun.state, LeaseState::Active);
        assert_eq!(
            world.lease(&live).await.state,
            LeaseState::Revoked,
            "round {round}"
        );
        assert_eq!(world.held(), (1, 1), "round {round}");
        live = begun.id;
    }
    world.end_together(&[live]).await;
    assert_eq!(world.held(), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_targets_of_one_tenant_share_too() {
    let world = World::new().await;
    let item = world.grants_item().await;
    let other = world.grants_item_of_second_target().await;
    let (one, two) = tokio::join!(world.generate(&item), world.generate(&other));
    let (one, two) = (one.unwrap().lease.id, two.unwrap().lease.id);
    world.end(&one).await;
    assert_eq!(world.held(), (1, 1));
    world.end(&two).await;
    assert_eq!(world.held(), (0, 0));
}
