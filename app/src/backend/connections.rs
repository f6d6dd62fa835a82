//! One Graph client a target, kept while the target stays as it is, so that connections and tokens are reused.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::graph::{Connection, Credential, GraphClient, GraphError, Timing};
use super::store::StoredTarget;
use super::vault::Vault;
use super::{Clock, Entropy};
use crate::domain::{ApiError, SecretText, Target, TargetAuth, TargetId, TargetSignIn};

/// The Graph clients of all targets.
#[derive(Clone)]
pub struct Connections {
    vault: Vault,
    clock: Clock,
    entropy: Entropy,
    timing: Timing,
    writes_per_second: f64,
    clients: Arc<Mutex<HashMap<TargetId, (i64, GraphClient)>>>,
}

impl Connections {
    /// No client yet.
    pub fn new(vault: Vault, clock: Clock, entropy: Entropy, timing: Timing, writes_per_second: f64) -> Self {
        Self {
            vault,
            clock,
            entropy,
            timing,
            writes_per_second,
            clients: Arc::default(),
        }
    }

    /// The client of a target as it stands in the store.
    pub fn client(&self, stored: &StoredTarget) -> Result<GraphClient, ApiError> {
        let id = &stored.target.id;
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((version, client)) = clients.get(id)
            && *version == stored.version
        {
            return Ok(client.clone());
        }
        let connection = self.connection(stored)?;
        let client = GraphClient::new(
            &connection,
            self.timing.clone(),
            self.writes_per_second,
            self.clock.clone(),
            self.entropy.clone(),
        )
        .map_err(|error| explain(&error, &stored.target))?;
        clients.insert(id.clone(), (stored.version, client.clone()));
        Ok(client)
    }

    /// Forgets the client of a target that is gone.
    pub fn forget(&self, id: &TargetId) {
        self.clients
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(id);
    }

    /// Encrypts a credential for the row of this target.
    pub fn seal(&self, id: &TargetId, auth: &TargetAuth) -> Result<Vec<u8>, ApiError> {
        let TargetAuth::ClientSecret { client_secret, .. } = auth;
        Ok(self
            .vault
            .seal(&bound_to(id), client_secret.expose().as_bytes())?)
    }

    /// Where a target leads, and with which credential.
    fn connection(&self, stored: &StoredTarget) -> Result<Connection, ApiError> {
        let target = &stored.target;
        let opened = self
            .vault
            .open_sealed(&bound_to(&target.id), &stored.sealed_credential)?;
        let TargetSignIn::ClientSecret { client_id } = &target.auth;
        let client_secret = SecretText::new(String::from_utf8_lossy(&opened).into_owned());
        let credential = Credential::ClientSecret {
            client_id: client_id.clone(),
            client_secret,
        };
        Ok(Connection {
            cloud: target.cloud.clone(),
            tenant_id: target.tenant_id.clone(),
            credential,
        })
    }
}

/// What a target's credential is bound to: taken to another row, it can't be opened.
fn bound_to(id: &TargetId) -> String {
    format!("target:{id}")
}

/// What Entra's refusal means for the person who asked.
pub fn explain(error: &GraphError, target: &Target) -> ApiError {
    error.to_api_error(target.auth.client_id(), target.tenant_id.as_str())
}
