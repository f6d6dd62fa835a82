//! Items: dynamic secrets, kept and checked against Entra.

mod deleting;

use std::collections::BTreeMap;

use super::connections::{Connections, explain};
use super::lease::{Leases, refuse_deleted};
use super::provider::{self, CheckError};
use super::store::{AuditEvent, SecretFilter, Store, StoreError, StoredTarget};
use super::{Clock, Entropy};
use crate::domain::{
    ApiError, DynamicSecret, Folder, FolderPath, Identity, Invalid, ItemPath, Kind, Limit, NewDynamicSecret,
    Page, SecretSpec, TargetName, Ttl,
};

/// Whether what an item names in Entra is looked up when it is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checks {
    /// Look it up, and save nothing where Entra can't be asked.
    Made,
    /// Save it unseen.
    Skipped,
}

impl Checks {
    /// From the call's `skip_checks`.
    pub fn unless(skip: bool) -> Self {
        if skip { Self::Skipped } else { Self::Made }
    }
}

/// What is to change of an item; the rest stays.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Another target.
    pub target: Option<TargetName>,
    /// Another recipe.
    pub spec: Option<SecretSpec>,
    /// Another default TTL.
    pub default_ttl: Option<Ttl>,
    /// Another maximum TTL.
    pub max_ttl: Option<Ttl>,
    /// Another description.
    pub description: Option<String>,
    /// Other tags.
    pub tags: Option<Vec<String>>,
    /// Protect it, or no longer.
    pub delete_protection: Option<bool>,
}

/// The items of this installation.
#[derive(Clone)]
pub struct Items {
    store: Store,
    connections: Connections,
    leases: Leases,
    clock: Clock,
    entropy: Entropy,
}

impl Items {
    /// Over this store.
    pub fn new(
        store: Store,
        connections: Connections,
        leases: Leases,
        clock: Clock,
        entropy: Entropy,
    ) -> Self {
        Self {
            store,
            connections,
            leases,
            clock,
            entropy,
        }
    }

    /// Makes an item.
    pub async fn create(
        &self,
        by: &Identity,
        new: NewDynamicSecret,
        checks: Checks,
    ) -> Result<DynamicSecret, ApiError> {
        new.check().map_err(invalid)?;
        let target = self.target(&new.target).await?;
        if let Some(there) = self.store.secret_by_path(&new.path).await? {
            let why = match there.can_be_used() {
                Ok(()) => format!("There is an item at {} already.", new.path),
                Err(refusal) => format!("The item that was at {} is still there: {refusal}.", new.path),
            };
            return Err(ApiError::conflict(why).with_field("path"));
        }
        let names = self.check_in_entra(&target, &new.spec, checks).await?;
        let now = self.clock.now();
        let event = AuditEvent {
            detail: described(&new),
            ..AuditEvent::new(now, &by.id, "secret.create", new.path.as_str())
        };
        let id = self.entropy.secret_id(now);
        self.store
            .insert_secret(&id, &new, &target.target.id, &names, now, event)
            .await
            .map_err(|error| saved_on(&new.target, error))
    }

    /// Changes an item. Live leases keep what they were issued with.
    pub async fn update(
        &self,
        by: &Identity,
        path: &ItemPath,
        changes: Changes,
        checks: Checks,
    ) -> Result<DynamicSecret, ApiError> {
        let old = self.get(path).await?;
        refuse_deleted(&old)?;
        let asks_entra = changes.spec.is_some() || changes.target.is_some();
        let new = NewDynamicSecret {
            path: path.clone(),
            target: changes.target.unwrap_or_else(|| old.target.clone()),
            spec: changes.spec.unwrap_or_else(|| old.spec.clone()),
            default_ttl: changes.default_ttl.unwrap_or(old.default_ttl),
            max_ttl: changes.max_ttl.unwrap_or(old.max_ttl),
            description: changes.description.unwrap_or_else(|| old.description.clone()),
            tags: changes.tags.unwrap_or_else(|| old.tags.clone()),
            delete_protection: changes.delete_protection.unwrap_or(old.delete_protection),
        };
        new.check().map_err(invalid)?;
        let target = self.target(&new.target).await?;
        let names = if asks_entra {
            self.check_in_entra(&target, &new.spec, checks).await?
        } else {
            old.names
        };
        let now = self.clock.now();
        let event = AuditEvent {
            detail: described(&new),
            ..AuditEvent::new(now, &by.id, "secret.update", path.as_str())
        };
        let updated = self
            .store
            .update_secret(&old.id, &new, &target.target.id, &names, now, event)
            .await
            .map_err(|error| saved_on(&new.target, error))?;
        match updated {
            Some(updated) => Ok(updated),
            None => Err(self.why_gone(path).await?),
        }
    }

    /// One item.
    pub async fn get(&self, path: &ItemPath) -> Result<DynamicSecret, ApiError> {
        self.store
            .secret_by_path(path)
            .await?
            .ok_or_else(|| missing(path))
    }

    /// Items, by path.
    pub async fn list(
        &self,
        folder: Option<FolderPath>,
        query: Option<String>,
        kind: Option<Kind>,
        target: Option<TargetName>,
        limit: Limit,
        after: Option<&str>,
    ) -> Result<Page<DynamicSecret>, ApiError> {
        let filter = SecretFilter {
            folder,
            query,
            kind,
            target,
        };
        Ok(self.store.list_secrets(&filter, limit, after).await?)
    }

    /// The folders that the items' paths imply.
    pub async fn folders(&self) -> Result<Page<Folder>, ApiError> {
        Ok(Page::whole(self.store.folders().await?))
    }

    /// Why an item that was there a moment ago can't be changed.
    async fn why_gone(&self, path: &ItemPath) -> Result<ApiError, ApiError> {
        let item = self.get(path).await?;
        Ok(refuse_deleted(&item)
            .err()
            .unwrap_or_else(|| ApiError::conflict(format!("{path} changed at the same moment. Try again."))))
    }

    async fn target(&self, name: &TargetName) -> Result<StoredTarget, ApiError> {
        let stored = self.store.target_by_name(name).await?;
        let stored =
            stored.ok_or_else(|| ApiError::invalid("target", format!("there is no target {name}")))?;
        if stored.target.deleting_at.is_some() {
            return Err(leaving(name));
        }
        Ok(stored)
    }

    /// The names of what the spec points to, or why it can't be issued.
    async fn check_in_entra(
        &self,
        target: &StoredTarget,
        spec: &SecretSpec,
        checks: Checks,
    ) -> Result<BTreeMap<String, String>, ApiError> {
        match checks {
            // `generate` checks again, so what is saved unseen is still never issued against the rules.
            Checks::Skipped => Ok(BTreeMap::new()),
            Checks::Made => {
                let graph = self.connections.client(target)?;
                provider::check(&graph, spec)
                    .await
                    .map_err(|error| check_refusal(error, target))
            }
        }
    }
}

/// What a refused check means for the caller.
pub fn check_refusal(error: CheckError, target: &StoredTarget) -> ApiError {
    match error {
        CheckError::Refused { field, reason } => ApiError::invalid(field, reason),
        CheckError::Graph(error) => explain(&error, &target.target),
    }
}

fn invalid((field, why): (String, Invalid)) -> ApiError {
    ApiError::invalid(field, why)
}

/// What kept an item from being saved on this target.
fn saved_on(target: &TargetName, error: StoreError) -> ApiError {
    match error {
        StoreError::Gone { what: "target" } => leaving(target),
        other @ (StoreError::Taken { .. }
        | StoreError::Gone { .. }
        | StoreError::BadCursor
        | StoreError::Unavailable(_)
        | StoreError::InUse(_)
        | StoreError::Open { .. }
        | StoreError::Corrupt { .. }
        | StoreError::Database(_)) => other.into(),
    }
}

/// The target is being deleted, or gone.
fn leaving(name: &TargetName) -> ApiError {
    ApiError::invalid(
        "target",
        format!("{name} is being deleted; choose another target"),
    )
}

fn missing(path: &ItemPath) -> ApiError {
    ApiError::not_found(format!("item {path}"))
}

/// What an audit event keeps of an item.
fn described(new: &NewDynamicSecret) -> serde_json::Value {
    serde_json::json!({
        "target": new.target, "spec": new.spec, "default_ttl": new.default_ttl, "max_ttl": new.max_ttl,
        "delete_protection": new.delete_protection,
    })
}
