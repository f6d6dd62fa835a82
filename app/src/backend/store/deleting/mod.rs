//! Deletions: of items, folders and targets.
//!
//! Rule: one transaction either deletes what nothing needs any more, or marks it (`deleting_at`) and sends its live leases to be
//! taken back, or changes nothing. What is marked gives out no lease (`begin` looks), and goes with its last lease
//! (`complete`): nothing that Entra holds because of us ever loses the item or the credential that leads back to it.
//!
//! | file | what |
//! |---|---|
//! | `items` | one item, or all of a folder or none |
//! | `targets` | a target that no item uses |
//! | `complete` | what is marked and needed no longer goes; how far a deletion is |

mod complete;
mod items;
mod targets;

use sqlx::SqliteConnection;

use super::audit::AuditEvent;
use super::leases;
use super::{StoreError, columns};
use crate::domain::{EndCause, LeaseId, Timestamp};

#[cfg(test)]
pub(super) use complete::look;
pub use complete::{Completed, Deleting};
pub use items::{Blocked, DeleteFolder, DeleteSecret};
pub use targets::DeleteTarget;

/// What a deletion does about leases that are not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveLeases {
    /// It is refused.
    Refuse,
    /// They are all sent to be taken back, on behalf of this person.
    Revoke {
        /// Who deletes: their name.
        by: String,
    },
}

/// Sends leases of what is being deleted to be taken back; gives those that were not on their way already.
async fn send_out(
    connection: &mut SqliteConnection,
    leases: Vec<LeaseId>,
    by: &str,
    now: Timestamp,
    deletion: &AuditEvent,
) -> Result<Vec<LeaseId>, StoreError> {
    let cause = EndCause::Revoked(by.to_owned());
    let mut sent = Vec::with_capacity(leases.len());
    for lease in leases {
        let event = AuditEvent::new(now, &deletion.actor, "lease.revoke", lease.as_str())
            .with("because", format!("{} was deleted", deletion.object));
        let begun = leases::start_revoking(connection, &lease, &cause, now, &event).await?;
        if begun.is_some() {
            sent.push(lease);
        }
    }
    Ok(sent)
}
