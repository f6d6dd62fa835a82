//! A user who exists and is to get something for a lease: who it is, and what of it the user has already.

use std::collections::HashSet;

use crate::backend::graph::{GraphClient, GraphError, Person};
use crate::domain::UserGrantsSpec;
use crate::domain::spec::check_object_id;

/// Users of the same display name that are counted; beyond, the number does not matter.
const NAMESAKES: usize = 100;

/// Who a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// Nobody.
    Nobody,
    /// Exactly this user.
    One(Person),
    /// So many users.
    Several(usize),
}

/// The user of this object id or user principal name.
pub async fn find_user(graph: &GraphClient, name: &str) -> Result<Option<Person>, GraphError> {
    if check_object_id(name).is_ok() {
        graph.person(name).await
    } else {
        graph.person_named(name).await
    }
}

/// The user that this text means: an object id or a user principal name, or else a display name, which several can have.
pub async fn find_named(graph: &GraphClient, name: &str) -> Result<Named, GraphError> {
    if let Some(person) = find_user(graph, name).await? {
        return Ok(Named::One(person));
    }
    let mut people = graph.people_called(name, NAMESAKES).await?;
    Ok(match (people.pop(), people.len()) {
        (None, _) => Named::Nobody,
        (Some(person), 0) => Named::One(person),
        (Some(_), others) => Named::Several(others + 1),
    })
}

/// A user who is to get groups and roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The object id.
    pub id: String,
    /// The name to sign in with.
    pub user_principal_name: String,
    /// Groups and roles in the whole tenant that the user has now, in lower case.
    has: HashSet<String>,
}

impl Recipient {
    /// Reads what this user has of that which the spec hands out; nothing where the user is gone.
    pub async fn read(
        graph: &GraphClient,
        person: &Person,
        spec: &UserGrantsSpec,
    ) -> Result<Option<Self>, GraphError> {
        let mut has = HashSet::new();
        if !spec.groups.is_empty() {
            let Some(groups) = graph.memberships(&person.id).await? else {
                return Ok(None);
            };
            has.extend(groups.iter().map(|id| id.to_ascii_lowercase()));
        }
        if !spec.roles.is_empty() {
            let roles = graph.tenant_wide_roles(&person.id).await?;
            has.extend(roles.iter().map(|id| id.to_ascii_lowercase()));
        }
        Ok(Some(Self {
            id: person.id.clone(),
            user_principal_name: person.user_principal_name.clone(),
            has,
        }))
    }

    /// Whether the user has this group or role now.
    pub(super) fn has(&self, id: &str) -> bool {
        self.has.contains(&id.to_ascii_lowercase())
    }
}
