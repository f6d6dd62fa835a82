//! The application permissions of Microsoft Graph that the product can need, by name and id.
//!
//! To add one: a variant, its name and id, and what covers it.

/// The application id of Microsoft Graph itself, the same in every tenant.
const GRAPH_APP_ID: &str = "00000003-0000-0000-c000-000000000000";

/// An application permission (Entra: app role) of Microsoft Graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GraphPermission {
    /// Find applications by name.
    ApplicationReadAll,
    /// Change the applications that we own.
    ApplicationReadWriteOwnedBy,
    /// Change the members of groups.
    GroupMemberReadWriteAll,
    /// Find groups by name.
    GroupMemberReadAll,
    /// Read the tenant's name and its domains.
    OrganizationReadAll,
    /// Find directory roles by name.
    RoleManagementReadDirectory,
    /// Assign directory roles.
    RoleManagementReadWriteDirectory,
    /// Delete users for good.
    UserDeleteRestoreAll,
    /// Read users.
    UserReadAll,
    /// Create, change and delete users.
    UserReadWriteAll,
}

impl GraphPermission {
    /// Its name, as the `roles` of a token show it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ApplicationReadAll => "Application.Read.All",
            Self::ApplicationReadWriteOwnedBy => "Application.ReadWrite.OwnedBy",
            Self::GroupMemberReadWriteAll => "GroupMember.ReadWrite.All",
            Self::GroupMemberReadAll => "GroupMember.Read.All",
            Self::OrganizationReadAll => "Organization.Read.All",
            Self::RoleManagementReadDirectory => "RoleManagement.Read.Directory",
            Self::RoleManagementReadWriteDirectory => "RoleManagement.ReadWrite.Directory",
            Self::UserDeleteRestoreAll => "User.DeleteRestore.All",
            Self::UserReadAll => "User.Read.All",
            Self::UserReadWriteAll => "User.ReadWrite.All",
        }
    }

    /// The id of the app role (Microsoft: Graph permissions reference).
    pub fn app_role_id(self) -> &'static str {
        match self {
            Self::ApplicationReadAll => "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
            Self::ApplicationReadWriteOwnedBy => "18a4783c-866b-4cc7-a460-3d5e5662c884",
            Self::GroupMemberReadWriteAll => "dbaae8cf-10b5-4b86-a4a1-f871c94c6695",
            Self::GroupMemberReadAll => "98830695-27a2-44f7-8c18-0c3ebc9698f6",
            Self::OrganizationReadAll => "498476ce-e0fe-48b0-b801-37ba7e2685c6",
            Self::RoleManagementReadDirectory => "483bed4a-2ad3-4361-a73b-c83ccdbdc53c",
            Self::RoleManagementReadWriteDirectory => "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8",
            Self::UserDeleteRestoreAll => "eccc023d-eccf-4e7b-9683-8813ab36cecc",
            Self::UserReadAll => "df021288-bdef-4463-88db-98f22de89214",
            Self::UserReadWriteAll => "741f803b-c850-494e-b5df-cde7c675a1ca",
        }
    }

    /// Broader permissions that allow the same (same source).
    fn covered_by(self) -> &'static [&'static str] {
        match self {
            Self::ApplicationReadAll => &[
                "Application.ReadWrite.OwnedBy",
                "Application.ReadWrite.All",
                "Directory.Read.All",
                "Directory.ReadWrite.All",
            ],
            Self::ApplicationReadWriteOwnedBy => &["Application.ReadWrite.All", "Directory.ReadWrite.All"],
            Self::GroupMemberReadWriteAll => &["Group.ReadWrite.All", "Directory.ReadWrite.All"],
            Self::GroupMemberReadAll => &[
                "GroupMember.ReadWrite.All",
                "Group.Read.All",
                "Group.ReadWrite.All",
                "Directory.Read.All",
                "Directory.ReadWrite.All",
            ],
            Self::OrganizationReadAll => &[
                "Organization.ReadWrite.All",
                "User.Read.All",
                "User.ReadWrite.All",
                "Directory.Read.All",
                "Directory.ReadWrite.All",
            ],
            Self::RoleManagementReadDirectory => &[
                "RoleManagement.ReadWrite.Directory",
                "Directory.Read.All",
                "Directory.ReadWrite.All",
            ],
            // `Directory.ReadWrite.All` deletes neither users nor groups: its own description says so.
            Self::RoleManagementReadWriteDirectory | Self::UserReadWriteAll | Self::UserDeleteRestoreAll => {
                &[]
            }
            Self::UserReadAll => &[
                "User.ReadWrite.All",
                "Directory.Read.All",
                "Directory.ReadWrite.All",
            ],
        }
    }

    /// Whether these permissions of a token include it, or one that covers it.
    pub fn is_held(self, roles: &[String]) -> bool {
        roles
            .iter()
            .any(|role| role == self.name() || self.covered_by().contains(&role.as_str()))
    }

    /// The command that grants it to an application, for an administrator to run.
    pub fn command(self, client_id: &str) -> String {
        let role = self.app_role_id();
        format!(
            "az ad app permission add --id {client_id} --api {GRAPH_APP_ID} --api-permissions {role}=Role && az ad app permission admin-consent --id {client_id}"
        )
    }
}

impl std::fmt::Display for GraphPermission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broader_permission_counts_and_a_narrower_does_not() {
        let holds = |role: &str| vec![role.to_owned()];
        let owned = GraphPermission::ApplicationReadWriteOwnedBy;
        assert!(owned.is_held(&holds("Application.ReadWrite.All")));
        assert!(!owned.is_held(&holds("Application.Read.All")));
        assert!(!GraphPermission::UserReadWriteAll.is_held(&holds("Directory.ReadWrite.All")));
        assert!(owned.command("abc").contains("--id abc --api 00000003"));
    }
}
