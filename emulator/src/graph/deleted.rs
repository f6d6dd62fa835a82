//! Deleted items: what can still be restored, for thirty days, unless it is purged before.

use http::{Method, StatusCode};
use serde_json::json;

use super::{Answer, Call, auth::Caller, done, errors::GraphError, groups::schema_of, odata};
use crate::{
    directory::{
        object::{Kind, Object},
        original_name,
    },
    wire::Response,
};

/// Finds the operation for a request below `/directory/deletedItems`.
pub fn route(call: &mut Call<'_>, method: &Method, rest: &[&str]) -> Answer {
    match (method, rest) {
        (&Method::GET, ["microsoft.graph.user"]) => list(call, Kind::User),
        (&Method::GET, ["microsoft.graph.group"]) => list(call, Kind::Group),
        (&Method::GET, ["microsoft.graph.application"]) => list(call, Kind::Application),
        (&Method::GET, ["microsoft.graph.servicePrincipal"]) => list(call, Kind::ServicePrincipal),
        (&Method::GET, [id]) => get(call, id),
        (&Method::DELETE, [id]) => purge(call, id),
        (&Method::POST, [id, "restore" | "microsoft.graph.restore"]) => restore(call, id),
        (_, [_]) => Err(GraphError::wrong_method()),
        (_, []) => Err(GraphError::no_such_segment("deletedItems")),
        (_, [.., last]) => Err(GraphError::no_such_segment(last)),
    }
}

fn list(call: &mut Call<'_>, kind: Kind) -> Answer {
    require_read(call.caller, kind)?;
    odata::collection(
        call.request,
        schema_of(kind),
        call.directory.deleted(kind).map(Object::view).collect(),
    )
}

fn get(call: &mut Call<'_>, id: &str) -> Answer {
    let object = find(call, id)?;
    require_read(call.caller, object.kind)?;
    let answer = odata::entity(call.request, schema_of(object.kind), &object.view())?;
    Ok(typed(call, answer, object.kind))
}

/// The path says nothing about the kind of object, so the answer does.
fn typed(call: &Call<'_>, mut answer: Response, kind: Kind) -> Response {
    if let Some(body) = &mut answer.body {
        body["@odata.context"] = json!(format!(
            "{}/v1.0/$metadata#directoryObjects/$entity",
            call.request.base
        ));
        body["@odata.type"] = json!(format!("#microsoft.graph.{}", kind.odata()));
    }
    answer
}

/// A deleted object as readers see it: one that was deleted a moment ago is not here yet.
fn find(call: &Call<'_>, id: &str) -> Result<Object, GraphError> {
    call.directory
        .get_deleted(id)
        .cloned()
        .ok_or_else(|| GraphError::not_found(id))
}

fn require_read(caller: &Caller, kind: Kind) -> Result<(), GraphError> {
    let directory = ["Directory.Read.All", "Directory.ReadWrite.All"];
    let own: &[&str] = match kind {
        Kind::User => &["User.Read.All", "User.ReadWrite.All", "User.DeleteRestore.All"],
        Kind::Group => &["Group.Read.All", "Group.ReadWrite.All"],
        Kind::Application | Kind::ServicePrincipal => &super::applications::READ,
    };
    if caller.has(own) {
        Ok(())
    } else {
        caller.require(&directory)
    }
}

fn require_write(caller: &Caller, object: &Object) -> Result<(), GraphError> {
    match object.kind {
        Kind::User => caller.require(&["User.DeleteRestore.All"]),
        // Groups can only be purged and restored by people.
        Kind::Group => Err(GraphError::denied()),
        Kind::Application | Kind::ServicePrincipal if caller.has(&["Application.ReadWrite.All"]) => Ok(()),
        Kind::Application | Kind::ServicePrincipal => {
            caller.require(&["Application.ReadWrite.OwnedBy"])?;
            if object.owners.contains(&caller.object_id) {
                Ok(())
            } else {
                Err(GraphError::denied())
            }
        }
    }
}

fn purge(call: &mut Call<'_>, id: &str) -> Answer {
    let object = find(call, id)?;
    require_write(call.caller, &object)?;
    call.directory.purge(&object.id);
    done()
}

fn restore(call: &mut Call<'_>, id: &str) -> Answer {
    let object = find(call, id)?;
    // Unlike purging, restoring has long been part of writing users.
    if !(object.kind == Kind::User && call.caller.has(&["User.ReadWrite.All"])) {
        require_write(call.caller, &object)?;
    }
    if object.kind == Kind::User {
        if call.directory.is_protected(&object.id)
            && !call.directory.reaches_protected(&call.caller.object_id)
        {
            return Err(GraphError::denied());
        }
        if call.directory.user_named(original_name(&object)).is_some() {
            return Err(GraphError::duplicate("userPrincipalName"));
        }
    }
    let kind = object.kind;
    call.directory.restore(object.clone());
    let restored = call
        .directory
        .truth(kind)
        .find(|known| known.id == object.id)
        .cloned()
        .unwrap_or(object);
    let view = schema_of(kind).project(&restored.view(), None);
    Ok(typed(
        call,
        Response::json(StatusCode::OK, serde_json::Value::Object(view)),
        kind,
    ))
}
