//! Where an item stands: `/prod/billing/deploy`. Folders are implied by the paths of the items in them.

use serde::{Deserialize, Serialize};

use super::{Invalid, text_newtype};

const MAX_SEGMENT: usize = 64;
const MAX_PATH: usize = 512;

/// The path of an item: `/`, then segments of letters, digits, `-`, `_` and `.`, parted by `/`; the last is the item's name.
/// At most 64 characters a segment and 512 in all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ItemPath(String);

text_newtype!(ItemPath);

impl ItemPath {
    /// Reads a path, with a reason for each way in which it can be wrong.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let Some(rest) = text.strip_prefix('/') else {
            return Err(Invalid::new(
                "a path begins with \"/\", as in /prod/billing/deploy",
            ));
        };
        if rest.is_empty() {
            return Err(Invalid::new(
                "name the item after the \"/\", as in /prod/billing/deploy",
            ));
        }
        check_segments(rest, text.len())?;
        Ok(Self(text.to_owned()))
    }

    /// The item's name: the last segment.
    pub fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or(self.0.as_str(), |(_, name)| name)
    }

    /// The folder that it stands in.
    pub fn folder(&self) -> FolderPath {
        match self.0.rsplit_once('/') {
            Some(("", _)) | None => FolderPath::root(),
            Some((folder, _)) => FolderPath(folder.to_owned()),
        }
    }
}

/// A folder: `/` or `/prod/billing`, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FolderPath(String);

text_newtype!(FolderPath);

impl FolderPath {
    /// The folder that everything is in.
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// Reads a folder's path; a slash at its end is allowed and dropped.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let Some(rest) = text.strip_prefix('/') else {
            return Err(Invalid::new("a folder begins with \"/\", as in /prod/billing"));
        };
        if rest.is_empty() {
            return Ok(Self::root());
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        check_segments(rest, text.len())?;
        Ok(Self(format!("/{rest}")))
    }

    /// Whether this is the folder that everything is in.
    pub fn is_root(&self) -> bool {
        self.0 == "/"
    }

    /// Whether an item stands in this folder or in one below it.
    pub fn holds(&self, path: &ItemPath) -> bool {
        self.is_root()
            || path
                .as_str()
                .strip_prefix(&self.0)
                .is_some_and(|rest| rest.starts_with('/'))
    }

    /// The path of an item of this name in this folder.
    pub fn join(&self, name: &str) -> Result<ItemPath, Invalid> {
        if name.contains('/') {
            return Err(Invalid::new(
                "a name has no \"/\"; write the folder under Location",
            ));
        }
        ItemPath::parse(&if self.is_root() {
            format!("/{name}")
        } else {
            format!("{}/{name}", self.0)
        })
    }
}

fn check_segments(rest: &str, whole: usize) -> Result<(), Invalid> {
    if whole > MAX_PATH {
        return Err(Invalid::new(format!("a path has at most {MAX_PATH} characters")));
    }
    rest.split('/').try_for_each(check_segment)
}

fn check_segment(segment: &str) -> Result<(), Invalid> {
    if segment.is_empty() {
        return Err(Invalid::new(
            "two slashes stand side by side, or one at the end: a name is missing there",
        ));
    }
    if segment.len() > MAX_SEGMENT {
        return Err(Invalid::new(format!(
            "\"{}…\" is longer than {MAX_SEGMENT} characters",
            segment.chars().take(16).collect::<String>()
        )));
    }
    if segment == "." || segment == ".." {
        return Err(Invalid::new("\".\" and \"..\" are not names"));
    }
    match segment
        .chars()
        .find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
    {
        None => Ok(()),
        Some(' ') => Err(Invalid::new("a name has no spaces; use \"-\"")),
        Some(other) => Err(Invalid::new(format!(
            "{other:?} can't stand in a name; use letters, digits, \"-\", \"_\" and \".\""
        ))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_good_path_splits_and_joins(segments in proptest::collection::vec("[A-Za-z0-9_-][A-Za-z0-9._-]{0,20}", 1..6)) {
            let text = format!("/{}", segments.join("/"));
            let path = ItemPath::parse(&text).unwrap();
            prop_assert_eq!(path.folder().join(path.name()).unwrap(), path.clone());
            prop_assert!(path.folder().holds(&path));
            prop_assert!(FolderPath::root().holds(&path));
        }

        #[test]
        fn what_is_accepted_is_clean(text in ".{0,80}") {
            if let Ok(path) = ItemPath::parse(&text) {
                prop_assert!(path.as_str().starts_with('/') && !path.as_str().ends_with('/'));
                prop_assert!(!path.as_str().contains("//") && path.as_str().is_ascii());
            }
        }

        #[test]
        fn a_folder_does_not_hold_its_namesakes(name in "[a-z]{1,8}", more in "[a-z]{1,8}") {
            let folder = FolderPath::parse(&format!("/{name}")).unwrap();
            let namesake = ItemPath::parse(&format!("/{name}{more}/item")).unwrap();
            prop_assert!(!folder.holds(&namesake));
        }
    }

    #[test]
    fn each_bad_path_has_its_reason() {
        for (text, hint) in [
            ("prod/x", "begins with"),
            ("/", "name the item"),
            ("/a//b", "side by side"),
            ("/a/", "at the end"),
            ("/a b", "spaces"),
            ("/a/../b", "are not names"),
            ("/ä", "can't stand"),
        ] {
            let reason = ItemPath::parse(text).unwrap_err().0;
            assert!(reason.contains(hint), "{text}: {reason}");
        }
        assert!(ItemPath::parse(&format!("/{}", "x".repeat(65))).is_err());
        assert!(ItemPath::parse(&"/x".repeat(300)).is_err());
    }
}
