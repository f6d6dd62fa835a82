//! Targets: tenants and how we sign in to them.

use leptos::prelude::*;

use super::StrictJson;
use crate::domain::{
    ApiError, Cloud, Deletion, Limit, Page, Reconciliation, ReconciliationStatus, Target, TargetAuth,
    TargetName, TargetTest, TenantId,
};

#[cfg(feature = "ssr")]
use {
    super::caller::{authorise, authorise_deletion, told},
    crate::backend::lease::Wait,
    crate::domain::Permission,
};

/// Makes a target. Its credential is stored encrypted and never returned.
#[server(prefix = "/api/v1", endpoint = "targets/create", input = StrictJson, output = StrictJson)]
pub async fn create(
    name: TargetName,
    cloud: Cloud,
    tenant_id: TenantId,
    auth: TargetAuth,
) -> Result<Target, ApiError> {
    let caller = authorise(Permission::TargetWrite)?;
    caller
        .backend
        .targets
        .create(&caller.identity, name, cloud, tenant_id, auth)
        .await
}

/// Changes what is given of a target.
#[server(prefix = "/api/v1", endpoint = "targets/update", input = StrictJson, output = StrictJson)]
pub async fn update(
    name: TargetName,
    cloud: Option<Cloud>,
    tenant_id: Option<TenantId>,
    auth: Option<TargetAuth>,
) -> Result<Target, ApiError> {
    let caller = authorise(Permission::TargetWrite)?;
    caller
        .backend
        .targets
        .update(&caller.identity, &name, cloud, tenant_id, auth)
        .await
}

/// One target.
#[server(prefix = "/api/v1", endpoint = "targets/get", input = StrictJson, output = StrictJson)]
pub async fn get(name: TargetName) -> Result<Target, ApiError> {
    let caller = authorise(Permission::TargetRead)?;
    caller.backend.targets.get(&name).await
}

/// Targets, by name.
#[server(prefix = "/api/v1", endpoint = "targets/list", input = StrictJson, output = StrictJson)]
pub async fn list(
    #[server(default)] limit: Limit,
    #[server(default)] after: Option<String>,
) -> Result<Page<Target>, ApiError> {
    let caller = authorise(Permission::TargetRead)?;
    caller.backend.targets.list(limit, after.as_deref()).await
}

/// Removes a target that no item uses; refused while leases live on it unless `revoke_leases`: then they are taken back, and the
/// target goes by itself with the last one. Waits up to 10 seconds for that, unless `wait` is false; 202 while it is still there.
/// Asking again is fine.
#[server(prefix = "/api/v1", endpoint = "targets/delete", input = StrictJson, output = StrictJson)]
pub async fn delete(
    name: TargetName,
    #[server(default)] revoke_leases: bool,
    wait: Option<bool>,
) -> Result<Deletion, ApiError> {
    let caller = authorise_deletion(Permission::TargetWrite, revoke_leases)?;
    let deletion = caller
        .backend
        .targets
        .delete(&caller.identity, &name, revoke_leases, Wait::unless_refused(wait))
        .await?;
    Ok(told(deletion))
}

/// Tries a target's connection, and tells what its application may do.
#[server(prefix = "/api/v1", endpoint = "targets/test", input = StrictJson, output = StrictJson)]
pub async fn test(name: TargetName) -> Result<TargetTest, ApiError> {
    let caller = authorise(Permission::TargetWrite)?;
    caller.backend.targets.test(&name).await
}

/// Looks through the tenant for what bears our marker and no lease knows, and for expired secrets that still take a place on the
/// applications that leases of this target are for.
///
/// With `clean`, what is unknown and what of ours has expired is taken away as at the end of a lease, each told on its own
/// (`cleaned`, `error`). What is `settling`, and what is not ours, is never touched. Without, nothing is changed.
#[server(prefix = "/api/v1", endpoint = "targets/reconcile", input = StrictJson, output = StrictJson)]
pub async fn reconcile(name: TargetName, clean: Option<bool>) -> Result<Reconciliation, ApiError> {
    let caller = authorise(Permission::TargetWrite)?;
    let clean = clean.unwrap_or(false);
    caller
        .backend
        .leases
        .reconcile(&caller.identity, &name, clean)
        .await
}

/// What the last check of a target found, whoever asked for it, and when the next one is due by itself. Entra is not asked.
#[server(prefix = "/api/v1", endpoint = "targets/last-reconciliation", input = StrictJson, output = StrictJson)]
pub async fn last_reconciliation(name: TargetName) -> Result<ReconciliationStatus, ApiError> {
    let caller = authorise(Permission::TargetRead)?;
    caller.backend.leases.last_reconciliation(&name).await
}
