//! Targets: kept, tried, searched.

mod deleting;

use super::connections::{Connections, explain};
use super::graph::{self, GraphClient, GraphError};
use super::lease::Leases;
use super::store::{AuditEvent, Store, StoredTarget};
use super::{Clock, Entropy};
use crate::domain::{
    ApiError, Cloud, DirectoryApplication, DirectoryDomain, DirectoryGroup, DirectoryRole, DirectoryUser,
    Identity, Limit, Page, Target, TargetAuth, TargetName, TargetTest, TenantId,
};

/// How many results a picker shows.
const PICKER_LIMIT: usize = 20;

/// The targets of this installation.
#[derive(Clone)]
pub struct Targets {
    store: Store,
    connections: Connections,
    leases: Leases,
    clock: Clock,
    entropy: Entropy,
}

impl Targets {
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

    /// Makes a target.
    pub async fn create(
        &self,
        by: &Identity,
        name: TargetName,
        cloud: Cloud,
        tenant_id: TenantId,
        auth: TargetAuth,
    ) -> Result<Target, ApiError> {
        check_auth(&auth)?;
        check_cloud(&cloud)?;
        if let Some(there) = self.store.target_by_name(&name).await? {
            let why = if there.target.deleting_at.is_some() {
                format!(
                    "The target {name} that is being deleted is still there: its last leases are being taken back. Wait, or choose another name."
                )
            } else {
                format!("There is a target {name} already; choose another name.")
            };
            return Err(ApiError::conflict(why).with_field("name"));
        }
        let now = self.clock.now();
        let id = self.entropy.target_id(now);
        let sealed_credential = self.connections.seal(&id, &auth)?;
        let target = Target {
            id,
            name,
            cloud,
            tenant_id,
            auth: auth.sign_in(),
            credential_set_at: now,
            created_at: now,
            updated_at: now,
            items: 0,
            live_leases: 0,
            deleting_at: None,
        };
        let event = AuditEvent {
            detail: described(&target),
            ..AuditEvent::new(now, &by.id, "target.create", target.name.as_str())
        };
        let stored = StoredTarget {
            target,
            sealed_credential,
            version: 1,
        };
        self.store.insert_target(&stored, event).await?;
        Ok(stored.target)
    }

    /// Changes what is given of a target.
    pub async fn update(
        &self,
        by: &Identity,
        name: &TargetName,
        cloud: Option<Cloud>,
        tenant_id: Option<TenantId>,
        auth: Option<TargetAuth>,
    ) -> Result<Target, ApiError> {
        let mut stored = self.stored(name).await?;
        self.refuse_to_leave_leases(&stored.target, cloud.as_ref(), tenant_id.as_ref())
            .await?;
        let now = self.clock.now();
        let target = &mut stored.target;
        if let Some(cloud) = cloud {
            check_cloud(&cloud)?;
            target.cloud = cloud;
        }
        if let Some(tenant_id) = tenant_id {
            target.tenant_id = tenant_id;
        }
        if let Some(auth) = auth {
            check_auth(&auth)?;
            stored.sealed_credential = self.connections.seal(&target.id, &auth)?;
            target.auth = auth.sign_in();
            target.credential_set_at = now;
        }
        target.updated_at = now;
        let event = AuditEvent {
            detail: described(&stored.target),
            ..AuditEvent::new(now, &by.id, "target.update", name.as_str())
        };
        let updated = self.store.update_target(&stored, event).await?;
        match updated {
            Some(updated) => self.counted(updated).await,
            None => Err(ApiError::conflict(format!(
                "Somebody else changed {name} at the same moment. Look at it and try again."
            ))),
        }
    }

    /// The target with its live leases, for those who look at it.
    async fn counted(&self, stored: StoredTarget) -> Result<Target, ApiError> {
        let live_leases = self.store.count_live_leases(&stored.target.id).await?;
        Ok(Target {
            live_leases,
            ..stored.target
        })
    }

    /// Another tenant does not know what live leases have put into this one: taking them back there would find nothing, and call
    /// it gone.
    async fn refuse_to_leave_leases(
        &self,
        target: &Target,
        cloud: Option<&Cloud>,
        tenant_id: Option<&TenantId>,
    ) -> Result<(), ApiError> {
        let field = match (cloud, tenant_id) {
            (Some(cloud), _) if *cloud != target.cloud => "cloud",
            (_, Some(tenant_id)) if *tenant_id != target.tenant_id => "tenant_id",
            _ => return Ok(()),
        };
        let live = self.store.live_leases_of_target(&target.id).await?.len();
        if live == 0 {
            return Ok(());
        }
        let name = &target.name;
        Err(ApiError::conflict(format!(
            "{live} lease(s) on {name} are not ended, and only its present tenant can take them back. Revoke them first, or make another target."
        ))
        .with_field(field)
        .with_reason("has_live_leases"))
    }

    /// One target.
    pub async fn get(&self, name: &TargetName) -> Result<Target, ApiError> {
        let stored = self.stored(name).await?;
        self.counted(stored).await
    }

    /// Targets, by name.
    pub async fn list(&self, limit: Limit, after: Option<&str>) -> Result<Page<Target>, ApiError> {
        Ok(self.store.list_targets(limit, after).await?)
    }

    /// Tries a target's connection.
    pub async fn test(&self, name: &TargetName) -> Result<TargetTest, ApiError> {
        let stored = self.stored(name).await?;
        // A client of its own: a permission that was just granted is in new tokens only.
        self.connections.forget(&stored.target.id);
        let graph = self.connections.client(&stored)?;
        Ok(graph::probe::test(&graph).await)
    }

    /// Applications that fit a picker's text.
    pub async fn applications(
        &self,
        name: &TargetName,
        query: &str,
    ) -> Result<Page<DirectoryApplication>, ApiError> {
        self.ask(name, async |graph| {
            graph.search_applications(query, PICKER_LIMIT).await
        })
        .await
    }

    /// Groups that fit a picker's text.
    pub async fn groups(&self, name: &TargetName, query: &str) -> Result<Page<DirectoryGroup>, ApiError> {
        self.ask(name, async |graph| graph.search_groups(query, PICKER_LIMIT).await)
            .await
    }

    /// Directory roles that fit a picker's text.
    pub async fn roles(&self, name: &TargetName, query: &str) -> Result<Page<DirectoryRole>, ApiError> {
        self.ask(name, async |graph| graph.search_roles(query).await)
            .await
    }

    /// Users that fit a picker's text.
    pub async fn users(&self, name: &TargetName, query: &str) -> Result<Page<DirectoryUser>, ApiError> {
        self.ask(name, async |graph| graph.search_users(query, PICKER_LIMIT).await)
            .await
    }

    /// The tenant's verified domains.
    pub async fn domains(&self, name: &TargetName) -> Result<Page<DirectoryDomain>, ApiError> {
        self.ask(name, async |graph| graph.domains().await).await
    }

    async fn ask<T>(
        &self,
        name: &TargetName,
        question: impl AsyncFnOnce(GraphClient) -> Result<Vec<T>, GraphError>,
    ) -> Result<Page<T>, ApiError> {
        let stored = self.stored_field(name).await?;
        let found = question(self.connections.client(&stored)?).await;
        found
            .map(Page::whole)
            .map_err(|error| explain(&error, &stored.target))
    }

    async fn stored(&self, name: &TargetName) -> Result<StoredTarget, ApiError> {
        let stored = self.store.target_by_name(name).await?;
        stored.ok_or_else(|| ApiError::not_found(format!("target {name}")))
    }

    /// The target that another call names in its field `target`.
    async fn stored_field(&self, name: &TargetName) -> Result<StoredTarget, ApiError> {
        self.stored(name)
            .await
            .map_err(|error| error.with_field("target"))
    }
}

fn check_auth(auth: &TargetAuth) -> Result<(), ApiError> {
    let TargetAuth::ClientSecret {
        client_id,
        client_secret,
    } = auth;
    crate::domain::spec::check_object_id(client_id).map_err(|_| {
        ApiError::invalid(
            "auth.client_secret.client_id",
            "expected the application (client) id, such as 62e90394-69f5-4237-9190-012177145e10",
        )
    })?;
    if client_secret.expose().trim().is_empty() {
        return Err(ApiError::invalid(
            "auth.client_secret.client_secret",
            "give the secret's value",
        ));
    }
    if crate::domain::spec::check_object_id(client_secret.expose()).is_ok() {
        let why =
            "this looks like the secret's id; give its value, which Entra shows once when the secret is made";
        return Err(ApiError::invalid("auth.client_secret.client_secret", why));
    }
    Ok(())
}

fn check_cloud(cloud: &Cloud) -> Result<(), ApiError> {
    graph::check_cloud(cloud).map_err(|(field, why)| ApiError::invalid(format!("cloud.custom.{field}"), why))
}

/// What an audit event keeps of a target.
fn described(target: &Target) -> serde_json::Value {
    serde_json::json!({ "cloud": target.cloud, "tenant_id": target.tenant_id, "auth": target.auth })
}
