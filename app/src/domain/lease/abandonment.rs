//! Giving up: the only way to stop trying to take a lease back. What it leaves in Entra is somebody's to remove by hand.

use serde::{Deserialize, Serialize};

use super::{Lease, LeaseState, Refusal};
use crate::domain::Invalid;

/// Characters of a reason, at most.
const LONGEST_REASON: usize = 500;

/// Who gave a lease up, and why. When, is the lease's `ended_at`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abandonment {
    /// Who: `user:admin`.
    pub by: String,
    /// Why, in their words.
    pub reason: String,
}

impl Abandonment {
    /// The reason, without the space around it: 1 to 500 characters.
    pub fn parse_reason(text: &str) -> Result<String, Invalid> {
        let text = text.trim();
        match text.chars().count() {
            0 => Err(Invalid::new(
                "say why nobody should go on trying, for whoever finds what is left in Entra",
            )),
            1..=LONGEST_REASON => Ok(text.to_owned()),
            _ => Err(Invalid::new(format!("at most {LONGEST_REASON} characters"))),
        }
    }
}

impl Lease {
    /// Whether somebody may stop the attempts to take it back. The engine asks besides that one has failed.
    pub fn can_abandon(&self) -> Result<(), Refusal> {
        let why = match self.state {
            LeaseState::Revoking => return Ok(()),
            LeaseState::Generating => {
                "it is still being issued. Revoke it, and it is taken back as soon as it can be"
            }
            LeaseState::Active => {
                "it is in use. Revoke it: only what Entra then refuses to let go can be given up"
            }
            LeaseState::Revoked | LeaseState::Expired | LeaseState::Failed => {
                "it has ended, and nothing of it is left in Entra"
            }
            LeaseState::Abandoned => {
                "it was given up before; what remained then is for somebody to remove by hand"
            }
        };
        Err(Refusal(why.to_owned()))
    }
}
