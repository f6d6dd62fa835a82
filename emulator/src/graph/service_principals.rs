//! Service principals: the identities that applications have in the tenant.

use http::{Method, StatusCode};
use serde_json::{Map, Value};

use super::{
    Answer, Call,
    applications::{self, READ},
    done,
    errors::GraphError,
    groups::schema_of,
    odata,
    schema::{SERVICE_PRINCIPAL, Schema},
    secrets,
};
use crate::{
    clock::to_rfc3339,
    directory::object::{Kind, Object},
    entropy::new_id,
    seed,
};

const WRITE: [&str; 2] = ["Application.ReadWrite.All", "Directory.ReadWrite.All"];

/// Finds the operation for a request below `/servicePrincipals`.
pub fn route(call: &mut Call<'_>, method: &Method, rest: &[&str]) -> Answer {
    match (method, rest) {
        (&Method::GET, []) => list(call),
        (&Method::POST, []) => create(call),
        (&Method::GET, [key]) => get(call, key),
        (&Method::PATCH, [key]) => update(call, key),
        (&Method::DELETE, [key]) => delete(call, key),
        (&Method::GET, [key, "owners"]) => applications::owners(call, Kind::ServicePrincipal, key),
        (&Method::GET, [key, "ownedObjects"]) => owned(call, key),
        (&Method::POST, [key, "addPassword" | "microsoft.graph.addPassword"]) => {
            secrets::add(call, Kind::ServicePrincipal, key)
        }
        (&Method::POST, [key, "removePassword" | "microsoft.graph.removePassword"]) => {
            secrets::remove(call, Kind::ServicePrincipal, key)
        }
        (_, [] | [_]) => Err(GraphError::wrong_method()),
        (_, [.., last]) => Err(GraphError::no_such_segment(last)),
    }
}

fn list(call: &mut Call<'_>) -> Answer {
    call.caller.require(&READ)?;
    let items = call
        .directory
        .all(Kind::ServicePrincipal)
        .map(Object::view)
        .collect();
    odata::collection(call.request, &SERVICE_PRINCIPAL, items)
}

fn get(call: &mut Call<'_>, key: &str) -> Answer {
    call.caller.require(&READ)?;
    let principal = applications::find(call.directory, Kind::ServicePrincipal, key)?;
    odata::object(call.request, &SERVICE_PRINCIPAL, principal)
}

/// Lists the applications and service principals that a service principal owns.
fn owned(call: &mut Call<'_>, key: &str) -> Answer {
    call.caller.require(&READ)?;
    let owner = &applications::find(call.directory, Kind::ServicePrincipal, key)?.id;
    let kinds = [Kind::Application, Kind::ServicePrincipal, Kind::Group];
    let all = kinds.into_iter().flat_map(|kind| call.directory.all(kind));
    let items: Vec<(&Schema, Map<String, Value>)> = all
        .filter(|object| object.owners.contains(owner))
        .map(|object| (schema_of(object.kind), object.view()))
        .collect();
    odata::mixed(call.request, items)
}

fn create(call: &mut Call<'_>) -> Answer {
    let everywhere = call.caller.has(&WRITE);
    if !everywhere {
        call.caller.require(&["Application.ReadWrite.OwnedBy"])?;
    }
    let body = call.body()?;
    SERVICE_PRINCIPAL.check_create(&body)?;
    let app_id = body.get("appId").and_then(Value::as_str).unwrap_or_default();
    // An application that readers do not know yet cannot be referred to.
    let application = call
        .directory
        .application(app_id)
        .filter(|application| call.directory.get(&application.id).is_some())
        .ok_or_else(|| {
            GraphError::bad_property(
                "InvalidValue",
                "appId",
                format!("The appId '{app_id}' of the service principal does not reference a valid application object."),
            )
        })?;
    if !everywhere && !application.owners.contains(&call.caller.object_id) {
        return Err(GraphError::denied());
    }
    if call.directory.service_principal(app_id).is_some() {
        return Err(GraphError::new(
            StatusCode::CONFLICT,
            "Request_MultipleObjectsWithSameKeyValue",
            format!(
                "The service principal cannot be created, updated, or restored because the service principal name \
                 {app_id} is already in use."
            ),
        ));
    }
    let mut properties = seed::applications::service_principal(&application.properties);
    properties.insert("createdDateTime".into(), to_rfc3339(call.directory.now).into());
    properties.extend(
        body.iter()
            .filter(|(name, value)| !name.contains('@') && !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    let mut principal = Object::new(new_id(), Kind::ServicePrincipal, properties);
    principal.owners.insert(call.caller.object_id.clone());
    let answer = odata::created(call.request, &SERVICE_PRINCIPAL, &principal.view());
    call.directory.put(principal);
    Ok(answer)
}

fn update(call: &mut Call<'_>, key: &str) -> Answer {
    let mut principal = applications::find_for_change(call, Kind::ServicePrincipal, key, &WRITE)?;
    let body = call.body()?;
    SERVICE_PRINCIPAL.check_update(&body)?;
    principal
        .properties
        .extend(body.into_iter().filter(|(name, _)| !name.contains('@')));
    call.directory.put(principal);
    Ok(done())
}

fn delete(call: &mut Call<'_>, key: &str) -> Answer {
    let principal = applications::find_for_change(call, Kind::ServicePrincipal, key, &WRITE)?;
    call.directory.soft_delete(principal);
    Ok(done())
}
