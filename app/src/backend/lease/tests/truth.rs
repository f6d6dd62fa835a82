//! Whether what the console says is what Entra holds.
//!
//! Rule: everything in the ledger is owned by a lease that has not ended and does not claim to have undone it, and an active
//! lease has exactly its grants. To add a sort of thing: a line in [`things`], and how its lease is found in [`Ours::lease_of`].

use emulator::Ledger;

use super::World;
use crate::domain::{GrantKind, GrantState, GrantView, Lease, LeaseState};

/// One thing that Entra holds because of us.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Thing {
    kind: GrantKind,
    /// What a grant's `entra_id` would be.
    id: String,
    /// What leads to its lease: the marker, the name, or the user that has it.
    lead: Lead,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Lead {
    Marker(String),
    UserName(String),
    UserId(String),
}

fn things(ledger: &Ledger) -> Vec<Thing> {
    let passwords = ledger.app_passwords.iter().map(|password| Thing {
        kind: GrantKind::AppPassword,
        id: password.key_id.clone(),
        lead: Lead::Marker(password.display_name.clone().unwrap_or_default()),
    });
    let users = ledger.users.iter().map(|user| Thing {
        kind: GrantKind::User,
        id: user.id.clone(),
        lead: Lead::UserName(user.user_principal_name.clone()),
    });
    let memberships = ledger.memberships.iter().map(|membership| Thing {
        kind: GrantKind::Membership,
        id: membership.member_id.clone(),
        lead: Lead::UserId(membership.member_id.clone()),
    });
    let roles = ledger.role_assignments.iter().map(|role| Thing {
        kind: GrantKind::DirectoryRole,
        id: role.id.clone(),
        lead: Lead::UserId(role.principal_id.clone()),
    });
    passwords.chain(users).chain(memberships).chain(roles).collect()
}

/// A lease as it is told; of one that has ended without its grants, of which nothing may be there.
#[derive(Debug)]
struct Told {
    lease: Lease,
    grants: Vec<GrantView>,
}

/// The leases and the ledger of one moment.
struct Ours {
    leases: Vec<Told>,
    ledger: Ledger,
}

impl Ours {
    fn lease_of(&self, thing: &Thing) -> Option<&Told> {
        let named = |name: &str| self.leases.iter().find(|lease| lease.lease.identity == name);
        match &thing.lead {
            Lead::Marker(marker) => self
                .leases
                .iter()
                .find(|lease| marker.ends_with(lease.lease.id.as_str())),
            Lead::UserName(name) => named(name),
            Lead::UserId(id) => {
                let mut users = self.ledger.users.iter().chain(&self.ledger.deleted_users);
                named(&users.find(|user| user.id == *id)?.user_principal_name)
            }
        }
    }

    fn check(&self, what: &str) {
        let things = things(&self.ledger);
        for thing in &things {
            let lease = self
                .lease_of(thing)
                .unwrap_or_else(|| panic!("{what}: no lease knows of {thing:?}"));
            assert!(
                !lease.lease.state.is_ended(),
                "{what}: {thing:?} outlives its lease: {lease:#?}"
            );
            let mut grants = lease.grants.iter();
            assert!(
                grants.any(|grant| grant.kind == thing.kind && grant.state != GrantState::Undone),
                "{what}: {thing:?} is said to be undone: {lease:#?}"
            );
        }
        for lease in self
            .leases
            .iter()
            .filter(|lease| lease.lease.state == LeaseState::Active)
        {
            let mine = things.iter().filter(|thing| {
                self.lease_of(thing)
                    .is_some_and(|of| of.lease.id == lease.lease.id)
            });
            let mut held: Vec<String> = mine
                .map(|thing| format!("{:?} {}", thing.kind, thing.id))
                .collect();
            let mut said: Vec<String> = lease
                .grants
                .iter()
                .map(|grant| format!("{:?} {}", grant.kind, grant.entra_id.clone().unwrap_or_default()))
                .collect();
            held.sort();
            said.sort();
            assert_eq!(held, said, "{what}: {lease:#?}");
        }
    }
}

impl World {
    /// Fails where Entra holds something that no live lease answers for, or where an active lease is not whole.
    pub(super) async fn assert_accounted_for(&self, what: &str) {
        let mut leases = Vec::new();
        for lease in self.all_leases().await {
            let grants = if lease.state.is_ended() {
                Vec::new()
            } else {
                self.backend.leases.get(&lease.id).await.unwrap().grants
            };
            leases.push(Told { lease, grants });
        }
        let ledger = self.ledger();
        Ours { leases, ledger }.check(what);
    }
}
