//! Users: made for a lease, and taken out again.

use serde::Deserialize;
use serde_json::json;

use crate::domain::SecretText;

use super::endpoint::literal;
use super::send::Call;
use super::{GraphClient, GraphCode, GraphError, Operation, Removal, found};

const SELECT: &str = "id,userPrincipalName,employeeType";
const SWEEP_SELECT: &str = "id,userPrincipalName,employeeType,createdDateTime,deletedDateTime";

fn marked(prefix: &str) -> String {
    format!("startswith(employeeType,{})", literal(prefix))
}

/// A user to be created.
#[derive(Debug, Clone, Copy)]
pub struct NewUser<'a> {
    /// The name to sign in with.
    pub user_principal_name: &'a str,
    /// The name to show.
    pub display_name: &'a str,
    /// The mail alias, which Entra demands of everybody.
    pub mail_nickname: &'a str,
    /// Whose it is: kept in `employeeType`, which can be given at creation, selected, and filtered by its beginning.
    pub marker: &'a str,
    /// The password.
    pub password: &'a SecretText,
}

/// A user as far as we ask (Microsoft: user resource type).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The object id.
    pub id: String,
    /// The name to sign in with. A deleted user's is preceded by its id.
    pub user_principal_name: Option<String>,
    /// Where we keep whose it is.
    #[serde(rename = "employeeType")]
    pub marker: Option<String>,
    /// When it was created, as Graph writes it; only where it was asked for.
    pub created_date_time: Option<String>,
    /// When it was deleted, as Graph writes it; only where it was asked for.
    pub deleted_date_time: Option<String>,
}

impl User {
    /// Whether it bears this marker.
    pub fn bears(&self, marker: &str) -> bool {
        self.marker.as_deref() == Some(marker)
    }
}

impl GraphClient {
    /// Creates a user that can sign in at once, with a password that never expires, and gives its id.
    pub async fn create_user(&self, user: &NewUser<'_>) -> Result<String, GraphError> {
        #[derive(Deserialize)]
        struct Created {
            id: String,
        }
        let call = Call::new(Operation::CreateUser, &["users"]).body(json!({
            "accountEnabled": true,
            "displayName": user.display_name,
            "mailNickname": user.mail_nickname,
            "userPrincipalName": user.user_principal_name,
            "employeeType": user.marker,
            "passwordPolicies": "DisablePasswordExpiration",
            "passwordProfile": {
                "password": user.password.expose(),
                "forceChangePasswordNextSignIn": false,
            },
        }));
        let created: Created = self.send(&call).await?.json()?;
        Ok(created.id)
    }

    /// The user that signs in with this name.
    pub async fn find_user(&self, user_principal_name: &str) -> Result<Option<User>, GraphError> {
        let filter = format!("userPrincipalName eq {}", literal(user_principal_name));
        let call = Call::new(Operation::ListUsers, &["users"])
            .query("$filter", filter)
            .query("$select", SELECT);
        let users: Vec<User> = self.list(&call, 1).await?;
        Ok(users.into_iter().next())
    }

    /// Whether a user of this id can be read.
    pub async fn user_exists(&self, id: &str) -> Result<bool, GraphError> {
        let path = ["users", id];
        let call = Call::new(Operation::ReadUser, &path).query("$select", "id");
        Ok(found(self.send(&call).await)?.is_some())
    }

    /// Keeps a user from signing in.
    pub async fn disable_user(&self, id: &str) -> Result<Removal, GraphError> {
        let path = ["users", id];
        let call = Call::new(Operation::DisableUser, &path).body(json!({ "accountEnabled": false }));
        Removal::of(self.send(&call).await)
    }

    /// Ends the sessions of a user. Access tokens that are out live on until their end, an hour or so.
    pub async fn revoke_sessions(&self, id: &str) -> Result<Removal, GraphError> {
        let path = ["users", id, "revokeSignInSessions"];
        Removal::of(self.send(&Call::new(Operation::RevokeSessions, &path)).await)
    }

    /// Deletes a user, restorable for 30 days.
    pub async fn delete_user(&self, id: &str) -> Result<Removal, GraphError> {
        let path = ["users", id];
        Removal::of(self.send(&Call::new(Operation::DeleteUser, &path)).await)
    }

    /// The deleted user that bears this marker.
    pub async fn find_deleted_user(&self, marker: &str) -> Result<Option<User>, GraphError> {
        // Where the filter is not taken, all are read; a tenant that keeps more than this has other worries.
        const MOST: usize = 50_000;
        let path = ["directory", "deletedItems", "microsoft.graph.user"];
        let all = || {
            Call::new(Operation::ListDeletedUsers, &path)
                .query("$select", SELECT)
                .query("$top", "999")
        };
        let filtered = all()
            .query("$filter", format!("employeeType eq {}", literal(marker)))
            .advanced();
        let users: Vec<User> = match self.list(&filtered, MOST).await {
            Err(GraphError::Refused {
                code: GraphCode::UnsupportedQuery | GraphCode::BadRequest,
                ..
            }) => self.list(&all(), MOST).await?,
            result => result?,
        };
        Ok(users.into_iter().find(|user| user.bears(marker)))
    }

    /// The users whose marker begins like this. Asked of the eventual index, the only one that knows markers: one made or deleted a
    /// moment ago may be missing or still there.
    pub async fn users_marked(&self, prefix: &str) -> Result<Vec<User>, GraphError> {
        let call = Call::new(Operation::SweepUsers, &["users"])
            .query("$select", SWEEP_SELECT)
            .query("$top", "999")
            .query("$filter", marked(prefix))
            .advanced();
        self.users_of(&call, prefix).await
    }

    /// The deleted users whose marker begins like this.
    pub async fn deleted_users_marked(&self, prefix: &str) -> Result<Vec<User>, GraphError> {
        let path = ["directory", "deletedItems", "microsoft.graph.user"];
        let all = || {
            Call::new(Operation::SweepDeletedUsers, &path)
                .query("$select", SWEEP_SELECT)
                .query("$top", "999")
        };
        match self
            .users_of(&all().query("$filter", marked(prefix)).advanced(), prefix)
            .await
        {
            // Where the filter is not taken, all are read.
            Err(GraphError::Refused {
                code: GraphCode::UnsupportedQuery | GraphCode::BadRequest,
                ..
            }) => self.users_of(&all(), prefix).await,
            result => result,
        }
    }

    /// Of the users that a call lists, those whose marker begins like this: Graph compares without regard to case, and we don't.
    async fn users_of(&self, call: &Call<'_>, prefix: &str) -> Result<Vec<User>, GraphError> {
        let mut users: Vec<User> = Vec::new();
        self.each_page(call, |page: Vec<User>| {
            users.extend(page.into_iter().filter(|user| {
                user.marker
                    .as_deref()
                    .is_some_and(|marker| marker.starts_with(prefix))
            }));
            true
        })
        .await?;
        Ok(users)
    }

    /// Whether a deleted user of this id can be read.
    pub async fn deleted_user_exists(&self, id: &str) -> Result<bool, GraphError> {
        let path = ["directory", "deletedItems", id];
        let call = Call::new(Operation::ReadDeletedUser, &path).query("$select", "id");
        Ok(found(self.send(&call).await)?.is_some())
    }

    /// Deletes a deleted user for good.
    pub async fn purge_user(&self, id: &str) -> Result<Removal, GraphError> {
        let path = ["directory", "deletedItems", id];
        Removal::of(self.send(&Call::new(Operation::PurgeUser, &path)).await)
    }
}
