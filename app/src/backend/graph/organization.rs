//! The tenant itself: its name and its domains.

use serde::Deserialize;

use crate::domain::DirectoryDomain;

use super::send::Call;
use super::{GraphClient, GraphError, Operation};

/// The tenant (Microsoft: organization resource type).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// The tenant's id.
    pub id: String,
    /// Its name.
    pub display_name: String,
    /// Its verified domains.
    pub domains: Vec<DirectoryDomain>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    display_name: Option<String>,
    #[serde(default)]
    verified_domains: Vec<Domain>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Domain {
    name: String,
    is_default: Option<bool>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl From<Domain> for DirectoryDomain {
    fn from(domain: Domain) -> Self {
        Self {
            name: domain.name,
            is_default: domain.is_default == Some(true),
            managed: domain.kind.as_deref() != Some("Federated"),
        }
    }
}

impl GraphClient {
    /// The tenant's name and domains. One call for both, because it needs less than reading `/domains` does.
    pub async fn organization(&self) -> Result<Organization, GraphError> {
        let call = Call::new(Operation::ReadOrganization, &["organization"])
            .query("$select", "id,displayName,verifiedDomains");
        let rows: Vec<Row> = self.list(&call, 1).await?;
        let row = rows.into_iter().next().ok_or_else(|| GraphError::Malformed {
            detail: "the tenant does not name itself".to_owned(),
        })?;
        Ok(Organization {
            id: row.id,
            display_name: row.display_name.unwrap_or_default(),
            domains: row
                .verified_domains
                .into_iter()
                .map(DirectoryDomain::from)
                .collect(),
        })
    }

    /// The verified domains of the tenant, the default one first.
    pub async fn domains(&self) -> Result<Vec<DirectoryDomain>, GraphError> {
        let mut domains = self.organization().await?.domains;
        domains.sort_by(|a, b| b.is_default.cmp(&a.is_default).then_with(|| a.name.cmp(&b.name)));
        Ok(domains)
    }
}
