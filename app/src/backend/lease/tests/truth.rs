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
    /// The user who exists whatever we do: its name and id.
    existing_user: (String, String),
}

impl Ours {
    /// The leases that a thing can be of: several can share what a user who exists has.
    fn leases_of(&self, thing: &Thing) -> Vec<&Told> {
        let named = |name: &str| {
            let named = self.leases.iter().filter(|lease| lease.lease.identity == name);
            named.collect::<Vec<_>>()
        };
        match &thing.lead {
            Lead::Marker(marker) => {
                let bears = |lease: &&Told| marker.ends_with(lease.lease.id.as_str());
                self.leases.iter().filter(bears).collect()
            }
            Lead::UserName(name) => named(name),
            Lead::UserId(id) if *id == self.existing_user.1 => named(&self.existing_user.0),
            Lead::UserId(id) => {
                let mut users = self.ledger.users.iter().chain(&self.ledger.deleted_users);
                users
                    .find(|user| user.id == *id)
                    .map(|user| named(&user.user_principal_name))
                    .unwrap_or_default()
            }
        }
    }

    fn check(&self, what: &str) {
        let things = things(&self.ledger);
        for thing in &things {
            let leases = self.leases_of(thing);
            assert!(!leases.is_empty(), "{what}: no lease knows of {thing:?}");
            let mut living = leases.iter().filter(|lease| !lease.lease.state.is_ended());
            assert!(
                living.clone().next().is_some(),
                "{what}: {thing:?} outlives its leases: {leases:#?}"
            );
            let is_held = |grant: &GrantView| grant.kind == thing.kind && grant.state != GrantState::Undone;
            assert!(
                living.any(|lease| lease.grants.iter().any(is_held)),
                "{what}: {thing:?} is said to be undone: {leases:#?}"
            );
        }
        for lease in self
            .leases
            .iter()
            .filter(|lease| lease.lease.state == LeaseState::Active)
        {
            let is_mine = |thing: &&Thing| {
                let of = self.leases_of(thing);
                of.iter().any(|of| of.lease.id == lease.lease.id)
            };
            let mut held: Vec<String> = things
                .iter()
                .filter(is_mine)
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
        let facts = self.emulator.tenant();
        let existing_user = (facts.user_principal_name.clone(), facts.user_id.clone());
        let ours = Ours {
            leases,
            ledger,
            existing_user,
        };
        ours.check(what);
    }
}
