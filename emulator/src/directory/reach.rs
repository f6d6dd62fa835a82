//! Who may touch whom: the matrix of directory roles that guards sensitive changes of users.

use super::Directory;

/// Global Administrator.
pub const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
/// Privileged Authentication Administrator.
pub const PRIVILEGED_AUTHENTICATION_ADMINISTRATOR: &str = "7be44c8a-adaf-4e2a-84d6-ab2649e08a13";
/// User Administrator.
pub const USER_ADMINISTRATOR: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";

/// The roles whose holders a User Administrator (or an application with user permissions) may still touch.
const MODEST: [&str; 10] = [
    "88d8e3e3-8f55-4a1e-953a-9b9898b8876b", // Directory Readers
    "95e79109-95c0-4d8e-aee3-d01accf2d47b", // Guest Inviter
    "fdd7a751-b60b-444a-984c-02652fe8fa1c", // Groups Administrator
    "729827e3-9c14-49f7-bb1b-9608f156bbb8", // Helpdesk Administrator
    "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b", // Message Center Reader
    "966707d0-3269-4727-9be2-8c3a10f19b9d", // Password Administrator
    "4a5d8f65-41da-4de4-8968-e035b65339cf", // Reports Reader
    USER_ADMINISTRATOR,
    "27460883-1df1-4691-b032-3b79643e5e63", // User Experience Success Manager
    "75934031-6c7e-415a-99d7-48dbd49e875e", // Usage Summary Reports Reader
];

impl Directory {
    /// Whether a user may only be touched by the most privileged administrators.
    pub fn is_protected(&self, user: &str) -> bool {
        let holds_a_strong_role = self
            .assignments()
            .any(|held| held.principal_id == user && !MODEST.contains(&held.role_definition_id.as_str()));
        let in_role_group = self
            .groups_of(user)
            .iter()
            .any(|group| group.flag("isAssignableToRole"));
        let owns_role_group = self
            .all(super::object::Kind::Group)
            .any(|group| group.flag("isAssignableToRole") && group.owners.contains(user));
        holds_a_strong_role || in_role_group || owns_role_group
    }

    /// Whether a principal holds one of these roles.
    pub fn holds_any(&self, principal: &str, roles: &[&str]) -> bool {
        self.assignments()
            .any(|held| held.principal_id == principal && roles.contains(&held.role_definition_id.as_str()))
    }

    /// Whether a principal may touch protected users.
    pub fn reaches_protected(&self, principal: &str) -> bool {
        self.holds_any(
            principal,
            &[GLOBAL_ADMINISTRATOR, PRIVILEGED_AUTHENTICATION_ADMINISTRATOR],
        )
    }
}
