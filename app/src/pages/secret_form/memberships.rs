//! The groups and directory roles that a user gets: two pickers.

use leptos::prelude::*;

use super::Draft;
use super::answers::field;
use crate::api::directory;
use crate::components::picker::{Choice, Picker, Search};
use crate::domain::{ApiError, DirectoryGroup, DirectoryRole, TargetName};

/// The groups.
#[component]
pub fn GroupsField(
    /// The form.
    draft: Draft,
    /// A line under it.
    hint: &'static str,
) -> impl IntoView {
    let search = Search::new(move |query| find_groups(draft.target.get_untracked(), query));
    view! {
        <Picker
            id=field::GROUPS
            label="Groups"
            hint=hint
            chosen=draft.groups
            search=search
            multiple=true
            error=draft.error(field::GROUPS)
        />
    }
}

/// The directory roles.
#[component]
pub fn RolesField(
    /// The form.
    draft: Draft,
    /// A line under it.
    hint: &'static str,
) -> impl IntoView {
    let search = Search::new(move |query| find_roles(draft.target.get_untracked(), query));
    view! {
        <Picker
            id=field::ROLES
            label="Directory roles"
            hint=hint
            chosen=draft.roles
            search=search
            multiple=true
            error=draft.error(field::ROLES)
        />
    }
}

async fn find_groups(target: String, query: String) -> Result<Vec<Choice>, ApiError> {
    let target = TargetName::parse(&target).map_err(|_| super::target_first())?;
    let found = directory::groups(target, query).await?;
    Ok(found.items.into_iter().map(group_choice).collect())
}

fn group_choice(group: DirectoryGroup) -> Choice {
    let refusal = group.membership.refusal().map(str::to_owned);
    Choice {
        id: group.id,
        name: group.display_name,
        note: group.description.unwrap_or_default(),
        badge: group.role_assignable.then_some("Role-assignable"),
        refusal,
    }
}

async fn find_roles(target: String, query: String) -> Result<Vec<Choice>, ApiError> {
    let target = TargetName::parse(&target).map_err(|_| super::target_first())?;
    let found = directory::roles(target, query).await?;
    Ok(found.items.into_iter().map(role_choice).collect())
}

fn role_choice(role: DirectoryRole) -> Choice {
    Choice {
        id: role.template_id,
        name: role.display_name,
        note: role.description.unwrap_or_default(),
        badge: role.privileged.then_some("Privileged"),
        refusal: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::GroupMembershipRule;

    #[test]
    fn groups_that_cannot_be_joined_say_why() {
        let group = |membership| {
            group_choice(DirectoryGroup {
                id: "g".into(),
                display_name: "Readers".into(),
                description: None,
                membership,
                role_assignable: true,
            })
        };
        assert_eq!(group(GroupMembershipRule::Assigned).refusal, None);
        for rule in [
            GroupMembershipRule::Dynamic,
            GroupMembershipRule::Synced,
            GroupMembershipRule::Exchange,
        ] {
            assert!(group(rule).refusal.is_some());
        }
        assert_eq!(
            group(GroupMembershipRule::Assigned).badge,
            Some("Role-assignable")
        );
    }
}
