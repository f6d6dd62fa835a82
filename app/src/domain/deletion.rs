//! What became of a deletion: an item or a target goes only when nothing in Entra needs it any more.

use serde::{Deserialize, Serialize};

/// How far a deletion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletionState {
    /// It is gone.
    Deleted,
    /// It gives out no lease any more, and goes by itself when its last lease has ended.
    Deleting,
}

/// A deletion, as it stands when its call answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// How far it is.
    pub state: DeletionState,
    /// Items that are not gone yet.
    pub items_left: u64,
    /// Leases that are still being taken back.
    pub leases_left: u64,
    /// Of these: after three failed attempts or more.
    pub needs_attention: u64,
    /// Why the last attempt on one of them failed.
    pub last_error: Option<String>,
}

impl Deletion {
    /// Nothing is left.
    pub fn done() -> Self {
        Self {
            state: DeletionState::Deleted,
            items_left: 0,
            leases_left: 0,
            needs_attention: 0,
            last_error: None,
        }
    }

    /// Whether it is gone.
    pub fn is_done(&self) -> bool {
        match self.state {
            DeletionState::Deleted => true,
            DeletionState::Deleting => false,
        }
    }
}
