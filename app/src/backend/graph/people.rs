//! Users that exist already: found, never made.

use serde::Deserialize;

use crate::domain::DirectoryUser;
use crate::domain::spec::check_object_id;

use super::endpoint::{literal, search, words};
use super::send::Call;
use super::{GraphClient, GraphError, Operation, found};

const SELECT: &str = "id,displayName,userPrincipalName";
const SELECT_ROW: &str =
    "id,displayName,userPrincipalName,jobTitle,accountEnabled,userType,onPremisesSyncEnabled";

/// A user who exists.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The object id.
    pub id: String,
    /// The name to sign in with.
    pub user_principal_name: String,
    /// The name to show.
    pub display_name: Option<String>,
}

/// A user as a picker shows it (Microsoft: user resource type).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    user_principal_name: String,
    display_name: Option<String>,
    job_title: Option<String>,
    account_enabled: Option<bool>,
    user_type: Option<String>,
    on_premises_sync_enabled: Option<bool>,
}

impl From<Row> for DirectoryUser {
    fn from(row: Row) -> Self {
        Self {
            display_name: row
                .display_name
                .unwrap_or_else(|| row.user_principal_name.clone()),
            job_title: row.job_title.filter(|text| !text.is_empty()),
            enabled: row.account_enabled,
            guest: row.user_type.as_deref() == Some("Guest"),
            synced: row.on_premises_sync_enabled == Some(true),
            id: row.id,
            user_principal_name: row.user_principal_name,
        }
    }
}

impl GraphClient {
    /// The user of this object id.
    pub async fn person(&self, id: &str) -> Result<Option<Person>, GraphError> {
        let path = ["users", id];
        let call = Call::new(Operation::ReadUser, &path).query("$select", SELECT);
        found(self.send(&call).await)?
            .map(|answer| answer.json())
            .transpose()
    }

    /// The user who signs in with this name.
    pub async fn person_named(&self, user_principal_name: &str) -> Result<Option<Person>, GraphError> {
        let filter = format!("userPrincipalName eq {}", literal(user_principal_name));
        Ok(self.people(filter, 1).await?.into_iter().next())
    }

    /// The users who are shown under exactly this name; no more than `limit`.
    pub async fn people_called(&self, display_name: &str, limit: usize) -> Result<Vec<Person>, GraphError> {
        let filter = format!("displayName eq {}", literal(display_name));
        self.people(filter, limit).await
    }

    async fn people(&self, filter: String, limit: usize) -> Result<Vec<Person>, GraphError> {
        let call = Call::new(Operation::ListUsers, &["users"])
            .query("$filter", filter)
            .query("$select", SELECT);
        self.list(&call, limit).await
    }

    /// Users whose name contains the words or who sign in with a name that begins with them, or which have this object id; all
    /// where nothing is said.
    pub async fn search_users(&self, query: &str, limit: usize) -> Result<Vec<DirectoryUser>, GraphError> {
        let query = &words(query);
        let call = Call::new(Operation::ListUsers, &["users"])
            .query("$select", SELECT_ROW)
            .query("$top", limit.clamp(1, 999).to_string());
        let call = if query.is_empty() {
            call
        } else if check_object_id(query).is_ok() {
            call.query("$filter", format!("id eq {}", literal(query)))
        } else {
            let either = format!(
                "{} OR {}",
                search("displayName", query),
                search("userPrincipalName", query)
            );
            call.query("$search", either).advanced()
        };
        let found: Vec<Row> = self.list(&call, limit).await?;
        let mut rows: Vec<_> = found.into_iter().map(DirectoryUser::from).collect();
        rows.sort_by_key(|row| row.display_name.to_lowercase());
        Ok(rows)
    }
}
