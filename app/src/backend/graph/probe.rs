//! The connection test of a target: can we sign in, can we read, and what may we do.

use crate::backend::Stopwatch;
use crate::domain::{Check, PermissionRow, TargetTest};

use super::{CallLog, GraphClient, GraphError, GraphPermission, TokenClaims};

/// What each permission is needed for. To show another: a line here.
const NEEDS: [(GraphPermission, &str); 10] = [
    (
        GraphPermission::ApplicationReadWriteOwnedBy,
        "App secret: add and remove client secrets of the applications that this app owns",
    ),
    (
        GraphPermission::ApplicationReadAll,
        "App secret: find applications by name",
    ),
    (
        GraphPermission::UserReadWriteAll,
        "Temporary portal user: create, disable and delete users, end their sessions",
    ),
    (
        GraphPermission::UserDeleteRestoreAll,
        "Temporary portal user: delete users for good at once, instead of leaving them restorable for 30 days",
    ),
    (
        GraphPermission::UserReadAll,
        "Temporary portal user, existing user: find users",
    ),
    (
        GraphPermission::GroupMemberReadWriteAll,
        "Temporary portal user, existing user: add users to groups and remove them",
    ),
    (
        GraphPermission::GroupMemberReadAll,
        "Temporary portal user, existing user: find groups by name, and see which a user is in",
    ),
    (
        GraphPermission::RoleManagementReadWriteDirectory,
        "Temporary portal user, existing user: assign directory roles. Its holder can make itself Global Administrator: grant it only where items need roles",
    ),
    (
        GraphPermission::RoleManagementReadDirectory,
        "Temporary portal user, existing user: find directory roles by name, and see which a user holds",
    ),
    (
        GraphPermission::OrganizationReadAll,
        "Temporary portal user: list the tenant's domains",
    ),
];

/// Signs in anew, reads something, and lists the permissions that our token holds. After a failure the rest is left out.
#[tracing::instrument(skip_all)]
pub async fn test(graph: &GraphClient) -> TargetTest {
    let (graph, log) = graph.recording();
    let mut checks = Vec::new();
    let watch = Stopwatch::start();
    // A token that was kept would hide permissions granted since, and a credential revoked since.
    let claims = match graph.forget_token() {
        Ok(()) => graph.claims().await,
        Err(failed) => Err(failed),
    };
    checks.push(check(
        &graph,
        "Token",
        watch,
        &log,
        claims.as_ref().map(signed_in).map_err(Clone::clone),
    ));
    let Ok(claims) = claims else {
        return TargetTest {
            checks,
            permissions: Vec::new(),
        };
    };
    let watch = Stopwatch::start();
    let read = plain_read(&graph, &claims.roles).await;
    checks.push(check(&graph, "Graph read", watch, &log, read));
    TargetTest {
        checks,
        permissions: permissions(&claims.roles, graph.client_id()),
    }
}

fn signed_in(claims: &TokenClaims) -> String {
    let count = claims.roles.len();
    let noun = if count == 1 { "permission" } else { "permissions" };
    format!(
        "Signed in to tenant {} as {}, which holds {count} application {noun}.",
        claims.tenant_id, claims.app_id
    )
}

/// Reads something that the permissions allow, the tenant's name for choice.
async fn plain_read(graph: &GraphClient, roles: &[String]) -> Result<String, GraphError> {
    let may = |permission: GraphPermission| permission.is_held(roles);
    if may(GraphPermission::OrganizationReadAll) {
        let tenant = graph.organization().await?;
        return Ok(format!("Read the tenant's name: {}.", tenant.display_name));
    }
    if may(GraphPermission::ApplicationReadAll) {
        graph.search_applications("", 1).await?;
        return Ok("Read the list of applications.".to_owned());
    }
    if may(GraphPermission::GroupMemberReadAll) {
        graph.search_groups("", 1).await?;
        return Ok("Read the list of groups.".to_owned());
    }
    if may(GraphPermission::RoleManagementReadDirectory) {
        graph.roles().await?;
        return Ok("Read the list of directory roles.".to_owned());
    }
    // Nothing is held that we know of: Graph itself shall say so.
    let tenant = graph.organization().await?;
    Ok(format!("Read the tenant's name: {}.", tenant.display_name))
}

fn check(
    graph: &GraphClient,
    name: &str,
    watch: Stopwatch,
    log: &CallLog,
    outcome: Result<String, GraphError>,
) -> Check {
    let last_call = log.take().pop();
    let (ok, detail) = match outcome {
        Ok(detail) => (true, detail),
        Err(failed) => (
            false,
            failed.to_api_error(graph.client_id(), graph.tenant_id()).message,
        ),
    };
    Check {
        name: name.to_owned(),
        ok,
        detail,
        millis: watch.millis(),
        request_id: last_call.and_then(|call| call.request_id),
    }
}

/// One row for each permission that the product can need.
fn permissions(roles: &[String], client_id: &str) -> Vec<PermissionRow> {
    NEEDS
        .iter()
        .map(|(permission, needed_for)| PermissionRow {
            permission: permission.name().to_owned(),
            held: permission.is_held(roles),
            needed_for: (*needed_for).to_owned(),
            command: permission.command(client_id),
        })
        .collect()
}
