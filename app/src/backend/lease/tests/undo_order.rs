//! In which order a portal user loses what it has, and that one refusal does not save the rest.
//!
//! Rule: while a user holds a role, Entra may refuse to delete it; and whatever is refused, what still reduces access is done.

use emulator::Fault;

use super::World;
use crate::backend::lease::RevokeWhat;
use crate::domain::{Kind, LeaseState};

/// The steps in their order, each with the method and the path of its call.
const STEPS: [(&str, &str, &str); 6] = [
    ("role", "DELETE", "/roleManagement/directory/roleAssignments/"),
    ("group", "DELETE", "/members/"),
    ("sessions", "POST", "/revokeSignInSessions"),
    ("disable", "PATCH", "^/v1.0/users/[^/]+$"),
    ("delete", "DELETE", "^/v1.0/users/[^/]+$"),
    ("purge", "DELETE", "/directory/deletedItems/"),
];

/// Which of the steps a request is.
fn step_of(method: &str, path: &str) -> Option<&'static str> {
    let of_users = path.starts_with("/v1.0/users/");
    Some(match method {
        "DELETE" if path.contains("/roleAssignments/") => "role",
        "DELETE" if path.contains("/members/") => "group",
        "POST" if path.ends_with("/revokeSignInSessions") => "sessions",
        "PATCH" if of_users => "disable",
        "DELETE" if of_users => "delete",
        "DELETE" if path.contains("/deletedItems/") => "purge",
        _ => return None,
    })
}

/// Issues a user, and begins to take it back while this step, if any, is refused. The steps that Entra took, in their order.
async fn taken_back(refused: Option<usize>) -> (World, Vec<&'static str>) {
    let world = World::new().await;
    let item = world.item_of(Kind::PortalUser).await;
    let lease = world.generate(&item).await.unwrap().lease;
    world.emulator.clear_requests();
    if let Some(index) = refused {
        let (_, method, path) = STEPS[index];
        world
            .emulator
            .fault(Fault::status(403).on(method, path).times(1_000));
    }
    let leases = &world.backend.leases;
    leases
        .revoke(&world.by, RevokeWhat::Lease(lease.id), false)
        .await
        .unwrap();
    leases.reap_now().await.unwrap();
    let taken = world.emulator.requests().into_iter().filter_map(|request| {
        let ok = request.status.is_some_and(|status| (200..300).contains(&status));
        step_of(&request.method, &request.path).filter(|_| ok)
    });
    let taken = taken.collect();
    (world, taken)
}

#[tokio::test]
async fn roles_go_first_and_the_user_last() {
    let (world, taken) = taken_back(None).await;
    assert_eq!(taken, STEPS.map(|(name, ..)| name));
    assert_eq!(world.only_lease().await.state, LeaseState::Revoked);
    assert!(world.ledger().is_empty());
}

#[tokio::test]
async fn a_refusal_does_not_stop_the_step_after_it() {
    for (index, (refused, ..)) in STEPS.into_iter().enumerate() {
        let (world, taken) = taken_back(Some(index)).await;
        let mut others: Vec<_> = STEPS
            .into_iter()
            .map(|(name, ..)| name)
            .filter(|name| *name != refused)
            .collect();
        if refused == "delete" {
            // Nobody can delete a user for good who has not been deleted.
            others.retain(|name| *name != "purge");
            let ledger = world.ledger();
            assert!(ledger.users.iter().all(|user| !user.account_enabled));
            assert!(ledger.memberships.is_empty() && ledger.role_assignments.is_empty());
        }
        assert_eq!(taken, others, "{refused} was refused");
        if refused == "delete" {
            assert_eq!(world.only_lease().await.state, LeaseState::Revoking);
        }

        world.emulator.clear_faults();
        world.settle(20, refused).await;
        assert_eq!(world.only_lease().await.state, LeaseState::Revoked);
        assert!(world.ledger().nothing_alive(), "{refused}: {:?}", world.ledger());
    }
}
