//! What is measured, one file a question.

pub mod expiry;
mod filters;
pub mod generate;
pub mod life;
pub mod lists;
pub mod size;

use std::cell::RefCell;
use std::time::Duration;

use serde_json::{Value, json};

use crate::Result;
use crate::load::{Crowd, Outcome, Watched};

/// How many clients there are at a time.
const CLIENTS: [usize; 3] = [1, 16, 64];
/// How long is measured before it counts.
const WARM_UP: Duration = Duration::from_millis(700);

/// The arguments that generate a lease of this item.
fn lease_of(item: &str) -> String {
    json!({"secret": item, "wait_usable": false}).to_string()
}

/// The arguments that name a lease.
fn named(lease: &str) -> Value {
    json!({"lease": lease})
}

/// The id of the lease in an answer.
fn id_in(answer: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(answer).ok()?;
    let at = text.find("\"lse_")? + 1;
    Some(text.get(at..at + 36)?.to_owned())
}

/// Generates leases of all items in turn: so many, or for so long. Gives their ids too.
async fn generate(
    crowd: &mut Crowd,
    watched: Watched,
    items: &[String],
    count: usize,
    time: Duration,
) -> Result<(Outcome, Vec<String>)> {
    let ids = RefCell::new(Vec::new());
    let next = |number: usize| (number < count).then(|| lease_of(&items[number % items.len()]));
    let seen = |answer: &[u8]| ids.borrow_mut().extend(id_in(answer));
    let outcome = crowd.call("leases/generate", time, watched, next, seen).await?;
    Ok((outcome, ids.into_inner()))
}
