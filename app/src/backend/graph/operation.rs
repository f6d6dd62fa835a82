//! Every call that we make to Microsoft Graph, by name: its method, the least permission it needs, and whether it may be repeated.
//!
//! To add a call: a variant here, then a method in `applications.rs`, `users.rs` and so on.

use reqwest::Method;

use super::permission::GraphPermission;

/// A call to Microsoft Graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Reading the tenant's name and domains.
    ReadOrganization,
    /// Searching applications.
    ListApplications,
    /// Reading one application.
    ReadApplication,
    /// Adding a client secret to an application.
    AddPassword,
    /// Removing a client secret of an application.
    RemovePassword,
    /// Searching groups.
    ListGroups,
    /// Reading one group.
    ReadGroup,
    /// Adding a member to a group.
    AddMember,
    /// Removing a member from a group.
    RemoveMember,
    /// Listing directory roles.
    ListRoles,
    /// Reading one directory role.
    ReadRole,
    /// Listing the assignments of a directory role.
    ListAssignments,
    /// Assigning a directory role.
    AssignRole,
    /// Removing the assignment of a directory role.
    UnassignRole,
    /// Looking for users.
    ListUsers,
    /// Reading one user.
    ReadUser,
    /// Reading the groups of a user.
    ListMemberships,
    /// Creating a user.
    CreateUser,
    /// Disabling a user.
    DisableUser,
    /// Ending the sessions of a user.
    RevokeSessions,
    /// Deleting a user.
    DeleteUser,
    /// Looking for deleted users.
    ListDeletedUsers,
    /// Reading one deleted user.
    ReadDeletedUser,
    /// Deleting a deleted user for good.
    PurgeUser,
    /// Going through the users that bear our marker.
    SweepUsers,
    /// Going through the deleted users that bear our marker.
    SweepDeletedUsers,
    /// Going through all applications, for client secrets that bear our marker.
    SweepApplications,
}

impl Operation {
    /// Its HTTP method.
    pub fn method(self) -> Method {
        match self {
            Self::ReadOrganization
            | Self::ListApplications
            | Self::ReadApplication
            | Self::ListGroups
            | Self::ReadGroup
            | Self::ListRoles
            | Self::ReadRole
            | Self::ListAssignments
            | Self::ListUsers
            | Self::ReadUser
            | Self::ListMemberships
            | Self::ListDeletedUsers
            | Self::ReadDeletedUser
            | Self::SweepUsers
            | Self::SweepDeletedUsers
            | Self::SweepApplications => Method::GET,
            Self::AddPassword
            | Self::RemovePassword
            | Self::AddMember
            | Self::AssignRole
            | Self::CreateUser
            | Self::RevokeSessions => Method::POST,
            Self::DisableUser => Method::PATCH,
            Self::RemoveMember | Self::UnassignRole | Self::DeleteUser | Self::PurgeUser => Method::DELETE,
        }
    }

    /// Whether it changes something in the directory, and so counts against Entra's limit for writes.
    pub fn is_write(self) -> bool {
        self.method() != Method::GET
    }

    /// Whether doing it twice is the same as doing it once, so that it may be repeated when no answer came.
    pub fn is_repeatable(self) -> bool {
        match self {
            Self::AddPassword | Self::AddMember | Self::AssignRole | Self::CreateUser => false,
            Self::RemovePassword
            | Self::RevokeSessions
            | Self::ReadOrganization
            | Self::ListApplications
            | Self::ReadApplication
            | Self::ListGroups
            | Self::ReadGroup
            | Self::RemoveMember
            | Self::ListRoles
            | Self::ReadRole
            | Self::ListAssignments
            | Self::UnassignRole
            | Self::ListUsers
            | Self::ReadUser
            | Self::ListMemberships
            | Self::DisableUser
            | Self::DeleteUser
            | Self::ListDeletedUsers
            | Self::ReadDeletedUser
            | Self::PurgeUser
            | Self::SweepUsers
            | Self::SweepDeletedUsers
            | Self::SweepApplications => true,
        }
    }

    /// The least application permission that allows it (Microsoft: Graph permissions reference, by operation).
    pub fn permission(self) -> GraphPermission {
        match self {
            Self::ReadOrganization => GraphPermission::OrganizationReadAll,
            Self::ListApplications | Self::ReadApplication | Self::SweepApplications => {
                GraphPermission::ApplicationReadAll
            }
            Self::AddPassword | Self::RemovePassword => GraphPermission::ApplicationReadWriteOwnedBy,
            Self::ListGroups | Self::ReadGroup | Self::ListMemberships => GraphPermission::GroupMemberReadAll,
            Self::AddMember | Self::RemoveMember => GraphPermission::GroupMemberReadWriteAll,
            Self::ListRoles | Self::ReadRole | Self::ListAssignments => {
                GraphPermission::RoleManagementReadDirectory
            }
            Self::AssignRole | Self::UnassignRole => GraphPermission::RoleManagementReadWriteDirectory,
            Self::ListUsers
            | Self::ReadUser
            | Self::ListDeletedUsers
            | Self::ReadDeletedUser
            | Self::SweepUsers
            | Self::SweepDeletedUsers => GraphPermission::UserReadAll,
            Self::CreateUser | Self::DisableUser | Self::RevokeSessions | Self::DeleteUser => {
                GraphPermission::UserReadWriteAll
            }
            Self::PurgeUser => GraphPermission::UserDeleteRestoreAll,
        }
    }

    /// What it does, after "can't": `add a client secret to an application`.
    pub fn doing(self) -> &'static str {
        match self {
            Self::ReadOrganization => "read the tenant's name and domains",
            Self::ListApplications => "search applications",
            Self::ReadApplication => "read an application",
            Self::AddPassword => "add a client secret to an application",
            Self::RemovePassword => "remove a client secret from an application",
            Self::ListGroups => "search groups",
            Self::ReadGroup => "read a group",
            Self::AddMember => "add a user to a group",
            Self::RemoveMember => "remove a user from a group",
            Self::ListRoles => "list directory roles",
            Self::ReadRole => "read a directory role",
            Self::ListAssignments => "read the assignments of a directory role",
            Self::AssignRole => "assign a directory role",
            Self::UnassignRole => "take back a directory role",
            Self::ListUsers | Self::ReadUser => "read a user",
            Self::ListMemberships => "read the groups of a user",
            Self::CreateUser => "create a user",
            Self::DisableUser => "disable a user",
            Self::RevokeSessions => "end the sessions of a user",
            Self::DeleteUser => "delete a user",
            Self::ListDeletedUsers | Self::ReadDeletedUser => "read a deleted user",
            Self::PurgeUser => "delete a user for good",
            Self::SweepUsers => "list the users that bear this console's marker",
            Self::SweepDeletedUsers => "list the deleted users that bear this console's marker",
            Self::SweepApplications => "list all applications with their client secrets",
        }
    }

    /// What else can be behind a refusal where the permission is held.
    pub(super) fn other_cause(self) -> Option<&'static str> {
        match self {
            Self::AddPassword | Self::RemovePassword => Some(
                "If it holds it already, it is probably not an owner of the application: make its service principal an owner, or grant Application.ReadWrite.All.",
            ),
            Self::AddMember | Self::RemoveMember => Some(
                "If it holds it already, the group is probably one that directory roles can be assigned to: its members need RoleManagement.ReadWrite.Directory too.",
            ),
            Self::DisableUser | Self::RevokeSessions | Self::DeleteUser => Some(
                "If it holds it already, the user probably holds a directory role: the app then needs the role Privileged Authentication Administrator.",
            ),
            Self::ReadOrganization
            | Self::ListApplications
            | Self::ReadApplication
            | Self::ListGroups
            | Self::ReadGroup
            | Self::ListRoles
            | Self::ReadRole
            | Self::ListAssignments
            | Self::AssignRole
            | Self::UnassignRole
            | Self::ListUsers
            | Self::ReadUser
            | Self::ListMemberships
            | Self::CreateUser
            | Self::ListDeletedUsers
            | Self::ReadDeletedUser
            | Self::PurgeUser
            | Self::SweepUsers
            | Self::SweepDeletedUsers
            | Self::SweepApplications => None,
        }
    }
}
