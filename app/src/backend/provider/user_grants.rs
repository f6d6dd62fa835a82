//! Groups and roles for a user who exists: added for the lease, and exactly those taken away again.
//!
//! Rule: what the user had before is planned as such, and never touched. What several leases give to one user is one thing in
//! Entra: the engine asks `shared.rs` for it, under a lock of its own.

use std::collections::BTreeMap;

use crate::backend::graph::{GraphClient, Person};
use crate::domain::{GrantedThing, Issued, IssuedUserGrants, UserGrantsSpec};

use super::{Applied, CheckError, GrantPlan, Plan, PlanInput, choices};

/// The plan for [`PlanInput::recipient`]; without one there is nothing to plan. What the user has is planned as had before: that
/// holds unless a lease of ours is why, which only the store knows.
pub(super) fn plan(spec: &UserGrantsSpec, input: &PlanInput<'_>) -> Plan {
    let Some(recipient) = input.recipient else {
        return Plan {
            identity: String::new(),
            entra_ends_at: None,
            grants: Vec::new(),
        };
    };
    let grants = grants(spec, &recipient.id, &recipient.user_principal_name)
        .into_iter()
        .map(|grant| {
            let had = match &grant {
                GrantPlan::Membership { group_id, .. } => recipient.has(group_id),
                GrantPlan::DirectoryRole { role_template_id, .. } => recipient.has(role_template_id),
                GrantPlan::AppPassword { .. } | GrantPlan::User(_) => false,
            };
            named(grant, input).with_had_before(had)
        });
    Plan {
        identity: recipient.user_principal_name.clone(),
        entra_ends_at: None,
        grants: grants.collect(),
    }
}

/// What leases of this item share with others on this user; see [`GrantPlan::subject`].
pub fn subjects(spec: &UserGrantsSpec, person: &Person) -> Vec<String> {
    let grants = grants(spec, &person.id, &person.user_principal_name);
    grants.iter().filter_map(GrantPlan::subject).collect()
}

/// Groups first: roles, which can do more harm, are the first to be taken back.
fn grants(spec: &UserGrantsSpec, user_id: &str, user_principal_name: &str) -> Vec<GrantPlan> {
    let groups = spec.groups.iter().map(|id| GrantPlan::Membership {
        group_id: id.clone(),
        group_name: id.clone(),
        user_principal_name: user_principal_name.to_owned(),
        user_id: Some(user_id.to_owned()),
        had_before: false,
    });
    let roles = spec.roles.iter().map(|id| GrantPlan::DirectoryRole {
        role_template_id: id.clone(),
        role_name: id.clone(),
        user_principal_name: user_principal_name.to_owned(),
        user_id: Some(user_id.to_owned()),
        had_before: false,
    });
    groups.chain(roles).collect()
}

/// The same grant with the name that its group or role has now.
fn named(mut grant: GrantPlan, input: &PlanInput<'_>) -> GrantPlan {
    match &mut grant {
        GrantPlan::Membership {
            group_id: id,
            group_name: name,
            ..
        }
        | GrantPlan::DirectoryRole {
            role_template_id: id,
            role_name: name,
            ..
        } => *name = input.secret.name_of(id),
        GrantPlan::AppPassword { .. } | GrantPlan::User(_) => {}
    }
    grant
}

pub(super) async fn check(
    graph: &GraphClient,
    spec: &UserGrantsSpec,
) -> Result<BTreeMap<String, String>, CheckError> {
    choices::check(graph, "spec.user_grants", &spec.groups, &spec.roles).await
}

pub(super) fn issue(applied: &[(GrantPlan, Applied)]) -> Option<Issued> {
    let mut issued: Option<IssuedUserGrants> = None;
    for (plan, _) in applied {
        match plan {
            GrantPlan::Membership {
                group_id: id,
                group_name: name,
                user_principal_name,
                user_id: Some(user_id),
                had_before,
            }
            | GrantPlan::DirectoryRole {
                role_template_id: id,
                role_name: name,
                user_principal_name,
                user_id: Some(user_id),
                had_before,
            } => {
                let issued = issued.get_or_insert_with(|| IssuedUserGrants {
                    user_principal_name: user_principal_name.clone(),
                    object_id: user_id.clone(),
                    groups: Vec::new(),
                    roles: Vec::new(),
                });
                let thing = GrantedThing {
                    id: id.clone(),
                    name: name.clone(),
                    had_before: *had_before,
                };
                if matches!(plan, GrantPlan::Membership { .. }) {
                    issued.groups.push(thing);
                } else {
                    issued.roles.push(thing);
                }
            }
            GrantPlan::AppPassword { .. }
            | GrantPlan::User(_)
            | GrantPlan::Membership { user_id: None, .. }
            | GrantPlan::DirectoryRole { user_id: None, .. } => return None,
        }
    }
    issued.map(Issued::UserGrants)
}
