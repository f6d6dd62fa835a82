//! Leases: generate, renew, revoke, look.

#![expect(
    clippy::too_many_arguments,
    reason = "one argument a key of the call's flat JSON object"
)]

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::StrictJson;
use crate::domain::{
    ApiError, IssuedLease, ItemPath, Lease, LeaseCounts, LeaseDetail, LeaseId, LeaseStateFilter, Limit, Page,
    TargetName, Timestamp, Ttl,
};

#[cfg(feature = "ssr")]
use {
    super::caller::{accepted, authorise, no_store},
    crate::backend::lease::{GenerateRequest, LeaseQuery, RevokeWhat},
    crate::domain::Permission,
};

/// Takes out a lease. The answer is the only one that ever holds the credential. The same `request_id` of the same identity
/// is answered with a conflict that names the lease, never with a second credential. `username` is for items whose caller chooses a user who exists: a user principal name or an object
/// id.
#[server(prefix = "/api/v1", endpoint = "leases/generate", input = StrictJson, output = StrictJson)]
pub async fn generate(
    secret: ItemPath,
    ttl: Option<Ttl>,
    reason: Option<String>,
    request_id: Option<String>,
    wait_usable: Option<bool>,
    username: Option<String>,
) -> Result<IssuedLease, ApiError> {
    let caller = authorise(Permission::LeaseGenerate)?;
    no_store();
    let request = GenerateRequest {
        secret,
        ttl,
        reason,
        request_id,
        wait_usable: wait_usable.unwrap_or(true),
        username,
    };
    caller.backend.leases.generate(&caller.identity, request).await
}

/// One lease, with what it put into Entra and the calls that were made for it.
#[server(prefix = "/api/v1", endpoint = "leases/get", input = StrictJson, output = StrictJson)]
pub async fn get(lease: LeaseId) -> Result<LeaseDetail, ApiError> {
    let caller = authorise(Permission::LeaseRead)?;
    caller.backend.leases.get(&lease).await
}

/// Leases, newest first.
#[server(prefix = "/api/v1", endpoint = "leases/list", input = StrictJson, output = StrictJson)]
pub async fn list(
    secret: Option<ItemPath>,
    state: Option<LeaseStateFilter>,
    holder: Option<String>,
    target: Option<TargetName>,
    ends_before: Option<Timestamp>,
    query: Option<String>,
    #[server(default)] limit: Limit,
    after: Option<String>,
) -> Result<Page<Lease>, ApiError> {
    let caller = authorise(Permission::LeaseRead)?;
    let asked = LeaseQuery {
        secret,
        state,
        holder,
        target,
        ends_before,
        query,
    };
    caller.backend.leases.list(asked, limit, after.as_deref()).await
}

/// How many leases there are in each state.
#[server(prefix = "/api/v1", endpoint = "leases/counts", input = StrictJson, output = StrictJson)]
pub async fn counts() -> Result<LeaseCounts, ApiError> {
    let caller = authorise(Permission::LeaseRead)?;
    caller.backend.leases.counts().await
}

/// Moves a lease's end to now + `ttl` (the item's default where none is given), never earlier than it is and never past its
/// latest.
#[server(prefix = "/api/v1", endpoint = "leases/renew", input = StrictJson, output = StrictJson)]
pub async fn renew(lease: LeaseId, ttl: Option<Ttl>) -> Result<Lease, ApiError> {
    let caller = authorise(Permission::LeaseRenew)?;
    caller.backend.leases.renew(&caller.identity, &lease, ttl).await
}

/// What a revocation answers: the lease, or the leases of an item or a target, in the state that is true now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Revoked {
    /// Of all leases of an item or target.
    Many {
        /// The leases.
        items: Vec<Lease>,
    },
    /// Of one lease.
    One(Box<Lease>),
}

/// Takes back a lease, or all of an item's or a target's. Waits up to 10 seconds for Entra, unless `wait` is false; 202 while
/// any is still being taken back.
#[server(prefix = "/api/v1", endpoint = "leases/revoke", input = StrictJson, output = StrictJson)]
pub async fn revoke(
    lease: Option<LeaseId>,
    secret: Option<ItemPath>,
    target: Option<TargetName>,
    wait: Option<bool>,
) -> Result<Revoked, ApiError> {
    let caller = authorise(Permission::LeaseRevoke)?;
    let what = RevokeWhat::from_arguments(lease, secret, target)?;
    let one = matches!(what, RevokeWhat::Lease(_));
    let mut leases = caller
        .backend
        .leases
        .revoke(&caller.identity, what, wait.unwrap_or(true))
        .await?;
    if leases.iter().any(|lease| !lease.state.is_ended()) {
        accepted();
    }
    match leases.pop() {
        Some(lease) if one => Ok(Revoked::One(Box::new(lease))),
        last => {
            leases.extend(last);
            Ok(Revoked::Many { items: leases })
        }
    }
}

/// Stops the attempts to take a lease back, after at least one has failed; what remains in Entra is told (`remains`), and is for
/// somebody to remove by hand (`clean_up`). The lease ends as `abandoned`.
#[server(prefix = "/api/v1", endpoint = "leases/abandon", input = StrictJson, output = StrictJson)]
pub async fn abandon(lease: LeaseId, reason: String) -> Result<LeaseDetail, ApiError> {
    let caller = authorise(Permission::LeaseAbandon)?;
    caller
        .backend
        .leases
        .abandon(&caller.identity, &lease, &reason)
        .await
}
