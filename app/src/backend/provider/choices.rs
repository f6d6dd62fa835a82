//! The groups and directory roles that a spec names: looked up, and refused where a lease could not hand them out.

use std::collections::BTreeMap;

use futures::future::try_join_all;

use crate::backend::graph::GraphClient;
use crate::domain::{DirectoryGroup, DirectoryRole};

use super::CheckError;

/// The names of these groups and roles by id, or why one of them can't be. `spec` is the dotted path of the fields
/// `groups` and `roles`.
pub(super) async fn check(
    graph: &GraphClient,
    spec: &str,
    group_ids: &[String],
    role_ids: &[String],
) -> Result<BTreeMap<String, String>, CheckError> {
    let groups: Vec<Option<DirectoryGroup>> =
        try_join_all(group_ids.iter().map(|id| graph.group(id))).await?;
    let roles: Vec<Option<DirectoryRole>> = try_join_all(role_ids.iter().map(|id| graph.role(id))).await?;
    let mut names = BTreeMap::new();
    for (index, (id, group)) in group_ids.iter().zip(groups).enumerate() {
        let field = format!("{spec}.groups[{index}]");
        let Some(group) = group else {
            return Err(CheckError::refused(
                field,
                format!("the tenant has no group {id}"),
            ));
        };
        if let Some(why) = group.membership.refusal() {
            return Err(CheckError::refused(
                field,
                format!("{} can't be joined: {why}", group.display_name),
            ));
        }
        names.insert(id.clone(), group.display_name);
    }
    for (index, (id, role)) in role_ids.iter().zip(roles).enumerate() {
        let Some(role) = role else {
            let field = format!("{spec}.roles[{index}]");
            return Err(CheckError::refused(
                field,
                format!("the tenant has no directory role with the template id {id}"),
            ));
        };
        names.insert(id.clone(), role.display_name);
    }
    Ok(names)
}
