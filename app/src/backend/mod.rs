//! What runs on the server only.
//!
//! `graph` knows no leases, `provider` no SQL, `store` no Graph; `lease` ties them together. [`Backend`] is the whole of it, made
//! once at start and handed to every call.

pub mod auth;
pub mod clock;
pub mod connections;
pub mod cookie;
mod crash_point;
pub mod entropy;
pub mod errors;
pub mod graph;
pub mod items;
pub mod lease;
pub mod provider;
pub mod store;
pub mod targets;
pub mod vault;

use std::path::PathBuf;
use std::time::Duration;

pub use clock::{Clock, Stopwatch};
pub use entropy::Entropy;

use auth::Auth;
use connections::Connections;
use cookie::SessionCookie;
use graph::Timing;
use items::Items;
use lease::Leases;
use store::Store;
use targets::Targets;
use vault::Vault;

/// What a backend is opened with.
#[derive(Debug, Clone)]
pub struct BackendOptions {
    /// The folder of the database and the key; made where it is missing.
    pub data_dir: PathBuf,
    /// Where time comes from.
    pub clock: Clock,
    /// Where chance comes from.
    pub entropy: Entropy,
    /// Writes to Entra a second and target; 0 for no limit.
    pub writes_per_second: f64,
    /// Whether browsers reach us over https.
    pub secure_cookie: bool,
    /// How long Graph may take, and how often it is tried.
    pub timing: Timing,
}

/// Why a backend could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database.
    #[error("the database in {} can't be opened: {source}", data_dir.display())]
    Store {
        /// Where it stands.
        data_dir: PathBuf,
        /// Why.
        source: store::StoreError,
    },
    /// The key file.
    #[error(transparent)]
    Vault(#[from] vault::VaultError),
}

/// Everything behind the calls.
#[derive(Clone)]
pub struct Backend {
    /// Who is asking.
    pub auth: Auth,
    /// Tenants and how we sign in to them.
    pub targets: Targets,
    /// Dynamic secrets.
    pub items: Items,
    /// Leases, and the reaper that ends them.
    pub leases: Leases,
    /// Where time comes from.
    pub clock: Clock,
    /// Where chance comes from.
    pub entropy: Entropy,
    /// How the session cookie is named and flagged.
    pub session_cookie: SessionCookie,
    store: Store,
}

impl Backend {
    /// Opens the database and the key; nothing runs yet.
    pub async fn open(options: BackendOptions) -> Result<Self, OpenError> {
        let BackendOptions {
            data_dir,
            clock,
            entropy,
            writes_per_second,
            secure_cookie,
            timing,
        } = options;
        let unusable = |source| OpenError::Store {
            data_dir: data_dir.clone(),
            source,
        };
        let store = Store::open(&data_dir).await.map_err(unusable)?;
        let vault = Vault::open(&data_dir, store.holds_sealed().await.map_err(unusable)?, &entropy)?;
        let auth = Auth::new(store.clone(), clock.clone(), entropy.clone());
        let connections = Connections::new(vault, clock.clone(), entropy.clone(), timing, writes_per_second);
        let leases = Leases::new(store.clone(), connections.clone(), clock.clone(), entropy.clone());
        let targets = Targets::new(
            store.clone(),
            connections.clone(),
            leases.clone(),
            clock.clone(),
            entropy.clone(),
        );
        let items = Items::new(
            store.clone(),
            connections,
            leases.clone(),
            clock.clone(),
            entropy.clone(),
        );
        let session_cookie = SessionCookie::new(secure_cookie);
        Ok(Self {
            auth,
            targets,
            items,
            leases,
            clock,
            entropy,
            session_cookie,
            store,
        })
    }

    /// Starts the reaper, and the daily checks of what Entra holds.
    pub fn start(&self) {
        self.leases.start_reaper();
        self.leases.start_reconciler();
    }

    /// Begins nothing new, while the requests under way are finished.
    pub fn park(&self) {
        self.leases.park();
    }

    /// Stops the reaper, waits for what is under way, but no longer than `patience`, and closes the database. What is still
    /// under way then is finished from its rows at the next start.
    pub async fn shutdown(&self, patience: Duration) {
        self.leases.stop(patience).await;
        self.store.close().await;
    }

    /// Whether everything works that a lease needs here: the reasons for which it does not.
    pub async fn ready(&self) -> Result<(), Vec<String>> {
        let mut reasons = Vec::new();
        if let Err(error) = self.store.writable().await {
            reasons.push(format!("nothing can be leased, renewed or taken back: {error}"));
        }
        if !self.leases.reaper_is_alive() {
            reasons.push("the reaper is not running".to_owned());
        }
        if reasons.is_empty() { Ok(()) } else { Err(reasons) }
    }
}
