//! What goes for good by itself, and when: so that time costs nothing to pass while nothing ends.
//!
//! Rule: an entry is only a reason to look. Whoever takes one checks that the thing has truly ended, since it may have been brought back.

use std::collections::BTreeSet;

use super::{Directory, RESTORABLE_FOR_MILLIS};

/// Something that may have ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// An object: soft-deleted for too long, or gone for every reader.
    Object(String),
    /// A membership, by group and member, that is gone for every reader.
    Membership(String, String),
    /// A role assignment that is gone for every reader.
    Assignment(String),
}

/// What may end, by the moment at which to look.
#[derive(Clone, Debug, Default)]
pub struct Endings(BTreeSet<(i64, Ending)>);

impl Endings {
    /// Looks at this, from that moment on.
    pub fn add(&mut self, at: i64, ending: Ending) {
        self.0.insert((at, ending));
    }

    /// Takes the first whose moment has come.
    pub fn take_due(&mut self, now: i64) -> Option<Ending> {
        let due = self.0.first().is_some_and(|(at, _)| *at <= now);
        due.then(|| self.0.pop_first())
            .flatten()
            .map(|(_, ending)| ending)
    }
}

impl Directory {
    /// Moves the directory to `now`: what is past its restorable time goes for good.
    pub fn turn_to(&mut self, now: i64) {
        self.now = now;
        while let Some(ending) = self.endings.take_due(now) {
            match ending {
                Ending::Object(id) => self.end_object(&id),
                Ending::Membership(group, member) => {
                    let key = (group, member);
                    if self.memberships.get(&key).is_some_and(|known| known.is_gone(now)) {
                        self.memberships.remove(&key);
                    }
                }
                Ending::Assignment(id) => {
                    if self.assignments.get(&id).is_some_and(|known| known.is_gone(now)) {
                        self.assignments.remove(&id);
                    }
                }
            }
        }
    }

    fn end_object(&mut self, id: &str) {
        let Some(object) = self.objects.get(id) else {
            return;
        };
        let deleted_at = object.truth().and_then(|object| object.deleted_at);
        if deleted_at.is_some_and(|at| at + RESTORABLE_FOR_MILLIS <= self.now) {
            self.purge(id);
        }
        if self
            .objects
            .get(id)
            .is_some_and(|object| object.is_gone(self.now))
        {
            self.objects.remove(id);
        }
    }
}
