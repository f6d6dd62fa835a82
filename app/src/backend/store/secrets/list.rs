//! Lists of items, by path, and the folders that the paths imply.

use std::collections::BTreeMap;

use super::super::columns::Columns;
use super::super::cursor::{List, rows_for};
use super::super::{Store, StoreError};
use super::{read, select_secrets};
use crate::domain::{DynamicSecret, Folder, FolderPath, ItemPath, Kind, Limit, Page, TargetName};

/// Which items to list; nothing means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretFilter {
    /// In this folder and below it.
    pub folder: Option<FolderPath>,
    /// With this text in path, description, a tag or the name of what it acts on; the case of A to Z does not matter.
    pub query: Option<String>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// On the target of this name.
    pub target: Option<TargetName>,
}

/// The index on `path` gives range and order; the other filters narrow what it finds.
pub(in super::super) const LIST: &str = select_secrets!(
    "WHERE s.path > ?1 AND s.path < ?2
       AND (?3 IS NULL OR s.kind = ?3)
       AND (?4 IS NULL OR t.name = ?4)
       AND (?5 IS NULL OR instr(lower(s.path), ?5) > 0 OR instr(lower(s.description), ?5) > 0
            OR EXISTS (SELECT 1 FROM json_each(s.tags) WHERE instr(lower(value), ?5) > 0)
            OR EXISTS (SELECT 1 FROM json_each(s.names) WHERE instr(lower(value), ?5) > 0))
     ORDER BY s.path LIMIT ?6"
);

impl Store {
    /// The items that pass the filter, by path.
    pub async fn list_secrets(
        &self,
        filter: &SecretFilter,
        limit: Limit,
        after: Option<&str>,
    ) -> Result<Page<DynamicSecret>, StoreError> {
        let after = List::Secrets.key(after, ItemPath::parse)?;
        let folder = filter.folder.as_ref().filter(|folder| !folder.is_root());
        let folder = folder.map_or("", FolderPath::as_str);
        // "0" follows "/" in ASCII: between the two lies what begins with "/prod/".
        let (first, end) = (format!("{folder}/"), format!("{folder}0"));
        let first = after.map_or(first.clone(), |after| first.max(after.to_string()));
        let rows = sqlx::query(LIST)
            .bind(first)
            .bind(end)
            .bind(filter.kind.map(Kind::as_str))
            .bind(filter.target.as_ref().map(TargetName::as_str))
            .bind(filter.query.as_ref().map(|query| query.to_ascii_lowercase()))
            .bind(rows_for(limit))
            .fetch_all(self.readers())
            .await?;
        let secrets = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(List::Secrets.page(secrets, limit, |secret| secret.path.to_string()))
    }

    /// Every folder that the paths imply, the root first, each with the items in it and below it.
    pub async fn folders(&self) -> Result<Vec<Folder>, StoreError> {
        let rows = sqlx::query("SELECT path FROM secrets")
            .fetch_all(self.readers())
            .await?;
        let mut counts = BTreeMap::from([(FolderPath::root(), 0)]);
        for row in &rows {
            let columns = Columns::of("secrets", row);
            let folder = columns.parse("path", ItemPath::parse)?.folder();
            for above in lineage(&folder) {
                let above = FolderPath::parse(above).map_err(|why| columns.corrupt("path", why.0))?;
                *counts.entry(above).or_default() += 1;
            }
        }
        let folders = counts.into_iter().map(|(path, items)| Folder { path, items });
        Ok(folders.collect())
    }
}

/// A folder and every folder above it: `/prod/eu`, `/prod`, `/`.
fn lineage(folder: &FolderPath) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder.as_str()), |path| match path.rsplit_once('/')? {
        ("", "") => None,
        ("", _) => Some("/"),
        (above, _) => Some(above),
    })
}
