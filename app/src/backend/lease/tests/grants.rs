//! Groups and roles of a user who exists: only what is ours is taken, whatever fails and whoever else acts.

use std::time::Duration;

use emulator::Fault;

use super::World;
use crate::backend::graph::GraphClient;
use crate::backend::lease::RevokeWhat;
use crate::domain::{DynamicSecret, GrantState, Issued, IssuedLease, LeaseDetail, LeaseId, LeaseState};

/// What the item gives, and to whom.
struct Ids {
    group: String,
    role: String,
    user: String,
}

impl World {
    fn ids(&self) -> Ids {
        let facts = self.emulator.tenant();
        Ids {
            group: facts.security_group_id.clone(),
            role: facts.roles["Directory Readers"].clone(),
            user: facts.user_id.clone(),
        }
    }

    /// How many memberships and role assignments there are that the seeds did not bring.
    pub(super) fn held(&self) -> (usize, usize) {
        let ledger = self.ledger();
        assert!(
            ledger.users.is_empty() && ledger.deleted_users.is_empty(),
            "{ledger:?}"
        );
        (ledger.memberships.len(), ledger.role_assignments.len())
    }

    /// Calls that were made with this method to an address that holds this.
    pub(super) fn calls(&self, method: &str, path: &str) -> usize {
        let requests = self.emulator.requests();
        let same =
            |request: &&emulator::LoggedRequest| request.method == method && request.path.contains(path);
        requests.iter().filter(same).count()
    }

    /// Revokes this lease, and gives Entra and the reaper the time they need.
    pub(super) async fn end(&self, lease: &LeaseId) {
        self.backend
            .leases
            .revoke(&self.by, RevokeWhat::Lease(lease.clone()), false)
            .await
            .unwrap();
        self.reap_for_minutes(4).await;
        assert_eq!(self.lease(lease).await.state, LeaseState::Revoked);
    }

    async fn detail(&self, lease: &LeaseId) -> LeaseDetail {
        self.backend.leases.get(lease).await.unwrap()
    }
}

async fn begin() -> (World, DynamicSecret, Ids, GraphClient) {
    let world = World::new().await;
    let item = world.grants_item().await;
    let (ids, somebody) = (world.ids(), world.somebody_else());
    (world, item, ids, somebody)
}

fn had_before(issued: &IssuedLease) -> (bool, bool) {
    let Issued::UserGrants(granted) = &issued.issued else {
        panic!("not grants")
    };
    (granted.groups[0].had_before, granted.roles[0].had_before)
}

#[tokio::test]
async fn a_group_and_a_role_are_given_and_taken_away() {
    let (world, item, ids, _) = begin().await;
    let issued = world.generate(&item).await.unwrap();
    let facts = world.emulator.tenant();
    let Issued::UserGrants(granted) = &issued.issued else {
        panic!("not grants")
    };
    assert_eq!(
        (&granted.user_principal_name, &granted.object_id),
        (&facts.user_principal_name, &ids.user)
    );
    assert_eq!(granted.groups[0].name, "Platform Engineers");
    assert_eq!(
        (granted.roles[0].id.as_str(), granted.roles[0].name.as_str()),
        (ids.role.as_str(), "Directory Readers")
    );
    assert_eq!(issued.lease.identity, facts.user_principal_name);
    assert_eq!(issued.lease.entra_ends_at, None);
    assert_eq!(had_before(&issued), (false, false));
    assert_eq!(world.held(), (1, 1));

    world.end(&issued.lease.id).await;
    assert_eq!(world.held(), (0, 0));
    let user = world.somebody_else().person(&ids.user).await.unwrap();
    assert!(user.is_some(), "the user itself stays");
}

#[tokio::test]
async fn what_the_user_had_before_is_shown_never_touched_and_stays() {
    let (world, item, ids, somebody) = begin().await;
    somebody.add_member(&ids.group, &ids.user).await.unwrap();
    world.emulator.clear_requests();
    let issued = world.generate(&item).await.unwrap();
    assert_eq!(had_before(&issued), (true, false));
    let detail = world.detail(&issued.lease.id).await;
    let [group, role] = &detail.grants[..] else {
        panic!("two grants")
    };
    assert!(group.had_before && group.entra_id.is_none() && group.applied_at.is_none());
    assert!(!role.had_before && role.state == GrantState::Applied);

    // The rows know it, whatever process reads them.
    let world = world.restarted().await;
    world.end(&issued.lease.id).await;
    assert_eq!(world.held(), (1, 0));
    assert_eq!(
        (
            world.calls("POST", "/members/"),
            world.calls("DELETE", "/members/")
        ),
        (0, 0)
    );
    let detail = world.detail(&issued.lease.id).await;
    assert!(detail.grants[0].had_before && detail.grants[0].undone_at.is_none());
}

#[tokio::test]
async fn a_role_that_the_user_had_before_stays() {
    let (world, item, ids, somebody) = begin().await;
    somebody.assign_role(&ids.role, &ids.user).await.unwrap();
    let issued = world.generate(&item).await.unwrap();
    assert_eq!(had_before(&issued), (false, true));
    world.end(&issued.lease.id).await;
    assert_eq!(world.held(), (0, 1));
}

#[tokio::test]
async fn the_last_one_out_removes_what_leases_share() {
    for first_ends_first in [true, false] {
        let (world, item, _, _) = begin().await;
        let one = world.generate(&item).await.unwrap();
        let two = world.generate(&item).await.unwrap();
        assert_eq!((had_before(&two), world.held()), ((false, false), (1, 1)));
        let (first, last) = if first_ends_first { (one, two) } else { (two, one) };
        world.end(&first.lease.id).await;
        assert_eq!(world.held(), (1, 1));
        assert_eq!(
            (
                world.calls("DELETE", "/members/"),
                world.calls("DELETE", "/roleAssignments/")
            ),
            (0, 0)
        );
        world.end(&last.lease.id).await;
        assert_eq!(world.held(), (0, 0));
        assert_eq!(world.calls("DELETE", "/members/"), 1);
    }
}

#[tokio::test]
async fn what_somebody_added_before_entra_showed_it_is_not_ours() {
    let (world, item, ids, somebody) = begin().await;
    world.emulator.set_lag(Duration::from_secs(20));
    somebody.add_member(&ids.group, &ids.user).await.unwrap();
    let issued = world.generate(&item).await.unwrap();
    assert_eq!(had_before(&issued), (true, false));
    assert!(world.detail(&issued.lease.id).await.grants[0].had_before);
    world.end(&issued.lease.id).await;
    assert_eq!(world.held(), (1, 0));
}

#[tokio::test]
async fn a_lease_that_begins_while_entra_still_shows_what_was_removed_gets_it() {
    let (world, item, _, _) = begin().await;
    let first = world.generate(&item).await.unwrap();
    world.end(&first.lease.id).await;
    let second = world.generate(&item).await.unwrap();
    world.emulator.set_lag(Duration::from_secs(20));
    world
        .backend
        .leases
        .revoke(&world.by, RevokeWhat::Lease(second.lease.id.clone()), false)
        .await
        .unwrap();
    world.backend.leases.reap_now().await.unwrap();
    assert_eq!(world.held(), (0, 0));
    // Readers see the membership still, and the lease is not ended yet.
    let third = world.generate(&item).await.unwrap();
    assert_eq!((had_before(&third), world.held()), ((false, false), (1, 1)));
    world.reap_for_minutes(4).await;
    assert_eq!(world.lease(&second.lease.id).await.state, LeaseState::Revoked);
    assert_eq!(world.held(), (1, 1));
    world.end(&third.lease.id).await;
    assert_eq!(world.held(), (0, 0));
}

#[tokio::test]
async fn what_was_removed_a_moment_ago_is_not_taken_for_somebody_elses() {
    let (world, item, _, _) = begin().await;
    let first = world.generate(&item).await.unwrap();
    world
        .backend
        .leases
        .revoke(&world.by, RevokeWhat::Lease(first.lease.id.clone()), false)
        .await
        .unwrap();
    world.backend.leases.reap_now().await.unwrap();
    assert_eq!(world.lease(&first.lease.id).await.state, LeaseState::Revoked);
    // One replica showed it gone, and another shows it still.
    let stale = world.emulator.tenant().security_group_id.clone();
    world.emulator.set_lag(Duration::from_secs(20));
    let somebody = world.somebody_else();
    somebody.add_member(&stale, &world.ids().user).await.unwrap();
    world.emulator.clock().advance(Duration::from_secs(21));
    somebody.remove_member(&stale, &world.ids().user).await.unwrap();
    let second = world.generate(&item).await.unwrap();
    assert_eq!((had_before(&second), world.held()), ((false, false), (1, 1)));
    world.end(&second.lease.id).await;
    assert_eq!(world.held(), (0, 0));
}

#[tokio::test]
async fn an_answer_lost_at_the_adding_leaves_it_ours() {
    for step in ["members/$ref", "roleAssignments"] {
        let (world, item, _, _) = begin().await;
        world.emulator.fault(Fault::drop_after().on("POST", step));
        let issued = world.generate(&item).await.unwrap();
        assert_eq!((had_before(&issued), world.held()), ((false, false), (1, 1)));
        world.end(&issued.lease.id).await;
        assert_eq!(world.held(), (0, 0), "{step}");
    }
}

#[tokio::test]
async fn an_adding_that_stays_unclear_is_taken_back() {
    for step in ["members/$ref", "roleAssignments"] {
        let (world, item, _, _) = begin().await;
        world.emulator.fault(Fault::drop_after().on("POST", step));
        world
            .emulator
            .fault(Fault::drop_before().on("POST", step).times(1_000));
        if step == "roleAssignments" {
            world
                .emulator
                .fault(Fault::status(500).on("GET", step).times(1_000).after(1));
        }
        world.generate(&item).await.unwrap_err();
        world.emulator.clear_faults();
        world.reap_for_minutes(6).await;
        assert_eq!(world.backend.leases.counts().await.unwrap().failed, 1);
        assert_eq!(world.held(), (0, 0), "{step}");
    }
}

#[tokio::test]
async fn a_lease_that_fails_leaves_what_another_holds() {
    let (world, item, _, _) = begin().await;
    let held = world.generate(&item).await.unwrap();
    world
        .emulator
        .fault(Fault::status(403).on("POST", "roleAssignments").times(5));
    world.generate(&item).await.unwrap_err();
    world.emulator.clear_faults();
    world.reap_for_minutes(4).await;
    assert_eq!(world.held(), (1, 1));
    world.end(&held.lease.id).await;
    assert_eq!(world.held(), (0, 0));
}

#[tokio::test]
async fn a_crash_between_the_call_and_the_row_is_made_up_for() {
    for made in [false, true] {
        let (world, item, ids, somebody) = begin().await;
        let begun = world
            .backend
            .leases
            .begin(&world.by, World::request(&item))
            .await
            .unwrap();
        if made {
            // The dead process had got so far.
            somebody.add_member(&ids.group, &ids.user).await.unwrap();
        }
        drop(begun);
        let world = world.restarted().await;
        // A lease that begins before the dead one is cleared away shares with it.
        let other = world.generate(&item).await.unwrap();
        assert_eq!(had_before(&other), (false, false));
        world.reap_for_minutes(4).await;
        assert_eq!(world.backend.leases.counts().await.unwrap().failed, 1);
        assert_eq!(world.held(), (1, 1));
        world.end(&other.lease.id).await;
        assert_eq!(world.held(), (0, 0));
    }
}

#[tokio::test]
async fn a_user_that_somebody_deleted_has_nothing_left() {
    let (world, item, ids, somebody) = begin().await;
    let issued = world.generate(&item).await.unwrap();
    somebody.delete_user(&ids.user).await.unwrap();
    world.end(&issued.lease.id).await;
    let ledger = world.ledger();
    assert!(ledger.memberships.is_empty() && ledger.role_assignments.is_empty());
}

#[tokio::test]
async fn a_role_that_somebody_gave_anew_stays() {
    let (world, item, ids, somebody) = begin().await;
    let issued = world.generate(&item).await.unwrap();
    let ours = world.ledger().role_assignments[0].id.clone();
    somebody.unassign_role(&ours).await.unwrap();
    let theirs = somebody.assign_role(&ids.role, &ids.user).await.unwrap();
    world.end(&issued.lease.id).await;
    let left = world.ledger().role_assignments;
    assert_eq!((left.len(), &left[0].id), (1, &theirs));
}

#[tokio::test]
async fn a_role_that_one_of_two_leases_made_anew_is_removed_by_the_other() {
    let (world, item, _, somebody) = begin().await;
    let first = world.generate(&item).await.unwrap();
    let ours = world.ledger().role_assignments[0].id.clone();
    somebody.unassign_role(&ours).await.unwrap();
    let second = world.generate(&item).await.unwrap();
    world.end(&second.lease.id).await;
    assert_eq!(world.held(), (1, 1));
    world.end(&first.lease.id).await;
    assert_eq!(world.held(), (0, 0));
}
