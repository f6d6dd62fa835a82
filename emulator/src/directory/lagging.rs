//! A value that is written in one place and read, some time later, in another: Entra's replication in miniature.

/// The versions of a value: the newest is the truth, and a reader sees the newest whose time has come.
#[derive(Clone, Debug)]
pub struct Lagging<T> {
    /// Oldest first; never empty. `None` means "does not exist".
    versions: Vec<Version<T>>,
}

#[derive(Clone, Debug)]
struct Version<T> {
    seen_from: i64,
    value: Option<T>,
}

impl<T> Lagging<T> {
    /// A value that every reader sees from `seen_from` on, and that did not exist before.
    pub fn new(value: T, seen_from: i64) -> Self {
        Self {
            versions: vec![Version {
                seen_from,
                value: Some(value),
            }],
        }
    }

    /// What was last written.
    pub fn truth(&self) -> Option<&T> {
        self.versions.last().and_then(|version| version.value.as_ref())
    }

    /// What a reader sees at `now`.
    pub fn seen(&self, now: i64) -> Option<&T> {
        self.versions
            .iter()
            .rev()
            .find(|version| version.seen_from <= now)?
            .value
            .as_ref()
    }

    /// Writes a new value (`None` removes it) that readers see from `seen_from` on.
    pub fn write(&mut self, value: Option<T>, now: i64, seen_from: i64) {
        // Versions that no reader can meet any more are dropped, all but the one that is being read now.
        let current = self
            .versions
            .iter()
            .rposition(|version| version.seen_from <= now)
            .unwrap_or(0);
        self.versions.drain(..current);
        if seen_from <= now {
            self.versions.clear();
        }
        self.versions.push(Version { seen_from, value });
    }

    /// What was last written, to be changed for every reader at once; nothing where some reader does not see it yet.
    pub fn truth_for_all(&mut self, now: i64) -> Option<&mut T> {
        let last = self.versions.len().saturating_sub(1);
        if self.versions.get(last)?.seen_from > now {
            return None;
        }
        self.versions.drain(..last);
        let version = self.versions.first_mut()?;
        version.seen_from = now;
        version.value.as_mut()
    }

    /// Whether nothing is left: not in truth, nor for any reader.
    pub fn is_gone(&self, now: i64) -> bool {
        self.truth().is_none() && self.seen(now).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_sees_a_write_only_when_its_time_has_come() {
        let mut value = Lagging::new("a", 0);
        value.write(Some("b"), 10, 15);
        assert_eq!(
            (value.truth(), value.seen(10), value.seen(15)),
            (Some(&"b"), Some(&"a"), Some(&"b"))
        );
        value.write(None, 16, 20);
        assert_eq!(
            (value.truth(), value.seen(16), value.seen(20)),
            (None, Some(&"b"), None)
        );
        assert!(!value.is_gone(19));
        assert!(value.is_gone(20));
    }

    #[test]
    fn a_value_is_changed_where_it_stands_only_if_every_reader_sees_it() {
        let mut value = Lagging::new("a".to_owned(), 0);
        value.write(Some("b".to_owned()), 10, 15);
        assert_eq!(value.truth_for_all(14), None);
        assert_eq!(value.seen(14).map(String::as_str), Some("a"));
        value.truth_for_all(15).unwrap().push('!');
        assert_eq!(value.seen(15).map(String::as_str), Some("b!"));
    }

    #[test]
    fn a_fresh_value_is_not_there_yet() {
        assert_eq!(Lagging::new(1, 5).seen(4), None);
    }
}
