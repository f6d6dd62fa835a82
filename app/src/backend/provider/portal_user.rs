//! Temporary portal user: a user is made, joins groups and gets roles; at the end it loses them and is deleted.

use std::collections::BTreeMap;

use futures::future::try_join_all;

use crate::backend::graph::GraphClient;
use crate::domain::template::{self, Variables};
use crate::domain::{DirectoryGroup, DirectoryRole, Issued, IssuedPortalUser, PortalUserSpec, Target};

use super::plan::UserPlan;
use super::{Applied, CheckError, GrantPlan, GrantValue, Plan, PlanInput, marker};

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
    });
    // Roles last: they are the first to be taken back, and while a user holds one, Entra may keep us from deleting it.
    let roles = spec.roles.iter().map(|id| GrantPlan::DirectoryRole {
        role_template_id: id.clone(),
        role_name: input.secret.name_of(id),
        user_principal_name: user_principal_name.clone(),
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
    let groups: Vec<Option<DirectoryGroup>> =
        try_join_all(spec.groups.iter().map(|id| graph.group(id))).await?;
    let roles: Vec<Option<DirectoryRole>> = try_join_all(spec.roles.iter().map(|id| graph.role(id))).await?;
    let mut names = BTreeMap::new();
    for (index, (id, group)) in spec.groups.iter().zip(groups).enumerate() {
        let field = format!("spec.portal_user.groups[{index}]");
        let Some(group) = group else {
            return Err(CheckError::refused(
                field,
                format!("the tenant has no group {id}"),
            ));
        };
        if let Some(why) = group.membership.refusal() {
            return Err(CheckError::refused(
                field,
                format!("{} can't be joined: {why}", group.display_name),
            ));
        }
        names.insert(id.clone(), group.display_name);
    }
    for (index, (id, role)) in spec.roles.iter().zip(roles).enumerate() {
        let Some(role) = role else {
            let field = format!("spec.portal_user.roles[{index}]");
            return Err(CheckError::refused(
                field,
                format!("the tenant has no directory role with the template id {id}"),
            ));
        };
        names.insert(id.clone(), role.display_name);
    }
    Ok(names)
}

async fn check_domain(graph: &GraphClient, name: &str) -> Result<(), CheckError> {
    const FIELD: &str = "spec.portal_user.domain";
    let domains = graph.domains().await?;
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
