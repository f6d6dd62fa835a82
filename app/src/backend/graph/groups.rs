//! Groups and their members.

use serde::Deserialize;
use serde_json::json;

use crate::domain::spec::check_object_id;
use crate::domain::{DirectoryGroup, GroupMembershipRule};

use super::endpoint::{literal, search};
use super::send::Call;
use super::{GraphClient, GraphError, Operation, Removal, found};

const SELECT: &str = "id,displayName,description,groupTypes,mailEnabled,securityEnabled,onPremisesSyncEnabled,isAssignableToRole";

/// A group as Graph shows it (Microsoft: group resource type).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    id: String,
    display_name: Option<String>,
    description: Option<String>,
    #[serde(default, rename = "groupTypes")]
    types: Vec<String>,
    mail_enabled: Option<bool>,
    on_premises_sync_enabled: Option<bool>,
    is_assignable_to_role: Option<bool>,
}

impl Group {
    fn membership(&self) -> GroupMembershipRule {
        let is = |kind: &str| self.types.iter().any(|text| text == kind);
        if is("DynamicMembership") {
            GroupMembershipRule::Dynamic
        } else if self.on_premises_sync_enabled == Some(true) {
            GroupMembershipRule::Synced
        } else if self.mail_enabled == Some(true) && !is("Unified") {
            GroupMembershipRule::Exchange
        } else {
            GroupMembershipRule::Assigned
        }
    }
}

impl From<Group> for DirectoryGroup {
    fn from(group: Group) -> Self {
        Self {
            membership: group.membership(),
            role_assignable: group.is_assignable_to_role == Some(true),
            display_name: group.display_name.unwrap_or_else(|| group.id.clone()),
            description: group.description.filter(|text| !text.is_empty()),
            id: group.id,
        }
    }
}

impl GraphClient {
    /// A group by its object id.
    pub async fn group(&self, id: &str) -> Result<Option<DirectoryGroup>, GraphError> {
        let path = ["groups", id];
        let call = Call::new(Operation::ReadGroup, &path).query("$select", SELECT);
        let group: Option<Group> = found(self.send(&call).await)?
            .map(|answer| answer.json())
            .transpose()?;
        Ok(group.map(DirectoryGroup::from))
    }

    /// Groups whose name contains the words, or which have this object id; all where nothing is said.
    pub async fn search_groups(&self, query: &str, limit: usize) -> Result<Vec<DirectoryGroup>, GraphError> {
        let query = query.trim();
        let call = Call::new(Operation::ListGroups, &["groups"])
            .query("$select", SELECT)
            .query("$top", limit.clamp(1, 999).to_string());
        let call = if query.is_empty() {
            call
        } else if check_object_id(query).is_ok() {
            call.query("$filter", format!("id eq {}", literal(query)))
        } else {
            call.query("$search", search("displayName", query)).advanced()
        };
        let found: Vec<Group> = self.list(&call, limit).await?;
        let mut rows: Vec<_> = found.into_iter().map(DirectoryGroup::from).collect();
        rows.sort_by_key(|row| row.display_name.to_lowercase());
        Ok(rows)
    }

    /// Adds a user to a group. Where it is a member already, that is an error: see [`GraphError::is_already_there`].
    pub async fn add_member(&self, group_id: &str, user_id: &str) -> Result<(), GraphError> {
        let path = ["groups", group_id, "members", "$ref"];
        let member = self.reference(&["directoryObjects", user_id]);
        let call = Call::new(Operation::AddMember, &path).body(json!({ "@odata.id": member }));
        self.send(&call).await.map(drop)
    }

    /// Removes a user from a group. "Not there" also stands for a group or user that is gone.
    pub async fn remove_member(&self, group_id: &str, user_id: &str) -> Result<Removal, GraphError> {
        let path = ["groups", group_id, "members", user_id, "$ref"];
        let call = Call::new(Operation::RemoveMember, &path);
        match self.send(&call).await {
            Err(refused) if refused.is_not_yet_there() => Ok(Removal::NotThere),
            result => Removal::of(result),
        }
    }

    /// The ids of the groups and roles that a user is directly a member of; nothing where there is no such user.
    pub async fn memberships(&self, user_id: &str) -> Result<Option<Vec<String>>, GraphError> {
        #[derive(Deserialize)]
        struct Entry {
            id: String,
        }
        // More than any group membership of a user that we made ourselves.
        const MOST: usize = 10_000;
        let path = ["users", user_id, "memberOf"];
        let call = Call::new(Operation::ListMemberships, &path)
            .query("$select", "id")
            .query("$top", "999");
        let entries: Option<Vec<Entry>> = found(self.list(&call, MOST).await)?;
        Ok(entries.map(|entries| entries.into_iter().map(|entry| entry.id).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_members_come_to_be_is_read_from_the_group() {
        let rule = |text: &str| serde_json::from_str::<Group>(text).unwrap().membership();
        assert_eq!(
            rule(r#"{"id":"1","groupTypes":["DynamicMembership","Unified"]}"#),
            GroupMembershipRule::Dynamic
        );
        assert_eq!(
            rule(r#"{"id":"1","onPremisesSyncEnabled":true}"#),
            GroupMembershipRule::Synced
        );
        assert_eq!(
            rule(r#"{"id":"1","mailEnabled":true,"securityEnabled":true}"#),
            GroupMembershipRule::Exchange
        );
        assert_eq!(
            rule(r#"{"id":"1","mailEnabled":true,"groupTypes":["Unified"]}"#),
            GroupMembershipRule::Assigned
        );
        assert_eq!(
            rule(r#"{"id":"1","onPremisesSyncEnabled":null}"#),
            GroupMembershipRule::Assigned
        );
    }
}
