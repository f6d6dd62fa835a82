//! What is read at every call and hardly ever changes, kept in memory: API tokens, and items and targets as a new lease needs them.
//!
//! Rule: every change that is not marked as one of leases alone forgets all of it, at its commit. One process works on a database
//! (see [`DataDirLock`](super::DataDirLock)), so nobody else changes what is kept here.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Store, StoreError, StoredTarget, StoredToken};
use crate::backend::Entropy;
use crate::domain::{DynamicSecret, ItemPath, TargetId, TargetName};

/// Values of one sort that are kept; more of them begin anew.
const MOST: usize = 10_000;

/// Counts the changes that make what is kept out of date.
#[derive(Debug, Clone, Default)]
pub(super) struct Epoch(Arc<AtomicU64>);

impl Epoch {
    /// Something changed.
    pub(super) fn turn(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Everything that is kept.
#[derive(Default)]
pub(super) struct Kept {
    epoch: Epoch,
    tokens: Drawer<Vec<u8>, StoredToken>,
    secrets: Drawer<ItemPath, DynamicSecret>,
    targets: Drawer<TargetName, StoredTarget>,
    targets_by_id: Drawer<TargetId, StoredTarget>,
    instance: Drawer<(), String>,
}

impl Kept {
    pub(super) fn new(epoch: Epoch) -> Self {
        Self {
            epoch,
            ..Self::default()
        }
    }
}

/// Values of one sort, as of one epoch.
struct Drawer<K, V>(Mutex<(u64, HashMap<K, V>)>);

impl<K, V> Default for Drawer<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Drawer<K, V> {
    fn open(&self, epoch: u64) -> MutexGuard<'_, (u64, HashMap<K, V>)> {
        let mut drawer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if drawer.0 != epoch {
            *drawer = (epoch, HashMap::new());
        }
        drawer
    }

    /// The value, kept or read. Absence is not kept.
    async fn get(
        &self,
        epoch: &Epoch,
        key: &K,
        read: impl Future<Output = Result<Option<V>, StoreError>>,
    ) -> Result<Option<V>, StoreError> {
        // As of before the read: what is read while it changes is not kept.
        let before = epoch.now();
        if let Some(value) = self.open(before).1.get(key) {
            return Ok(Some(value.clone()));
        }
        let value = read.await?;
        if let Some(value) = &value
            && epoch.now() == before
        {
            let mut drawer = self.open(before);
            if drawer.1.len() >= MOST {
                drawer.1.clear();
            }
            drawer.1.insert(key.clone(), value.clone());
        }
        Ok(value)
    }
}

impl Store {
    /// The API token of this hash, as [`Store::token_by_hash`] tells it.
    pub async fn kept_token(&self, hash: &[u8]) -> Result<Option<StoredToken>, StoreError> {
        let kept = self.kept();
        let read = self.token_by_hash(hash);
        kept.tokens.get(&kept.epoch, &hash.to_vec(), read).await
    }

    /// The item at this path, as a new lease needs it: when it was used last is not up to date.
    pub async fn kept_secret(&self, path: &ItemPath) -> Result<Option<DynamicSecret>, StoreError> {
        let kept = self.kept();
        kept.secrets
            .get(&kept.epoch, path, self.secret_by_path(path))
            .await
    }

    /// The target of this name.
    pub async fn kept_target(&self, name: &TargetName) -> Result<Option<StoredTarget>, StoreError> {
        let kept = self.kept();
        kept.targets
            .get(&kept.epoch, name, self.target_by_name(name))
            .await
    }

    /// The target of this id.
    pub async fn kept_target_by_id(&self, id: &TargetId) -> Result<Option<StoredTarget>, StoreError> {
        let kept = self.kept();
        kept.targets_by_id
            .get(&kept.epoch, id, self.target_by_id(id))
            .await
    }

    /// The id of this installation, as [`Store::instance_id`] tells it.
    pub async fn kept_instance_id(&self, entropy: &Entropy) -> Result<String, StoreError> {
        let kept = self.kept();
        let read = async { self.instance_id(entropy).await.map(Some) };
        let found = kept.instance.get(&kept.epoch, &(), read).await?;
        found.ok_or_else(|| StoreError::Unavailable("it has no id".to_owned()))
    }
}
