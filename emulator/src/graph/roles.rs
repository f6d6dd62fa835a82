//! Directory roles: their definitions, and who holds them.

use serde_json::{Map, Value, json};

use super::{
    Answer, Call, done,
    errors::GraphError,
    odata,
    schema::{ROLE_ASSIGNMENT, ROLE_DEFINITION},
};
use crate::{
    directory::object::{Kind, RoleAssignment},
    entropy::new_id,
    seed::roles::{self, Role},
};

const READ: [&str; 4] = [
    "RoleManagement.Read.Directory",
    "RoleManagement.ReadWrite.Directory",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];

/// Lists the roles' definitions.
pub fn definitions(call: &mut Call<'_>) -> Answer {
    call.caller.require(&READ)?;
    odata::collection(
        call.request,
        &ROLE_DEFINITION,
        roles::BUILT_IN.iter().map(definition_view).collect(),
    )
}

/// Gets the definition of a role.
pub fn definition(call: &mut Call<'_>, id: &str) -> Answer {
    call.caller.require(&READ)?;
    let role = roles::find(id).ok_or_else(|| GraphError::not_found(id))?;
    odata::entity(call.request, &ROLE_DEFINITION, &definition_view(role))
}

fn definition_view(role: &Role) -> Map<String, Value> {
    let entries = [
        ("id", json!(role.id)),
        ("description", json!(format!("Built-in role: {}.", role.name))),
        ("displayName", json!(role.name)),
        ("isBuiltIn", json!(true)),
        ("isEnabled", json!(true)),
        ("resourceScopes", json!(["/"])),
        ("templateId", json!(role.id)),
        ("version", json!("1")),
    ];
    entries
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Lists the roles' assignments.
pub fn assignments(call: &mut Call<'_>) -> Answer {
    call.caller.require(&READ)?;
    let items = call
        .directory
        .assignments()
        .map(|held| assignment_view(call, held))
        .collect();
    odata::collection(call.request, &ROLE_ASSIGNMENT, items)
}

/// Gets an assignment.
pub fn assignment(call: &mut Call<'_>, id: &str) -> Answer {
    call.caller.require(&READ)?;
    let held = call.directory.assignments().find(|held| held.id == id);
    let view = assignment_view(call, held.ok_or_else(|| GraphError::not_found(id))?);
    odata::entity(call.request, &ROLE_ASSIGNMENT, &view)
}

fn assignment_view(call: &Call<'_>, held: &RoleAssignment) -> Map<String, Value> {
    let entries = [
        ("id", &held.id),
        ("principalId", &held.principal_id),
        ("directoryScopeId", &held.scope),
        ("roleDefinitionId", &held.role_definition_id),
        ("principalOrganizationId", &call.directory.tenant_id),
    ];
    entries
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect()
}

/// Assigns a role.
pub fn assign(call: &mut Call<'_>) -> Answer {
    call.caller.require(&["RoleManagement.ReadWrite.Directory"])?;
    let body = call.body()?;
    ROLE_ASSIGNMENT.check_create(&body)?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let role = roles::find(text("roleDefinitionId"))
        .ok_or_else(|| GraphError::not_found(text("roleDefinitionId")))?;
    let principal = call
        .directory
        .for_change(text("principalId"))
        .filter(|object| object.kind != Kind::Application)
        .ok_or_else(|| GraphError::not_found(text("principalId")))?;
    if principal.kind == Kind::Group && !principal.flag("isAssignableToRole") {
        return Err(GraphError::bad(
            "The group is not assignable to a role: its isAssignableToRole is not true.",
        ));
    }
    let scope = if text("directoryScopeId").is_empty() {
        "/"
    } else {
        text("directoryScopeId")
    };
    let scoped_to = scope.trim_start_matches('/');
    if !scope.starts_with('/') || !(scoped_to.is_empty() || call.directory.get(scoped_to).is_some()) {
        return Err(GraphError::bad_property(
            "InvalidValue",
            "directoryScopeId",
            format!("The directory scope '{scope}' is not valid."),
        ));
    }
    let same = |held: &RoleAssignment| {
        held.principal_id == principal.id && held.role_definition_id == role.id && held.scope == scope
    };
    if call.directory.true_assignments().any(same) {
        return Err(GraphError::bad_property(
            "ConflictingObjects",
            "roleDefinitionId",
            "A conflicting object with one or more of the specified property values is present in the directory.",
        ));
    }
    let assignment = RoleAssignment {
        id: format!("{}-1", new_id()),
        principal_id: principal.id,
        role_definition_id: role.id.into(),
        scope: scope.into(),
        seeded: false,
    };
    let answer = odata::created(
        call.request,
        &ROLE_ASSIGNMENT,
        &assignment_view(call, &assignment),
    );
    call.directory.assign(assignment);
    Ok(answer)
}

/// Takes a role away.
pub fn unassign(call: &mut Call<'_>, id: &str) -> Answer {
    call.caller.require(&["RoleManagement.ReadWrite.Directory"])?;
    if call.directory.unassign(id) {
        done()
    } else {
        Err(GraphError::not_found(id))
    }
}
