//! The built-in directory roles, under Entra's own template ids, and who holds them in the sample tenant.

use super::users;
use crate::{
    directory::{Directory, object::RoleAssignment},
    entropy::seeded_id,
};

/// A built-in role.
#[derive(Debug)]
pub struct Role {
    /// Its id, which is also its template's id, in every tenant the same.
    pub id: &'static str,
    /// Its display name.
    pub name: &'static str,
}

const fn role(id: &'static str, name: &'static str) -> Role {
    Role { id, name }
}

/// The built-in roles that the emulator knows, by name.
pub const BUILT_IN: [Role; 36] = [
    role(
        "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
        "Application Administrator",
    ),
    role("cf1c38e5-3621-4004-a7cb-879624dced7c", "Application Developer"),
    role(
        "c4e39bd9-1100-46d3-8c65-fb160da0071f",
        "Authentication Administrator",
    ),
    role(
        "e3973bdf-4987-49ae-837a-ba8e231c7286",
        "Azure DevOps Administrator",
    ),
    role("b0f54661-2d74-4c50-afa3-1ec803f12efe", "Billing Administrator"),
    role(
        "158c047a-c907-4556-b7ef-446551a6b5f7",
        "Cloud Application Administrator",
    ),
    role(
        "7698a772-787b-4ac8-901f-60d6b08affd2",
        "Cloud Device Administrator",
    ),
    role("17315797-102d-40b4-93e0-432062caca18", "Compliance Administrator"),
    role(
        "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
        "Conditional Access Administrator",
    ),
    role("88d8e3e3-8f55-4a1e-953a-9b9898b8876b", "Directory Readers"),
    role("9360feb5-f418-4baa-8175-e2a00bac4301", "Directory Writers"),
    role("29232cdf-9323-42fd-ade2-1d097af3e4de", "Exchange Administrator"),
    role("a9ea8996-122f-4c74-9520-8edcd192826c", "Fabric Administrator"),
    role("62e90394-69f5-4237-9190-012177145e10", "Global Administrator"),
    role("f2ef992c-3afb-46b9-b7cf-a126ee74c451", "Global Reader"),
    role("fdd7a751-b60b-444a-984c-02652fe8fa1c", "Groups Administrator"),
    role("95e79109-95c0-4d8e-aee3-d01accf2d47b", "Guest Inviter"),
    role("729827e3-9c14-49f7-bb1b-9608f156bbb8", "Helpdesk Administrator"),
    role(
        "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2",
        "Hybrid Identity Administrator",
    ),
    role("3a2c62db-5318-420d-8d74-23affee5d9d5", "Intune Administrator"),
    role("4d6ac14f-3453-41d0-bef9-a3e0c569773a", "License Administrator"),
    role("790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b", "Message Center Reader"),
    role("966707d0-3269-4727-9be2-8c3a10f19b9d", "Password Administrator"),
    role(
        "11648597-926c-4cf3-9c36-bcebb0ba8dcc",
        "Power Platform Administrator",
    ),
    role(
        "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
        "Privileged Authentication Administrator",
    ),
    role(
        "e8611ab8-c189-46e8-94e1-60213ab1f814",
        "Privileged Role Administrator",
    ),
    role("4a5d8f65-41da-4de4-8968-e035b65339cf", "Reports Reader"),
    role("194ae4cb-b126-40b2-bd5b-6091b380977d", "Security Administrator"),
    role("5f2222b1-57c3-48ba-8ad5-d4759f1fde6f", "Security Operator"),
    role("5d6b6bb7-de71-4623-b4af-96380a352509", "Security Reader"),
    role(
        "f023fd81-a637-4b56-95fd-791ac0226033",
        "Service Support Administrator",
    ),
    role("f28a1f50-f6e7-4571-818b-6a12f2af6b6c", "SharePoint Administrator"),
    role("69091246-20e8-4a56-aa4d-066075b2a7a8", "Teams Administrator"),
    role(
        "75934031-6c7e-415a-99d7-48dbd49e875e",
        "Usage Summary Reports Reader",
    ),
    role("fe930be7-5e62-47db-91af-98c3a49a38b1", "User Administrator"),
    role(
        "27460883-1df1-4691-b032-3b79643e5e63",
        "User Experience Success Manager",
    ),
];

/// The names of the roles that the first sample users hold, in turn.
const HELD: [&str; 10] = [
    "Global Administrator",
    "Global Administrator",
    "Privileged Role Administrator",
    "User Administrator",
    "Security Administrator",
    "Exchange Administrator",
    "Helpdesk Administrator",
    "Application Administrator",
    "Global Reader",
    "Directory Readers",
];

/// The built-in role with this id.
pub fn find(id: &str) -> Option<&'static Role> {
    BUILT_IN.iter().find(|role| role.id.eq_ignore_ascii_case(id))
}

/// Gives the first sample users their roles.
pub fn plant(directory: &mut Directory) {
    for (index, name) in HELD.into_iter().enumerate() {
        for role in BUILT_IN.iter().filter(|role| role.name == name) {
            directory.assign(RoleAssignment {
                id: seeded_id(&format!("role-assignment/{index}")),
                principal_id: users::id_of(index),
                role_definition_id: role.id.into(),
                scope: "/".into(),
                seeded: true,
            });
        }
    }
}
