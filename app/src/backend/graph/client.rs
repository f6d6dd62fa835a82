//! The client itself: what it is made of, and what its clones share.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;
use url::Url;

use crate::backend::{Clock, Entropy, Stopwatch};

use super::answer::root_cause;
use super::endpoint::{Endpoints, with_path};
use super::known::Known;
use super::pace::{Pace, Priority};
use super::timing::Patience;
use super::token::{TokenClaims, TokenSource};
use super::{CallLog, Connection, GraphError, Timing};

/// Talks to one tenant as one application. Clones share everything: connections, token and locks.
#[derive(Clone)]
pub struct GraphClient {
    pub(super) inner: Arc<Inner>,
    pub(super) log: Option<CallLog>,
    pub(super) priority: Priority,
}

pub(super) struct Inner {
    client_id: String,
    tenant_id: String,
    pub(super) pace: Pace,
    pub(super) known: Known,
    pub(super) endpoints: Endpoints,
    pub(super) http: reqwest::Client,
    pub(super) tokens: TokenSource,
    pub(super) timing: Timing,
    pub(super) clock: Clock,
    pub(super) entropy: Entropy,
    locks: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

impl GraphClient {
    /// A client for this connection. Nothing is sent yet. Refused: addresses that credentials must not travel to, and empty ids.
    ///
    /// No more than `writes_per_second` writes are sent, all clones together; 0 for no limit.
    pub fn new(
        connection: &Connection,
        timing: Timing,
        writes_per_second: f64,
        clock: Clock,
        entropy: Entropy,
    ) -> Result<Self, GraphError> {
        let endpoints = Endpoints::of(&connection.cloud)?;
        let mut builder = reqwest::Client::builder()
            .connect_timeout(timing.connect_timeout)
            .timeout(timing.request_timeout)
            .gzip(true)
            // Graph redirects nowhere; whoever does is not to be followed with our token.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("leasehold/", env!("CARGO_PKG_VERSION")));
        if endpoints.is_loopback() {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|why| GraphError::InvalidConnection {
            detail: format!(
                "No connection can be made from this computer: {}.",
                root_cause(&why)
            ),
        })?;
        let tokens = TokenSource::new(&connection.tenant_id, &connection.credential, &endpoints, &http)?;
        let inner = Inner {
            client_id: connection.credential.client_id().to_owned(),
            tenant_id: connection.tenant_id.to_string(),
            pace: Pace::new(writes_per_second),
            known: Known::new(),
            endpoints,
            http,
            tokens,
            timing,
            clock,
            entropy,
            locks: Mutex::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
            log: None,
            priority: Priority::default(),
        })
    }

    /// The application (client) id that we act as.
    pub fn client_id(&self) -> &str {
        &self.inner.client_id
    }

    /// The tenant, as the connection names it.
    pub fn tenant_id(&self) -> &str {
        &self.inner.tenant_id
    }

    /// The same client, noting every try of every call in the log that comes with it.
    pub fn recording(&self) -> (GraphClient, CallLog) {
        let log = CallLog::default();
        let recording = Self {
            log: Some(log.clone()),
            ..self.clone()
        };
        (recording, log)
    }

    /// The same client, whose writes are as urgent as this.
    #[must_use]
    pub fn at(&self, priority: Priority) -> GraphClient {
        Self {
            priority,
            ..self.clone()
        }
    }

    /// What our own token says: who we are, and which permissions we hold.
    pub async fn claims(&self) -> Result<TokenClaims, GraphError> {
        let watch = Stopwatch::start();
        let mut tries = 0;
        loop {
            let failed = match self.token().await {
                Ok(token) => return TokenClaims::read(&token.text),
                Err(failed) => failed,
            };
            tries += 1;
            self.pause(&failed, tries, watch).await.ok_or(failed)?;
        }
    }

    /// Drops the token that is kept, so that the next call signs in anew and sees permissions granted since.
    pub fn forget_token(&self) -> Result<(), GraphError> {
        self.inner.tokens.forget(self.inner.tokens.generation())
    }

    /// Waits for its turn to change an application: Entra refuses, or mixes up, two changes at a time.
    pub async fn lock_application(&self, object_id: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.inner.locks.lock().unwrap_or_else(PoisonError::into_inner);
            locks.entry(object_id.to_owned()).or_default().clone()
        };
        lock.lock_owned().await
    }

    /// For looking again until a new object is known everywhere.
    pub fn until_replicated(&self) -> Patience {
        let timing = &self.inner.timing;
        timing.patience(timing.replication_budget, &self.inner.entropy)
    }

    /// For looking again until a removed object is gone from what is read.
    pub fn until_verified(&self) -> Patience {
        let timing = &self.inner.timing;
        timing.patience(timing.verify_budget, &self.inner.entropy)
    }

    /// The address of an object, as a reference to it has to be written.
    pub(super) fn reference(&self, path: &[&str]) -> String {
        self.address(path).to_string()
    }

    pub(super) fn address(&self, path: &[&str]) -> Url {
        let mut segments = vec!["v1.0"];
        segments.extend_from_slice(path);
        with_path(&self.inner.endpoints.graph, &segments)
    }
}

impl fmt::Debug for GraphClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphClient")
            .field("client_id", &self.client_id())
            .field("tenant_id", &self.tenant_id())
            .finish_non_exhaustive()
    }
}
