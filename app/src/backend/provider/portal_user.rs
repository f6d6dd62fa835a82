//! Temporary portal user: a user is made, joins groups and gets roles; at the end it loses them and is deleted.

use std::collections::BTreeMap;

use crate::backend::graph::{GraphClient, GraphError};
use crate::domain::template::{self, Variables};
use crate::domain::{Issued, IssuedPortalUser, PortalUserSpec, Target};

use super::plan::UserPlan;
use super::{Applied, CheckError, GrantPlan, GrantValue, Plan, PlanInput, choices, marker};

/// Characters of the random part of a name: 30 to the 8th is enough that two leases never meet.
const RANDOM_PART: usize = 8;

pub(super) fn plan(spec: &PortalUserSpec, input: &PlanInput<'_>) -> Plan {
    let random = input.entropy.name_part(RANDOM_PART);
    let variables = Variables {
        random: &random,
        secret: input.secret.path.name(),
        // `user:admin` is how we write it; people call it `admin`.
        requester: input
            .requester
            .split_once(':')
            .map_or(input.requester, |(_, name)| name),
    };
    let pattern = |text: &Option<String>, default: &str| text.clone().unwrap_or_else(|| default.to_owned());
    let username = template::username(
        &pattern(&spec.username_template, template::DEFAULT_USERNAME),
        &variables,
    );
    let display_name = template::display_name(
        &pattern(&spec.display_name_template, template::DEFAULT_DISPLAY_NAME),
        &variables,
    );
    let user_principal_name = format!("{username}@{}", spec.domain);
    let user = GrantPlan::User(UserPlan {
        user_principal_name: user_principal_name.clone(),
        display_name: if display_name.is_empty() {
            username.clone()
        } else {
            display_name
        },
        mail_nickname: mail_nickname(&username),
        marker: marker(input.instance_id, input.lease_id),
        password_length: spec.password_length.get(),
        keep_deleted: spec.keep_deleted,
    });
    let groups = spec.groups.iter().map(|id| GrantPlan::Membership {
        group_id: id.clone(),
        group_name: input.secret.name_of(id),
        user_principal_name: user_principal_name.clone(),
        user_id: None,
        had_before: false,
    });
    // Roles last: they are the first to be taken back, and while a user holds one, Entra may keep us from deleting it.
    let roles = spec.roles.iter().map(|id| GrantPlan::DirectoryRole {
        role_template_id: id.clone(),
        role_name: input.secret.name_of(id),
        user_principal_name: user_principal_name.clone(),
        user_id: None,
        had_before: false,
    });
    Plan {
        identity: user_principal_name.clone(),
        entra_ends_at: None,
        grants: std::iter::once(user).chain(groups).chain(roles).collect(),
    }
}

/// A user name without what Entra refuses in a mail alias.
fn mail_nickname(username: &str) -> String {
    username
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        .collect()
}

pub(super) async fn check(
    graph: &GraphClient,
    spec: &PortalUserSpec,
) -> Result<BTreeMap<String, String>, CheckError> {
    check_domain(graph, &spec.domain).await?;
    choices::check(graph, "spec.portal_user", &spec.groups, &spec.roles).await
}

async fn check_domain(graph: &GraphClient, name: &str) -> Result<(), CheckError> {
    const FIELD: &str = "spec.portal_user.domain";
    let domains = match graph.domains().await {
        Ok(domains) => domains,
        // Creating users needs no permission to read domains, and Entra itself refuses a wrong one.
        Err(GraphError::Refused { status: 403, .. }) => {
            tracing::info!("the tenant's domains can't be read, so the item's domain is not checked");
            return Ok(());
        }
        Err(failed) => return Err(failed.into()),
    };
    let Some(domain) = domains
        .iter()
        .find(|domain| domain.name.eq_ignore_ascii_case(name))
    else {
        let known: Vec<&str> = domains
            .iter()
            .map(|domain| domain.name.as_str())
            .take(10)
            .collect();
        return Err(CheckError::refused(
            FIELD,
            format!(
                "{name} is not a verified domain of the tenant, which has {}",
                known.join(", ")
            ),
        ));
    };
    if domain.managed {
        return Ok(());
    }
    Err(CheckError::refused(
        FIELD,
        format!("{name} is federated: its users sign in elsewhere, and a user made here could not"),
    ))
}

pub(super) fn issue(target: &Target, applied: &[(GrantPlan, Applied)]) -> Option<Issued> {
    applied
        .iter()
        .find_map(|(plan, applied)| match (plan, &applied.value) {
            (GrantPlan::User(user), Some(GrantValue::UserPassword(password))) => {
                Some(Issued::PortalUser(IssuedPortalUser {
                    user_principal_name: user.user_principal_name.clone(),
                    password: Some(password.clone()),
                    temporary_access_pass: None,
                    sign_in_url: target.cloud.portal().to_owned(),
                    object_id: applied.entra_id.clone(),
                }))
            }
            (
                GrantPlan::User(_)
                | GrantPlan::AppPassword { .. }
                | GrantPlan::Membership { .. }
                | GrantPlan::DirectoryRole { .. },
                Some(GrantValue::UserPassword(_) | GrantValue::AppPassword { .. }) | None,
            ) => None,
        })
}
