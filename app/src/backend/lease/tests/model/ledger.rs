//! What a grant is in the tenant's ledger: each thing as one line of text, the same from both sides.

use std::collections::BTreeMap;

use emulator::{Emulator, Ledger, TenantFacts};

use crate::backend::lease::plan_of;
use crate::backend::provider::GrantPlan;
use crate::backend::store::LeaseRecord;
use crate::domain::GrantState;

/// What a soft-deleted user's line begins with.
const DELETED: &str = "deleted ";

/// A grant as a line.
pub(super) fn line(plan: &GrantPlan) -> String {
    match plan {
        GrantPlan::AppPassword {
            application_object_id,
            display_name,
            ..
        } => format!("secret {display_name} of {application_object_id}"),
        GrantPlan::User(user) => format!("user {}", user.user_principal_name),
        GrantPlan::Membership {
            group_id,
            user_principal_name,
            ..
        } => format!("{user_principal_name} in {group_id}"),
        GrantPlan::DirectoryRole {
            role_template_id,
            user_principal_name,
            ..
        } => format!("{user_principal_name} as {role_template_id}"),
    }
}

/// A lease's grants as lines.
pub(super) fn lines_of(record: &LeaseRecord) -> Vec<String> {
    record
        .grants
        .iter()
        .map(|grant| line(&plan_of(grant).unwrap()))
        .collect()
}

/// The grants that are not applied, or not under the id that the ledger knows.
pub(super) fn wrong_grants(record: &LeaseRecord, ledger: &Ledger) -> Vec<String> {
    let ids = ids(ledger);
    let is_right = |line: &String, state, entra_id: &Option<String>| {
        state == GrantState::Applied && ids.get(line).is_some_and(|id| entra_id.as_ref() == Some(id))
    };
    let grants = record.grants.iter().zip(lines_of(record));
    grants
        .filter(|(grant, line)| !is_right(line, grant.state, &grant.entra_id))
        .map(|(grant, line)| format!("{line}: {:?} {:?}", grant.state, grant.entra_id))
        .collect()
}

/// The ledger as lines, in order.
pub(super) fn lines(ledger: &Ledger) -> Vec<String> {
    let deleted = ledger.deleted_users.iter();
    let deleted = deleted.map(|user| format!("{DELETED}user {}", user.user_principal_name));
    let made = [&ledger.applications, &ledger.service_principals]
        .into_iter()
        .flatten();
    let mut lines: Vec<String> = alive(ledger)
        .into_iter()
        .map(|(line, _)| line)
        .chain(deleted)
        .chain(made.map(|object| format!("object {}", object.id)))
        .collect();
    lines.sort();
    lines
}

/// What can be used, with Entra's ids.
fn alive(ledger: &Ledger) -> Vec<(String, String)> {
    // The user who exists whatever we do is in no ledger.
    let facts = TenantFacts::new("", None);
    let existing = (facts.user_id.as_str(), facts.user_principal_name.as_str());
    let names: BTreeMap<&str, &str> = ledger
        .users
        .iter()
        .chain(&ledger.deleted_users)
        .map(|user| (user.id.as_str(), user.user_principal_name.as_str()))
        .chain([existing])
        .collect();
    let name = |id: &str| {
        names
            .get(id)
            .map_or_else(|| id.to_owned(), |name| (*name).to_owned())
    };
    let secrets = ledger.app_passwords.iter().map(|secret| {
        let display_name = secret.display_name.as_deref().unwrap_or_default();
        (
            format!("secret {display_name} of {}", secret.object_id),
            secret.key_id.clone(),
        )
    });
    let users = ledger.users.iter();
    let users = users.map(|user| (format!("user {}", user.user_principal_name), user.id.clone()));
    let memberships = ledger.memberships.iter().map(|membership| {
        let line = format!("{} in {}", name(&membership.member_id), membership.group_id);
        (line, membership.member_id.clone())
    });
    let roles = ledger.role_assignments.iter().map(|role| {
        (
            format!("{} as {}", name(&role.principal_id), role.role_definition_id),
            role.id.clone(),
        )
    });
    secrets.chain(users).chain(memberships).chain(roles).collect()
}

fn ids(ledger: &Ledger) -> BTreeMap<String, String> {
    alive(ledger).into_iter().collect()
}

/// The lines of soft-deleted users that Entra forbade us to delete for good: they stay for 30 days, and nobody can sign in.
pub(super) fn forbidden_purges(emulator: &Emulator) -> Vec<String> {
    let requests = emulator.requests();
    let is_forbidden = |id: &str| {
        requests.iter().any(|request| {
            request.method == "DELETE"
                && request.status == Some(403)
                && request.path.contains(&format!("deletedItems/{id}"))
        })
    };
    let deleted = emulator.ledger().deleted_users;
    deleted
        .iter()
        .filter(|user| is_forbidden(&user.id))
        .map(|user| format!("{DELETED}user {}", user.user_principal_name))
        .collect()
}
