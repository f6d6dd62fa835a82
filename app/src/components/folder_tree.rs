//! The folders as a tree of links: nested lists, the open branch unfolded.

use leptos::prelude::*;

use super::icon::{Icon, IconView};
use crate::domain::{Folder, FolderPath};
use crate::routes;

/// A folder and those in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Branch {
    path: String,
    name: String,
    items: u64,
    below: Vec<Branch>,
}

/// Puts the folders, which come by path, into each other.
fn grow(folders: Vec<Folder>) -> Vec<Branch> {
    let mut roots = Vec::new();
    for folder in folders.into_iter().filter(|folder| !folder.path.is_root()) {
        let path = folder.path.as_str();
        let mut level = &mut roots;
        let mut so_far = String::new();
        for name in path.split('/').skip(1) {
            so_far.push('/');
            so_far.push_str(name);
            let at = level
                .iter()
                .position(|branch: &Branch| branch.name == name)
                .unwrap_or_else(|| {
                    level.push(Branch {
                        path: so_far.clone(),
                        name: name.to_owned(),
                        items: 0,
                        below: Vec::new(),
                    });
                    level.len() - 1
                });
            if so_far == path {
                level[at].items = folder.items;
            }
            level = &mut level[at].below;
        }
    }
    roots
}

/// The tree.
#[component]
pub fn FolderTree(
    /// The folders, by path.
    folders: Vec<Folder>,
    /// The folder that is shown.
    current: FolderPath,
) -> impl IntoView {
    let whole = folders
        .iter()
        .find(|folder| folder.path.is_root())
        .map(|folder| folder.items);
    let branches = grow(folders);
    let at_root = current.is_root().then_some("page");
    let current = String::from(current);
    view! {
        <nav class="tree" aria-label="Folders">
            <ul>
                <li>
                    <a href=routes::items() aria-current=at_root>
                        <IconView icon=Icon::FolderOpen />
                        <span>"All items"</span>
                        {whole.map(|count| view! { <span class="filter-count">{count}</span> })}
                    </a>
                    {level(branches, &current)}
                </li>
            </ul>
        </nav>
    }
}

fn level(branches: Vec<Branch>, current: &str) -> Option<AnyView> {
    if branches.is_empty() {
        return None;
    }
    let rows: Vec<_> = branches.into_iter().map(|branch| row(branch, current)).collect();
    Some(view! { <ul>{rows}</ul> }.into_any())
}

/// A folder; those in it where it, or one of them, is shown.
fn row(branch: Branch, current: &str) -> AnyView {
    let is_current = branch.path == current;
    let is_open = is_current || current.starts_with(&format!("{}/", branch.path));
    let below = if is_open {
        level(branch.below, current)
    } else {
        None
    };
    let href = routes::with_query(&routes::items(), &[("folder", &branch.path)]);
    let icon = if is_open { Icon::FolderOpen } else { Icon::Folder };
    view! {
        <li>
            <a href=href aria-current=is_current.then_some("page")>
                <IconView icon />
                <span>{branch.name}</span>
                <span class="filter-count">{branch.items}</span>
            </a>
            {below}
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_stand_in_their_parents() {
        let folder = |path: &str, items| Folder {
            path: FolderPath::parse(path).unwrap(),
            items,
        };
        let grown = grow(vec![
            folder("/", 5),
            folder("/dev", 1),
            folder("/prod", 4),
            folder("/prod/billing", 2),
        ]);
        assert_eq!(
            grown
                .iter()
                .map(|branch| branch.path.as_str())
                .collect::<Vec<_>>(),
            ["/dev", "/prod"]
        );
        assert_eq!((grown[1].items, grown[1].below[0].items), (4, 2));
        assert_eq!(grown[1].below[0].path, "/prod/billing");
    }

    #[test]
    fn a_parent_without_a_row_is_made() {
        let grown = grow(vec![Folder {
            path: FolderPath::parse("/a/b").unwrap(),
            items: 1,
        }]);
        assert_eq!(
            (grown[0].path.as_str(), grown[0].below[0].path.as_str()),
            ("/a", "/a/b")
        );
    }
}
