//! Directory roles and their assignments.

use serde::Deserialize;
use serde_json::json;

use crate::domain::DirectoryRole;

use super::endpoint::literal;
use super::send::Call;
use super::{GraphClient, GraphError, Operation, Removal, found};

/// Template ids of the built-in roles that Microsoft labels as privileged (Microsoft: privileged roles and permissions in Entra ID).
/// Graph v1.0 does not tell.
const PRIVILEGED: [&str; 22] = [
    "62e90394-69f5-4237-9190-012177145e10", // Global Administrator
    "e8611ab8-c189-46e8-94e1-60213ab1f814", // Privileged Role Administrator
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13", // Privileged Authentication Administrator
    "c4e39bd9-1100-46d3-8c65-fb160da0071f", // Authentication Administrator
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", // Application Administrator
    "158c047a-c907-4556-b7ef-446551a6b5f7", // Cloud Application Administrator
    "cf1c38e5-3621-4004-a7cb-879624dced7c", // Application Developer
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9", // Conditional Access Administrator
    "9360feb5-f418-4baa-8175-e2a00bac4301", // Directory Writers
    "d29b2b05-8046-44ba-8758-1e26182fcf32", // Directory Synchronization Accounts
    "8329153b-31d0-4727-b945-745eb3bc5f31", // Domain Name Administrator
    "be2f45a1-457d-42af-a067-6ec1fa63bc45", // External Identity Provider Administrator
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451", // Global Reader
    "729827e3-9c14-49f7-bb1b-9608f156bbb8", // Helpdesk Administrator
    "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2", // Hybrid Identity Administrator
    "3a2c62db-5318-420d-8d74-23affee5d9d5", // Intune Administrator
    "4ba39ca4-527c-499a-b93d-d9b492c50246", // Partner Tier1 Support
    "e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8", // Partner Tier2 Support
    "966707d0-3269-4727-9be2-8c3a10f19b9d", // Password Administrator
    "194ae4cb-b126-40b2-bd5b-6091b380977d", // Security Administrator
    "5d6b6bb7-de71-4623-b4af-96380a352509", // Security Reader
    "fe930be7-5e62-47db-91af-98c3a49a38b1", // User Administrator
];

const SELECT: &str = "id,templateId,displayName,description,isEnabled";

/// A role as Graph shows it (Microsoft: unifiedRoleDefinition resource type).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleDefinition {
    id: String,
    template_id: Option<String>,
    display_name: Option<String>,
    description: Option<String>,
    is_enabled: Option<bool>,
}

impl From<RoleDefinition> for DirectoryRole {
    fn from(role: RoleDefinition) -> Self {
        let template_id = role.template_id.unwrap_or(role.id);
        Self {
            privileged: PRIVILEGED.contains(&template_id.to_ascii_lowercase().as_str()),
            display_name: role.display_name.unwrap_or_else(|| template_id.clone()),
            description: role.description.filter(|text| !text.is_empty()),
            template_id,
        }
    }
}

/// A role that somebody holds (Microsoft: unifiedRoleAssignment resource type).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assignment {
    id: String,
    #[serde(default)]
    role_definition_id: String,
    #[serde(default)]
    directory_scope_id: Option<String>,
}

impl Assignment {
    /// Whether it holds in the whole tenant, not in a part of it only.
    fn is_tenant_wide(&self) -> bool {
        self.directory_scope_id.as_deref() == Some("/")
    }
}

impl GraphClient {
    /// Every directory role that can be assigned, by name.
    pub async fn roles(&self) -> Result<Vec<DirectoryRole>, GraphError> {
        // Built-in roles number a hundred or so; a tenant can have 100 of its own.
        const MOST: usize = 1_000;
        let path = ["roleManagement", "directory", "roleDefinitions"];
        let call = Call::new(Operation::ListRoles, &path).query("$select", SELECT);
        let roles: Vec<RoleDefinition> = self.list(&call, MOST).await?;
        let enabled = roles.into_iter().filter(|role| role.is_enabled != Some(false));
        let mut rows: Vec<_> = enabled.map(DirectoryRole::from).collect();
        rows.sort_by_key(|row| row.display_name.to_lowercase());
        Ok(rows)
    }

    /// Directory roles whose name contains the words, or which have this template id; all where nothing is said. Graph can't search
    /// them, and they are few.
    pub async fn search_roles(&self, query: &str) -> Result<Vec<DirectoryRole>, GraphError> {
        let query = query.trim().to_lowercase();
        let mut roles = self.roles().await?;
        roles.retain(|role| {
            role.display_name.to_lowercase().contains(&query) || role.template_id.eq_ignore_ascii_case(&query)
        });
        Ok(roles)
    }

    /// A directory role by its template id, which of built-in roles is also their id.
    pub async fn role(&self, template_id: &str) -> Result<Option<DirectoryRole>, GraphError> {
        let path = ["roleManagement", "directory", "roleDefinitions", template_id];
        let call = Call::new(Operation::ReadRole, &path).query("$select", SELECT);
        let role: Option<RoleDefinition> = found(self.send(&call).await)?
            .map(|answer| answer.json())
            .transpose()?;
        Ok(role.map(DirectoryRole::from))
    }

    /// Assigns a role in the whole tenant and gives the assignment's id. Where it is assigned already, that is an error: see
    /// [`GraphError::is_already_there`].
    pub async fn assign_role(&self, template_id: &str, principal_id: &str) -> Result<String, GraphError> {
        let path = ["roleManagement", "directory", "roleAssignments"];
        let call = Call::new(Operation::AssignRole, &path).body(json!({
            "principalId": principal_id,
            "roleDefinitionId": template_id,
            "directoryScopeId": "/",
        }));
        let assignment: Assignment = self.send(&call).await?.json()?;
        Ok(assignment.id)
    }

    /// The ids of the assignments of a role to a principal.
    pub async fn assignments(
        &self,
        template_id: &str,
        principal_id: &str,
    ) -> Result<Vec<String>, GraphError> {
        let assignments = self.assignments_of(principal_id, Some(template_id)).await?;
        Ok(assignments.into_iter().map(|row| row.id).collect())
    }

    /// The ids of the assignments of a role to a principal in the whole tenant: none or one. Those in an administrative unit
    /// are left out; they are another thing.
    pub async fn tenant_wide_assignments(
        &self,
        template_id: &str,
        principal_id: &str,
    ) -> Result<Vec<String>, GraphError> {
        let mut assignments = self.assignments_of(principal_id, Some(template_id)).await?;
        assignments.retain(Assignment::is_tenant_wide);
        Ok(assignments.into_iter().map(|row| row.id).collect())
    }

    /// The ids of all assignments to a principal, whatever the role.
    pub async fn all_assignments(&self, principal_id: &str) -> Result<Vec<String>, GraphError> {
        let assignments = self.assignments_of(principal_id, None).await?;
        Ok(assignments.into_iter().map(|row| row.id).collect())
    }

    /// The template ids of the roles that a principal holds in the whole tenant.
    pub async fn tenant_wide_roles(&self, principal_id: &str) -> Result<Vec<String>, GraphError> {
        let mut assignments = self.assignments_of(principal_id, None).await?;
        assignments.retain(Assignment::is_tenant_wide);
        Ok(assignments
            .into_iter()
            .map(|row| row.role_definition_id)
            .collect())
    }

    async fn assignments_of(
        &self,
        principal_id: &str,
        template_id: Option<&str>,
    ) -> Result<Vec<Assignment>, GraphError> {
        const MOST: usize = 1_000;
        let path = ["roleManagement", "directory", "roleAssignments"];
        let mut filter = format!("principalId eq {}", literal(principal_id));
        if let Some(template_id) = template_id {
            filter = format!("{filter} and roleDefinitionId eq {}", literal(template_id));
        }
        let call = Call::new(Operation::ListAssignments, &path).query("$filter", filter);
        Ok(found(self.list(&call, MOST).await)?.unwrap_or_default())
    }

    /// Takes an assignment back.
    pub async fn unassign_role(&self, assignment_id: &str) -> Result<Removal, GraphError> {
        let path = ["roleManagement", "directory", "roleAssignments", assignment_id];
        Removal::of(self.send(&Call::new(Operation::UnassignRole, &path)).await)
    }
}
