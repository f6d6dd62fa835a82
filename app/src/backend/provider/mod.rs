//! Providers: what a lease of each kind puts into Entra, how it is put there, and how it is taken out again. No SQL here.
//!
//! Rule: every remote name is in the plan before the first call, so that a thing whose answer was lost can be found again; and
//! "not found" is believed only where it was removed a moment ago or has had time to show up.
//!
//! To add a kind: 1. its file here, with `plan`, `check` and `issue`; 2. a variant of [`GrantPlan`] for each new sort of thing,
//! with `apply` and `undo`; the compiler lists the rest.

mod app_secret;
mod by_hand;
mod choices;
mod directory_role;
pub mod leftovers;
mod membership;
pub mod password;
mod plan;
mod portal_user;
mod recipient;
mod shared;
mod undo;
mod user;
pub mod user_grants;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::backend::Entropy;
use crate::backend::graph::{GraphClient, GraphError};
use crate::domain::{Issued, SecretSpec, SecretText, Target};

pub use by_hand::{Remainder, remainder};
pub use plan::{GrantPlan, Plan, PlanInput, marker, marker_prefix};
pub use recipient::{Named, Recipient, find_named, find_user};
pub use shared::{Given, give};
pub use undo::{GrantRecord, Seen, Undo, together_with, undo, undo_together};

/// When a check is made: some things are refused only when a lease is wanted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CheckMoment {
    /// The item is being saved.
    Save,
    /// A lease is about to be issued.
    Generate,
}

/// Why a spec did not pass.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CheckError {
    /// Entra knows the tenant too well to allow it: the field, and why.
    #[error("{field}: {reason}")]
    Refused {
        /// The dotted path of the field, from `spec` on.
        field: String,
        /// Why, in words that follow the field's name.
        reason: String,
    },
    /// Entra could not be asked.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

impl CheckError {
    fn refused(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Refused {
            field: field.into(),
            reason: reason.into(),
        }
    }
}

/// Something that was put into Entra.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Entra's id of it: of a client secret, a user or a role assignment; of a membership, the member's.
    pub entra_id: String,
    /// What it gives out, if anything.
    pub value: Option<GrantValue>,
}

/// What a grant gives out. `Debug` shows nothing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantValue {
    /// A client secret.
    AppPassword {
        /// The application (client) id.
        client_id: String,
        /// The secret.
        client_secret: SecretText,
    },
    /// A user's password.
    UserPassword(SecretText),
}

/// What a lease of this item will put into Entra. Every name is chosen here.
pub fn plan(input: &PlanInput<'_>) -> Plan {
    match &input.secret.spec {
        SecretSpec::AppSecret(spec) => app_secret::plan(spec, input),
        SecretSpec::PortalUser(spec) => portal_user::plan(spec, input),
        SecretSpec::UserGrants(spec) => user_grants::plan(spec, input),
    }
}

/// Looks up what the spec names, and gives the names of it by id: for an item that is being saved. Refused: what does not exist,
/// and what a lease can't or must not act on.
pub async fn check(graph: &GraphClient, spec: &SecretSpec) -> Result<BTreeMap<String, String>, CheckError> {
    check_at(CheckMoment::Save, graph, spec).await
}

/// The same for a lease that is about to be issued. Refused besides: what has no room for one more at this moment.
pub async fn check_now(
    graph: &GraphClient,
    spec: &SecretSpec,
) -> Result<BTreeMap<String, String>, CheckError> {
    check_at(CheckMoment::Generate, graph, spec).await
}

#[tracing::instrument(skip_all)]
async fn check_at(
    moment: CheckMoment,
    graph: &GraphClient,
    spec: &SecretSpec,
) -> Result<BTreeMap<String, String>, CheckError> {
    match spec {
        SecretSpec::AppSecret(spec) => app_secret::check(graph, spec, moment).await,
        SecretSpec::PortalUser(spec) => portal_user::check(graph, spec).await,
        SecretSpec::UserGrants(spec) => user_grants::check(graph, spec).await,
    }
}

/// Puts one grant into Entra; `earlier` are the grants of the same lease that are there already.
///
/// An error that [`is_ambiguous`](GraphError::is_ambiguous) may have left something behind; after any other nothing is there.
#[tracing::instrument(skip_all, fields(kind = ?plan.kind()))]
pub async fn apply(
    graph: &GraphClient,
    plan: &GrantPlan,
    earlier: &[(GrantPlan, Applied)],
    entropy: &Entropy,
) -> Result<Applied, GraphError> {
    match plan {
        GrantPlan::AppPassword {
            application_object_id,
            display_name,
            ends_at,
            ..
        } => app_secret::apply(graph, application_object_id, display_name, *ends_at).await,
        GrantPlan::User(user) => user::apply(graph, user, entropy).await,
        GrantPlan::Membership {
            user_id: Some(user_id),
            had_before: true,
            ..
        }
        | GrantPlan::DirectoryRole {
            user_id: Some(user_id),
            had_before: true,
            ..
        } => Ok(Applied {
            entra_id: user_id.clone(),
            value: None,
        }),
        GrantPlan::Membership { user_id: Some(_), .. }
        | GrantPlan::DirectoryRole { user_id: Some(_), .. } => {
            give(graph, plan).await.map(|given| given.applied)
        }
        GrantPlan::Membership { group_id, .. } => {
            membership::apply(graph, group_id, &user_of(earlier)?).await
        }
        GrantPlan::DirectoryRole { role_template_id, .. } => {
            directory_role::apply(graph, role_template_id, &user_of(earlier)?).await
        }
    }
}

/// What the lease gives out once all its grants are there; nothing where one is missing.
pub fn issue(spec: &SecretSpec, target: &Target, applied: &[(GrantPlan, Applied)]) -> Option<Issued> {
    match spec {
        SecretSpec::AppSecret(_) => app_secret::issue(target, applied),
        SecretSpec::PortalUser(_) => portal_user::issue(target, applied),
        SecretSpec::UserGrants(_) => user_grants::issue(applied),
    }
}

/// Whether Entra takes a client secret already: one try at the token endpoint. A new one is refused for some seconds.
///
/// Errors: any answer but "yes" and "wrong secret", such as for an application without service principal.
pub async fn usable(graph: &GraphClient, client_id: &str, secret: &SecretText) -> Result<bool, GraphError> {
    graph.accepts_secret(client_id, secret).await
}

/// The user that the lease made before.
fn user_of(earlier: &[(GrantPlan, Applied)]) -> Result<String, GraphError> {
    let user = earlier
        .iter()
        .find(|(plan, _)| matches!(plan, GrantPlan::User(_)));
    user.map(|(_, applied)| applied.entra_id.clone())
        .ok_or_else(|| GraphError::Malformed {
            detail: "the plan names no user before what is given to it".to_owned(),
        })
}
