//! What the pickers search: a tenant's applications, groups, roles, users and domains, through a target.

use leptos::prelude::*;

use super::StrictJson;
use crate::domain::{
    ApiError, DirectoryApplication, DirectoryDomain, DirectoryGroup, DirectoryRole, DirectoryUser, Page,
    TargetName,
};

#[cfg(feature = "ssr")]
use {super::caller::authorise, crate::domain::Permission};

/// Applications whose name holds or whose id is `query`; at most 20.
#[server(prefix = "/api/v1", endpoint = "directory/applications", input = StrictJson, output = StrictJson)]
pub async fn applications(
    target: TargetName,
    #[server(default)] query: String,
) -> Result<Page<DirectoryApplication>, ApiError> {
    let caller = authorise(Permission::DirectoryRead)?;
    caller.backend.targets.applications(&target, &query).await
}

/// Groups whose name holds or whose id is `query`; at most 20.
#[server(prefix = "/api/v1", endpoint = "directory/groups", input = StrictJson, output = StrictJson)]
pub async fn groups(
    target: TargetName,
    #[server(default)] query: String,
) -> Result<Page<DirectoryGroup>, ApiError> {
    let caller = authorise(Permission::DirectoryRead)?;
    caller.backend.targets.groups(&target, &query).await
}

/// Directory roles whose name holds or whose template id is `query`.
#[server(prefix = "/api/v1", endpoint = "directory/roles", input = StrictJson, output = StrictJson)]
pub async fn roles(
    target: TargetName,
    #[server(default)] query: String,
) -> Result<Page<DirectoryRole>, ApiError> {
    let caller = authorise(Permission::DirectoryRead)?;
    caller.backend.targets.roles(&target, &query).await
}

/// Users whose name holds or whose id is `query`, or who sign in with a name that begins with it; at most 20.
#[server(prefix = "/api/v1", endpoint = "directory/users", input = StrictJson, output = StrictJson)]
pub async fn users(
    target: TargetName,
    #[server(default)] query: String,
) -> Result<Page<DirectoryUser>, ApiError> {
    let caller = authorise(Permission::DirectoryRead)?;
    caller.backend.targets.users(&target, &query).await
}

/// The tenant's verified domains.
#[server(prefix = "/api/v1", endpoint = "directory/domains", input = StrictJson, output = StrictJson)]
pub async fn domains(target: TargetName) -> Result<Page<DirectoryDomain>, ApiError> {
    let caller = authorise(Permission::DirectoryRead)?;
    caller.backend.targets.domains(&target).await
}
