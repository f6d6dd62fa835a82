//! The ledger: everything that clients asked the tenant to make and that is still alive. What a broker leaks is here.

use serde::{Deserialize, Serialize};

use super::{
    Directory,
    object::{Kind, Object},
};
use crate::clock::to_rfc3339;

/// What clients have made and not yet taken away; seeded things are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Users.
    pub users: Vec<LedgerUser>,
    /// Users that are soft-deleted and not yet purged.
    pub deleted_users: Vec<LedgerUser>,
    /// Client secrets, expired ones included: they keep their place until they are removed.
    pub app_passwords: Vec<LedgerPassword>,
    /// Group memberships.
    pub memberships: Vec<LedgerMembership>,
    /// Assignments of directory roles.
    pub role_assignments: Vec<LedgerRoleAssignment>,
    /// Applications.
    pub applications: Vec<LedgerApplication>,
    /// Service principals.
    pub service_principals: Vec<LedgerApplication>,
}

/// A user in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerUser {
    /// Object id.
    pub id: String,
    /// Display name.
    pub display_name: String,
    /// Sign-in name; of a deleted user the one it had.
    pub user_principal_name: String,
    /// Whether it can sign in.
    pub account_enabled: bool,
    /// Whether it is soft-deleted.
    pub deleted: bool,
}

/// A client secret in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerPassword {
    /// Object id of the application or service principal that carries it.
    pub object_id: String,
    /// Client id of that application.
    pub app_id: String,
    /// The secret's id.
    pub key_id: String,
    /// The secret's name.
    pub display_name: Option<String>,
    /// Until when it is valid.
    pub end_date_time: String,
    /// Whether that time is past.
    pub expired: bool,
}

/// A membership in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerMembership {
    /// Object id of the group.
    pub group_id: String,
    /// Display name of the group.
    pub group_name: String,
    /// Object id of the member.
    pub member_id: String,
    /// Display name of the member.
    pub member_name: String,
}

/// A role assignment in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRoleAssignment {
    /// Its id.
    pub id: String,
    /// Who holds the role.
    pub principal_id: String,
    /// Which role.
    pub role_definition_id: String,
}

/// An application or service principal in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerApplication {
    /// Object id.
    pub id: String,
    /// Client id.
    pub app_id: String,
    /// Display name.
    pub display_name: String,
}

impl Ledger {
    /// Whether nothing at all is left, soft-deleted users included.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether nothing is left that could be used: soft-deleted users do not count.
    pub fn nothing_alive(&self) -> bool {
        Self {
            deleted_users: Vec::new(),
            ..self.clone()
        }
        .is_empty()
    }
}

impl Directory {
    /// The ledger as it truly is, whatever readers may see.
    pub fn ledger(&self) -> Ledger {
        let made = |kind| self.truth(kind).filter(|object| !object.seeded);
        let alive = |object: &&Object| object.deleted_at.is_none();
        Ledger {
            users: made(Kind::User).filter(alive).map(user).collect(),
            deleted_users: made(Kind::User)
                .filter(|object| !alive(object))
                .map(user)
                .collect(),
            app_passwords: [Kind::Application, Kind::ServicePrincipal]
                .into_iter()
                .flat_map(|kind| {
                    self.truth(kind)
                        .filter(alive)
                        .flat_map(|object| self.passwords(object))
                })
                .collect(),
            memberships: self.made_memberships(),
            role_assignments: self
                .true_assignments()
                .filter(|assignment| !assignment.seeded)
                .map(|assignment| LedgerRoleAssignment {
                    id: assignment.id.clone(),
                    principal_id: assignment.principal_id.clone(),
                    role_definition_id: assignment.role_definition_id.clone(),
                })
                .collect(),
            applications: made(Kind::Application).filter(alive).map(application).collect(),
            service_principals: made(Kind::ServicePrincipal)
                .filter(alive)
                .map(application)
                .collect(),
        }
    }

    fn passwords(&self, object: &Object) -> Vec<LedgerPassword> {
        let made = object.secrets.iter().filter(|secret| !secret.seeded);
        made.map(|secret| LedgerPassword {
            object_id: object.id.clone(),
            app_id: object.text("appId").to_owned(),
            key_id: secret.key_id.clone(),
            display_name: secret.display_name.clone(),
            end_date_time: to_rfc3339(secret.end),
            expired: secret.end <= self.now,
        })
        .collect()
    }

    fn made_memberships(&self) -> Vec<LedgerMembership> {
        let made = self
            .memberships
            .iter()
            .filter(|(_, membership)| membership.truth() == Some(&false));
        // The membership of a deleted user sleeps until the user is restored or purged: it is not alive.
        let alive = |id: &String| {
            let object = self.objects.get(id).and_then(super::Lagging::truth);
            object
                .filter(|object| object.deleted_at.is_none())
                .map(|object| object.text("displayName").to_owned())
        };
        made.filter_map(|((group, member), _)| {
            Some(LedgerMembership {
                group_name: alive(group)?,
                member_name: alive(member)?,
                group_id: group.clone(),
                member_id: member.clone(),
            })
        })
        .collect()
    }
}

fn user(object: &Object) -> LedgerUser {
    LedgerUser {
        id: object.id.clone(),
        display_name: object.text("displayName").to_owned(),
        user_principal_name: super::original_name(object).to_owned(),
        account_enabled: object.flag("accountEnabled"),
        deleted: object.deleted_at.is_some(),
    }
}

fn application(object: &Object) -> LedgerApplication {
    LedgerApplication {
        id: object.id.clone(),
        app_id: object.text("appId").to_owned(),
        display_name: object.text("displayName").to_owned(),
    }
}
