//! Groups and their members.

use serde_json::{Map, Value};

use super::{
    Answer, Call,
    errors::GraphError,
    odata, references,
    schema::{APPLICATION, GROUP, SERVICE_PRINCIPAL, Schema, USER},
};
use crate::directory::object::{Kind, Object};

const READ: [&str; 6] = [
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadBasic.All",
    "Group.ReadWrite.All",
    "GroupMember.Read.All",
];
const READ_MEMBERS: [&str; 7] = [
    "Directory.Read.All",
    "Group.Read.All",
    "Group.ReadBasic.All",
    "Group.ReadWrite.All",
    "GroupMember.Read.All",
    "GroupMember.ReadBasic.All",
    "GroupMember.ReadWrite.All",
];
const WRITE_MEMBERS: [&str; 3] = [
    "GroupMember.ReadWrite.All",
    "Group.ReadWrite.All",
    "Directory.ReadWrite.All",
];

/// Lists groups.
pub fn list(call: &mut Call<'_>) -> Answer {
    let items = readable(call)?;
    odata::collection(call.request, &GROUP, items)
}

/// Counts groups.
pub fn count(call: &mut Call<'_>) -> Answer {
    let items = readable(call)?;
    odata::count(call.request, &GROUP, items)
}

fn readable(call: &Call<'_>) -> Result<Vec<Map<String, Value>>, GraphError> {
    call.caller.require(&READ)?;
    Ok(call.directory.all(Kind::Group).map(Object::view).collect())
}

/// Gets a group.
pub fn get(call: &mut Call<'_>, id: &str) -> Answer {
    call.caller.require(&READ)?;
    odata::entity(call.request, &GROUP, &find(call, id)?.view())
}

fn find<'a>(call: &'a Call<'_>, id: &str) -> Result<&'a Object, GraphError> {
    let group = call.directory.get(id).filter(|object| object.kind == Kind::Group);
    group.ok_or_else(|| GraphError::not_found(id))
}

/// Lists the direct members of a group.
pub fn members(call: &mut Call<'_>, id: &str) -> Answer {
    call.caller.require(&READ_MEMBERS)?;
    let group = find(call, id)?;
    let members = call.directory.members(&group.id);
    odata::mixed(
        call.request,
        members
            .into_iter()
            .map(|member| (schema_of(member.kind), member.view()))
            .collect(),
    )
}

/// The schema of a kind of object.
pub fn schema_of(kind: Kind) -> &'static Schema {
    match kind {
        Kind::User => &USER,
        Kind::Group => &GROUP,
        Kind::Application => &APPLICATION,
        Kind::ServicePrincipal => &SERVICE_PRINCIPAL,
    }
}

/// Adds a member to a group.
pub fn add_member(call: &mut Call<'_>, id: &str) -> Answer {
    let group = changeable(call, id)?;
    let target = references::target(call.request, &call.body()?)?;
    let member = call
        .directory
        .for_change(&target)
        .filter(|member| member.kind != Kind::Application);
    let member = member.ok_or_else(|| GraphError::not_found(&target))?;
    if group.lists("groupTypes", "Unified") && member.kind != Kind::User {
        return Err(GraphError::bad(
            "The group can only contain users: 'members' of a Microsoft 365 group.",
        ));
    }
    if call.directory.is_member(&group.id, &member.id) {
        return Err(GraphError::bad(
            "One or more added object references already exist for the following modified properties: 'members'.",
        ));
    }
    call.directory.add_member(&group.id, &member.id, false);
    Ok(references::done())
}

/// Removes a member from a group.
pub fn remove_member(call: &mut Call<'_>, id: &str, member: &str) -> Answer {
    let group = changeable(call, id)?;
    if !call.directory.is_member(&group.id, member) {
        return Err(GraphError::not_found(member));
    }
    call.directory.remove_member(&group.id, member);
    Ok(references::done())
}

/// The group, if the caller may change its members and they can be changed by hand at all.
fn changeable(call: &Call<'_>, id: &str) -> Result<Object, GraphError> {
    call.caller.require(&WRITE_MEMBERS)?;
    let group = find(call, id)?.clone();
    if group.flag("isAssignableToRole") {
        call.caller.require(&["RoleManagement.ReadWrite.Directory"])?;
    }
    if group.lists("groupTypes", "DynamicMembership") {
        // A rule chooses the members; for everybody else that is a lack of privileges.
        return Err(GraphError::denied());
    }
    if group.flag("onPremisesSyncEnabled") {
        return Err(GraphError::bad(
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects \
             currently undergoing migration.",
        ));
    }
    Ok(group)
}
