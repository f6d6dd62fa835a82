//! What is left in Entra when nobody takes a grant out any more, and the command with which a person does.
//!
//! Where Entra's answer to making it was lost, nobody knows whether it is there: then it is found by the names of its plan.

use super::GrantPlan;
use crate::domain::Cloud;

/// Something that is, or may be, still in Entra.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remainder {
    /// What, in words, with Entra's id of it.
    pub what: String,
    /// The command that removes it.
    pub by_hand: String,
}

/// What a grant that was not taken out leaves there, under this id of Entra's if one is known.
pub fn remainder(plan: &GrantPlan, entra_id: Option<&str>, cloud: &Cloud) -> Remainder {
    let graph = format!("{}/v1.0", cloud.graph());
    let unknown = if entra_id.is_none() {
        ", if it was made"
    } else {
        ""
    };
    let id = |what: &str| entra_id.map_or_else(String::new, |id| format!(" ({what} {id})"));
    let (what, by_hand) = match plan {
        GrantPlan::AppPassword {
            application_object_id,
            application_name,
            display_name,
            ..
        } => {
            let remove = format!("az ad app credential delete --id {application_object_id} --key-id");
            let by_hand = match entra_id {
                Some(key_id) => format!("{remove} {key_id}"),
                None => format!(
                    "az ad app credential list --id {application_object_id} --query \"[?displayName=='{display_name}'].keyId\" -o tsv | xargs -rn1 {remove}"
                ),
            };
            (
                format!(
                    "client secret {display_name} of {application_name}{}",
                    id("key ID")
                ),
                by_hand,
            )
        }
        GrantPlan::User(user) => {
            let name = &user.user_principal_name;
            let delete = format!(
                "az ad user delete --id {}",
                entra_id.map_or_else(|| quoted(name), str::to_owned)
            );
            // A deleted user can be restored for 30 days, and keeps its name meanwhile.
            let purge = entra_id
                .filter(|_| !user.keep_deleted)
                .map_or_else(String::new, |id| {
                    format!("; az rest --method delete --url {graph}/directory/deletedItems/{id}")
                });
            (
                format!("user {name}{}", id("object ID")),
                format!("{delete}{purge}"),
            )
        }
        GrantPlan::Membership {
            group_id,
            group_name,
            user_principal_name,
            ..
        } => {
            let member = entra_id.map_or_else(|| id_of(user_principal_name), str::to_owned);
            (
                format!("membership of {user_principal_name} in {group_name} (group ID {group_id})"),
                format!("az ad group member remove --group {group_id} --member-id {member}"),
            )
        }
        GrantPlan::DirectoryRole {
            role_template_id,
            role_name,
            user_principal_name,
            ..
        } => {
            let assignments = format!("{graph}/roleManagement/directory/roleAssignments");
            let remove = format!("az rest --method delete --url {assignments}/");
            let by_hand = match entra_id {
                Some(assignment) => format!("{remove}{assignment}"),
                None => format!(
                    "az rest --method get --url \"{assignments}?\\$filter=principalId eq '{}'\" --query \"value[?roleDefinitionId=='{role_template_id}'].id\" -o tsv | xargs -rI{{}} {remove}{{}}",
                    id_of(user_principal_name)
                ),
            };
            (
                format!("role {role_name} of {user_principal_name}{}", id("assignment ID")),
                by_hand,
            )
        }
    };
    Remainder {
        what: format!("{what}{unknown}"),
        by_hand,
    }
}

/// A shell's way to the object id of a user.
fn id_of(user_principal_name: &str) -> String {
    format!(
        "$(az ad user show --id {} --query id -o tsv)",
        quoted(user_principal_name)
    )
}

/// The text as one word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::provider::plan::UserPlan;
    use crate::domain::Timestamp;

    fn user(keep_deleted: bool) -> GrantPlan {
        GrantPlan::User(UserPlan {
            user_principal_name: "lh-o'neil@contoso.com".to_owned(),
            display_name: "x".to_owned(),
            mail_nickname: "x".to_owned(),
            marker: "leasehold:i:l".to_owned(),
            password_length: 16,
            keep_deleted,
        })
    }

    #[test]
    fn what_is_known_is_removed_by_its_id() {
        let secret = GrantPlan::AppPassword {
            application_object_id: "app-1".to_owned(),
            application_name: "Payments API".to_owned(),
            display_name: "leasehold:i:l".to_owned(),
            ends_at: Timestamp::from_millis(0),
        };
        let left = remainder(&secret, Some("key-1"), &Cloud::Public);
        assert_eq!(
            left.what,
            "client secret leasehold:i:l of Payments API (key ID key-1)"
        );
        assert_eq!(
            left.by_hand,
            "az ad app credential delete --id app-1 --key-id key-1"
        );
        let left = remainder(&secret, None, &Cloud::Public);
        assert!(left.what.ends_with(", if it was made"), "{}", left.what);
        assert!(
            left.by_hand.contains("displayName=='leasehold:i:l'"),
            "{}",
            left.by_hand
        );
    }

    #[test]
    fn a_user_is_deleted_for_good_unless_it_is_kept() {
        let left = remainder(&user(false), Some("u-1"), &Cloud::UsGov);
        assert_eq!(left.what, "user lh-o'neil@contoso.com (object ID u-1)");
        assert_eq!(
            left.by_hand,
            "az ad user delete --id u-1; az rest --method delete --url https://graph.microsoft.us/v1.0/directory/deletedItems/u-1"
        );
        let kept = remainder(&user(true), Some("u-1"), &Cloud::UsGov);
        assert_eq!(kept.by_hand, "az ad user delete --id u-1");
        let lost = remainder(&user(false), None, &Cloud::Public);
        assert_eq!(lost.by_hand, r"az ad user delete --id 'lh-o'\''neil@contoso.com'");
    }

    #[test]
    fn what_a_user_was_given_names_the_user() {
        let role = GrantPlan::DirectoryRole {
            role_template_id: "role-1".to_owned(),
            role_name: "Reports Reader".to_owned(),
            user_principal_name: "a@contoso.com".to_owned(),
            user_id: None,
            had_before: false,
        };
        let left = remainder(&role, Some("as-1"), &Cloud::Public);
        assert_eq!(
            left.what,
            "role Reports Reader of a@contoso.com (assignment ID as-1)"
        );
        assert!(
            left.by_hand.ends_with("/roleAssignments/as-1"),
            "{}",
            left.by_hand
        );
        let member = GrantPlan::Membership {
            group_id: "g-1".to_owned(),
            group_name: "Readers".to_owned(),
            user_principal_name: "a@contoso.com".to_owned(),
            user_id: None,
            had_before: false,
        };
        let lost = remainder(&member, None, &Cloud::Public);
        assert!(
            lost.by_hand.contains("az ad user show --id 'a@contoso.com'"),
            "{}",
            lost.by_hand
        );
    }
}
