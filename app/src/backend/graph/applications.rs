//! Applications and their client secrets.

use serde::Deserialize;
use serde_json::json;

use crate::domain::spec::check_object_id;
use crate::domain::{DirectoryApplication, SecretText, Timestamp};

use super::batch::Part;
use super::endpoint::{literal, search, words};
use super::send::Call;
use super::{GraphClient, GraphError, Operation, Removal, found};

const SELECT: &str = "id,appId,displayName,signInAudience,passwordCredentials";

/// An application with its client secrets (Microsoft: application resource type).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Application {
    /// The object id.
    pub id: String,
    /// The application (client) id.
    pub app_id: String,
    /// Its name.
    pub display_name: Option<String>,
    /// Who may sign in, such as `AzureADMyOrg`.
    pub sign_in_audience: Option<String>,
    /// Its client secrets, without their values.
    #[serde(default)]
    pub password_credentials: Vec<PasswordCredential>,
}

impl Application {
    /// Its name, or its client id where it has none.
    pub fn name(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.app_id)
    }

    /// How many client secrets it may hold at a time; nothing where only its size limits it. Applications for personal accounts
    /// may hold two (Microsoft: validation differences by supported account types).
    pub fn most_secrets(&self) -> Option<usize> {
        match self.sign_in_audience.as_deref() {
            Some("AzureADandPersonalMicrosoftAccount" | "PersonalMicrosoftAccount") => Some(2),
            Some(_) | None => None,
        }
    }

    /// The ids of its client secrets that bear this display name.
    pub fn secrets_named(&self, display_name: &str) -> Vec<&str> {
        self.password_credentials
            .iter()
            .filter(|secret| secret.display_name.as_deref() == Some(display_name))
            .map(|secret| secret.key_id.as_str())
            .collect()
    }
}

/// A client secret as it can be read: without its value.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PasswordCredential {
    /// Its id.
    pub key_id: String,
    /// Its name.
    pub display_name: Option<String>,
    /// From when it is good, as Graph writes it.
    pub start_date_time: Option<String>,
    /// When it ends, as Graph writes it.
    pub end_date_time: Option<String>,
}

/// A client secret at the only moment when its value is told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddedPassword {
    /// Its id.
    pub key_id: String,
    /// Its value.
    pub secret_text: SecretText,
}

impl GraphClient {
    /// An application by its object id.
    pub async fn application(&self, object_id: &str) -> Result<Option<Application>, GraphError> {
        let path = ["applications", object_id];
        let call = Call::new(Operation::ReadApplication, &path).query("$select", SELECT);
        found(self.send(&call).await)?
            .map(|answer| answer.json())
            .transpose()
    }

    /// An application as it was within the last seconds, without its client secrets: its name, client id and audience hardly change.
    pub async fn application_lately(&self, object_id: &str) -> Result<Option<Application>, GraphError> {
        if let Some(known) = self.inner.known.get(object_id) {
            return Ok(Some(known));
        }
        let found = self.application(object_id).await?;
        if let Some(application) = &found {
            self.inner.known.keep(Application {
                password_credentials: Vec::new(),
                ..application.clone()
            });
        }
        Ok(found)
    }

    /// Applications whose name contains the words, or which have this object or client id; all where nothing is said.
    pub async fn search_applications(
        &self,
        query: &str,
        limit: usize,
    ) -> Result<Vec<DirectoryApplication>, GraphError> {
        let query = &words(query);
        let call = Call::new(Operation::ListApplications, &["applications"])
            .query("$select", SELECT)
            .query("$top", limit.clamp(1, 999).to_string());
        let call = if query.is_empty() {
            call
        } else if check_object_id(query).is_ok() {
            let id = literal(query);
            call.query("$filter", format!("id eq {id} or appId eq {id}"))
        } else {
            call.query("$search", search("displayName", query)).advanced()
        };
        let found: Vec<Application> = self.list(&call, limit).await?;
        let mut rows: Vec<_> = found
            .into_iter()
            .map(|application| self.row(application))
            .collect();
        rows.sort_by_key(|row| row.display_name.to_lowercase());
        Ok(rows)
    }

    /// Hands over every application of the tenant, with its client secrets, page by page: a large tenant has tens of thousands.
    pub async fn each_application(&self, mut take: impl FnMut(Application)) -> Result<(), GraphError> {
        let call = Call::new(Operation::SweepApplications, &["applications"])
            .query("$select", "id,appId,displayName,passwordCredentials")
            .query("$top", "999");
        self.each_page(&call, |page: Vec<Application>| {
            page.into_iter().for_each(&mut take);
            true
        })
        .await
    }

    fn row(&self, application: Application) -> DirectoryApplication {
        DirectoryApplication {
            display_name: application.name().to_owned(),
            secrets: application.password_credentials.len(),
            is_own: self.is_own(&application),
            id: application.id,
            app_id: application.app_id,
            sign_in_audience: application.sign_in_audience,
        }
    }

    /// Whether it is the application that we sign in as ourselves: no lease may be issued for it.
    pub fn is_own(&self, application: &Application) -> bool {
        application.app_id.eq_ignore_ascii_case(self.client_id())
    }

    /// Adds a client secret that Entra itself ends at `ends_at`. Hold the application's lock.
    pub async fn add_password(
        &self,
        object_id: &str,
        display_name: &str,
        ends_at: Timestamp,
    ) -> Result<AddedPassword, GraphError> {
        let path = ["applications", object_id, "addPassword"];
        let call = Call::new(Operation::AddPassword, &path).body(json!({
            "passwordCredential": { "displayName": display_name, "endDateTime": ends_at.to_string() }
        }));
        let added = self.send(&call).await;
        if let Err(GraphError::NotFound { .. }) = &added {
            self.inner.known.forget(object_id);
        }
        added?.json()
    }

    /// Removes a client secret. Hold the application's lock. "Not there" is not certain soon after it was added.
    pub async fn remove_password(&self, object_id: &str, key_id: &str) -> Result<Removal, GraphError> {
        let path = ["applications", object_id, "removePassword"];
        let call = Call::new(Operation::RemovePassword, &path).body(json!({ "keyId": key_id }));
        removal(self.send(&call).await.map(drop))
    }

    /// Removes client secrets of one application; one result each. Hold the application's lock. The error is one of all of them.
    pub async fn remove_passwords(
        &self,
        object_id: &str,
        key_ids: &[&str],
    ) -> Result<Vec<Result<Removal, GraphError>>, GraphError> {
        if let [key_id] = key_ids {
            return Ok(vec![self.remove_password(object_id, key_id).await]);
        }
        let path = format!("/applications/{object_id}/removePassword");
        let parts: Vec<_> = key_ids
            .iter()
            .map(|key_id| Part {
                path: path.clone(),
                body: json!({ "keyId": key_id }),
            })
            .collect();
        let results = self.batch(Operation::RemovePassword, &parts).await?;
        Ok(results.into_iter().map(removal).collect())
    }
}

fn removal(result: Result<(), GraphError>) -> Result<Removal, GraphError> {
    match result {
        Err(refused) if refused.is_no_such_password() => Ok(Removal::NotThere),
        Err(GraphError::NotFound { .. }) => Ok(Removal::NotThere),
        Err(other) => Err(other),
        Ok(()) => Ok(Removal::Removed),
    }
}
