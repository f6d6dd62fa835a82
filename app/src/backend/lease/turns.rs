//! Turns: for each thing in Entra that leases can share, one task of this process at a time decides about it, acts, looks and
//! writes down. A data folder has one process, so this is enough.
//!
//! Rule: who needs several takes them all at once, in one order for everybody, and takes no other while holding them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

type Locks = Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>;

/// The turns of all subjects.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns {
    locks: Arc<Locks>,
}

/// Turns that somebody has, until dropped.
#[derive(Debug)]
pub(super) struct Turn {
    of: Turns,
    held: Vec<(String, OwnedMutexGuard<()>)>,
}

impl Turns {
    /// Waits until all these subjects are free, and takes them.
    pub(super) async fn take(&self, mut subjects: Vec<String>) -> Turn {
        subjects.sort_unstable();
        subjects.dedup();
        let mut turn = Turn {
            of: self.clone(),
            held: Vec::with_capacity(subjects.len()),
        };
        for subject in subjects {
            let lock = {
                let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
                locks.entry(subject.clone()).or_default().clone()
            };
            turn.held.push((subject, lock.lock_owned().await));
        }
        turn
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut locks = self.of.locks.lock().unwrap_or_else(PoisonError::into_inner);
        for (subject, guard) in self.held.drain(..) {
            drop(guard);
            // Nobody waits for it, and nobody can begin to while the map is locked.
            if locks
                .get(&subject)
                .is_some_and(|lock| Arc::strong_count(lock) == 1)
            {
                locks.remove(&subject);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subjects(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[tokio::test]
    async fn turns_come_one_after_the_other_and_leave_nothing_behind() {
        let turns = Turns::default();
        let first = turns.take(subjects(&["b", "a", "b"])).await;
        let waiting = turns.take(subjects(&["b", "c"]));
        tokio::pin!(waiting);
        assert!(futures::poll!(&mut waiting).is_pending());
        let free = turns.take(subjects(&["d"])).await;
        drop(first);
        let second = waiting.await;
        drop((second, free));
        assert!(turns.locks.lock().unwrap().is_empty());
    }
}
