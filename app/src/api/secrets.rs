//! Dynamic secrets: the items.

#![expect(
    clippy::too_many_arguments,
    reason = "one argument a key of the call's flat JSON object"
)]

use leptos::prelude::*;

use super::StrictJson;
use crate::domain::{
    ApiError, Deletion, DynamicSecret, Folder, FolderPath, ItemPath, Kind, Limit, Page, SecretSpec,
    TargetName, Ttl,
};

#[cfg(feature = "ssr")]
use {
    super::caller::{authorise, authorise_deletion, told},
    crate::backend::items::{Changes, Checks},
    crate::backend::lease::Wait,
    crate::domain::{NewDynamicSecret, Permission},
};

/// Makes an item. What it names in Entra is looked up first, unless `skip_checks`.
#[server(prefix = "/api/v1", endpoint = "secrets/create", input = StrictJson, output = StrictJson)]
pub async fn create(
    path: ItemPath,
    target: TargetName,
    spec: SecretSpec,
    default_ttl: Ttl,
    max_ttl: Ttl,
    #[server(default)] description: String,
    #[server(default)] tags: Vec<String>,
    #[server(default)] delete_protection: bool,
    #[server(default)] skip_checks: bool,
) -> Result<DynamicSecret, ApiError> {
    let caller = authorise(Permission::SecretWrite)?;
    let new = NewDynamicSecret {
        path,
        target,
        spec,
        default_ttl,
        max_ttl,
        description,
        tags,
        delete_protection,
    };
    caller
        .backend
        .items
        .create(&caller.identity, new, Checks::unless(skip_checks))
        .await
}

/// Changes what is given of an item; live leases keep what they were issued with.
#[server(prefix = "/api/v1", endpoint = "secrets/update", input = StrictJson, output = StrictJson)]
pub async fn update(
    path: ItemPath,
    target: Option<TargetName>,
    spec: Option<SecretSpec>,
    default_ttl: Option<Ttl>,
    max_ttl: Option<Ttl>,
    description: Option<String>,
    tags: Option<Vec<String>>,
    delete_protection: Option<bool>,
    #[server(default)] skip_checks: bool,
) -> Result<DynamicSecret, ApiError> {
    let caller = authorise(Permission::SecretWrite)?;
    let changes = Changes {
        target,
        spec,
        default_ttl,
        max_ttl,
        description,
        tags,
        delete_protection,
    };
    caller
        .backend
        .items
        .update(&caller.identity, &path, changes, Checks::unless(skip_checks))
        .await
}

/// One item.
#[server(prefix = "/api/v1", endpoint = "secrets/get", input = StrictJson, output = StrictJson)]
pub async fn get(path: ItemPath) -> Result<DynamicSecret, ApiError> {
    let caller = authorise(Permission::SecretRead)?;
    caller.backend.items.get(&path).await
}

/// Items by path: those in `folder` and below it, whose path, description or tags hold `query`.
#[server(prefix = "/api/v1", endpoint = "secrets/list", input = StrictJson, output = StrictJson)]
pub async fn list(
    folder: Option<FolderPath>,
    query: Option<String>,
    kind: Option<Kind>,
    target: Option<TargetName>,
    #[server(default)] limit: Limit,
    after: Option<String>,
) -> Result<Page<DynamicSecret>, ApiError> {
    let caller = authorise(Permission::SecretRead)?;
    caller
        .backend
        .items
        .list(folder, query, kind, target, limit, after.as_deref())
        .await
}

/// The folders that the items' paths imply, by path.
#[server(prefix = "/api/v1", endpoint = "secrets/folders", input = StrictJson, output = StrictJson)]
pub async fn folders() -> Result<Page<Folder>, ApiError> {
    let caller = authorise(Permission::SecretRead)?;
    caller.backend.items.folders().await
}

/// Removes an item; refused while it is protected, and while leases of it live unless `revoke_leases`: then they are taken back,
/// and the item goes by itself with the last one. Waits up to 10 seconds for that, unless `wait` is false; 202 while it is still
/// there. Asking again is fine.
#[server(prefix = "/api/v1", endpoint = "secrets/delete", input = StrictJson, output = StrictJson)]
pub async fn delete(
    path: ItemPath,
    #[server(default)] revoke_leases: bool,
    wait: Option<bool>,
) -> Result<Deletion, ApiError> {
    let caller = authorise_deletion(Permission::SecretWrite, revoke_leases)?;
    let deletion = caller
        .backend
        .items
        .delete(&caller.identity, &path, revoke_leases, Wait::unless_refused(wait))
        .await?;
    Ok(told(deletion))
}

/// Removes every item in a folder and below it, or none where one is protected, or has live leases and `revoke_leases` is not
/// said. Otherwise as `secrets/delete`.
#[server(prefix = "/api/v1", endpoint = "secrets/delete-folder", input = StrictJson, output = StrictJson)]
pub async fn delete_folder(
    folder: FolderPath,
    #[server(default)] revoke_leases: bool,
    wait: Option<bool>,
) -> Result<Deletion, ApiError> {
    let caller = authorise_deletion(Permission::SecretWrite, revoke_leases)?;
    let deletion = caller
        .backend
        .items
        .delete_folder(
            &caller.identity,
            &folder,
            revoke_leases,
            Wait::unless_refused(wait),
        )
        .await?;
    Ok(told(deletion))
}
