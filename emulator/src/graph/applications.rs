//! Applications: listing, reading, registering, changing and deleting them.

use http::Method;
use serde_json::{Map, Value, json};

use super::{
    Answer, Call, done,
    errors::GraphError,
    groups::schema_of,
    odata,
    schema::{APPLICATION, Schema, invalid_value},
    secrets,
};
use crate::{
    clock::to_rfc3339,
    directory::{
        Directory,
        object::{Kind, Object},
    },
    entropy::new_id,
    seed,
};

/// What may read applications and service principals.
pub const READ: [&str; 5] = [
    "Application.Read.All",
    "Application.ReadWrite.All",
    "Application.ReadWrite.OwnedBy",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
/// Who may sign in to an application.
const AUDIENCES: [&str; 4] = [
    "AzureADMyOrg",
    "AzureADMultipleOrgs",
    "AzureADandPersonalMicrosoftAccount",
    "PersonalMicrosoftAccount",
];

/// Finds the operation for a request below `/applications`.
pub fn route(call: &mut Call<'_>, method: &Method, rest: &[&str]) -> Answer {
    match (method, rest) {
        (&Method::GET, []) => list(call),
        (&Method::POST, []) => create(call),
        (&Method::GET, [key]) => get(call, key),
        (&Method::PATCH, [key]) => update(call, key),
        (&Method::DELETE, [key]) => delete(call, key),
        (&Method::GET, [key, "owners"]) => owners(call, Kind::Application, key),
        (&Method::POST, [key, "addPassword" | "microsoft.graph.addPassword"]) => {
            secrets::add(call, Kind::Application, key)
        }
        (&Method::POST, [key, "removePassword" | "microsoft.graph.removePassword"]) => {
            secrets::remove(call, Kind::Application, key)
        }
        (_, [] | [_]) => Err(GraphError::wrong_method()),
        (_, [.., last]) => Err(GraphError::no_such_segment(last)),
    }
}

/// The object, as readers see it, that a key names: its object id, or `(appId='...')`.
pub fn find<'a>(directory: &'a Directory, kind: Kind, key: &str) -> Result<&'a Object, GraphError> {
    let app_id = key
        .strip_prefix("(appId='")
        .and_then(|rest| rest.strip_suffix("')"));
    let found = match app_id {
        Some(app_id) => directory
            .all(kind)
            .find(|object| object.text("appId").eq_ignore_ascii_case(app_id)),
        None => directory.get(key).filter(|object| object.kind == kind),
    };
    found.ok_or_else(|| GraphError::not_found(app_id.unwrap_or(key)))
}

/// The true state of an object that the caller may change: with the permission for all, or as one of its owners.
pub fn find_for_change(call: &Call<'_>, kind: Kind, key: &str, any: &[&str]) -> Result<Object, GraphError> {
    find_changeable(call, kind, key, any).cloned()
}

/// The same, to look at.
pub fn find_changeable<'a>(
    call: &'a Call<'_>,
    kind: Kind,
    key: &str,
    any: &[&str],
) -> Result<&'a Object, GraphError> {
    let everywhere = call.caller.has(any);
    if !everywhere {
        call.caller.require(&["Application.ReadWrite.OwnedBy"])?;
    }
    let id = &find(call.directory, kind, key)?.id;
    let object = call
        .directory
        .changeable(id)
        .ok_or_else(|| GraphError::not_found(key))?;
    if everywhere || object.owners.contains(&call.caller.object_id) {
        Ok(object)
    } else {
        Err(GraphError::denied())
    }
}

fn list(call: &mut Call<'_>) -> Answer {
    call.caller.require(&READ)?;
    odata::collection(
        call.request,
        &APPLICATION,
        call.directory.all(Kind::Application).map(Object::view).collect(),
    )
}

fn get(call: &mut Call<'_>, key: &str) -> Answer {
    call.caller.require(&READ)?;
    odata::object(
        call.request,
        &APPLICATION,
        find(call.directory, Kind::Application, key)?,
    )
}

/// Lists the owners of an application or service principal.
pub fn owners(call: &mut Call<'_>, kind: Kind, key: &str) -> Answer {
    call.caller.require(&READ)?;
    let owners = find(call.directory, kind, key)?
        .owners
        .iter()
        .filter_map(|id| call.directory.get(id));
    let items: Vec<(&Schema, Map<String, Value>)> = owners
        .map(|owner| (schema_of(owner.kind), owner.view()))
        .collect();
    odata::mixed(call.request, items)
}

fn create(call: &mut Call<'_>) -> Answer {
    call.caller
        .require(&["Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"])?;
    let body = call.body()?;
    APPLICATION.check_create(&body)?;
    check(call, &body, "")?;
    let text = |name: &str, otherwise: &str| {
        body.get(name)
            .and_then(Value::as_str)
            .unwrap_or(otherwise)
            .to_owned()
    };
    let mut properties = seed::applications::application(
        &text("displayName", ""),
        &new_id(),
        &text("signInAudience", AUDIENCES[0]),
        &to_rfc3339(call.directory.now),
    );
    properties.extend(
        body.into_iter()
            .filter(|(name, value)| !name.contains('@') && !value.is_null()),
    );
    let mut application = Object::new(new_id(), Kind::Application, properties);
    name_keys(&mut application);
    application.owners.insert(call.caller.object_id.clone());
    let answer = odata::created(call.request, &APPLICATION, &application.view());
    call.directory.put(application);
    Ok(answer)
}

fn update(call: &mut Call<'_>, key: &str) -> Answer {
    let mut application = find_for_change(call, Kind::Application, key, &["Application.ReadWrite.All"])?;
    let body = call.body()?;
    APPLICATION.check_update(&body)?;
    check(call, &body, &application.id)?;
    application
        .properties
        .extend(body.into_iter().filter(|(name, _)| !name.contains('@')));
    name_keys(&mut application);
    call.directory.put(application);
    Ok(done())
}

/// Judges what no schema can: the audience's name, certificates, and identifiers that must be unique.
fn check(call: &Call<'_>, body: &Map<String, Value>, own_id: &str) -> Result<(), GraphError> {
    let audience = body.get("signInAudience").and_then(Value::as_str);
    if audience.is_some_and(|audience| !AUDIENCES.contains(&audience)) {
        return Err(invalid_value(&APPLICATION, "signInAudience"));
    }
    let items = |name: &str| body.get(name).and_then(Value::as_array).into_iter().flatten();
    let is_certificate = |key: &Value| {
        key.get("type").and_then(Value::as_str) == Some("AsymmetricX509Cert")
            && key.get("key").is_some_and(Value::is_string)
    };
    if !items("keyCredentials").all(is_certificate) {
        return Err(invalid_value(&APPLICATION, "keyCredentials"));
    }
    for uri in items("identifierUris").filter_map(Value::as_str) {
        let mut others = call
            .directory
            .truth(Kind::Application)
            .filter(|other| other.id != own_id);
        if others.any(|other| other.lists("identifierUris", uri)) {
            return Err(GraphError::duplicate("identifierUris"));
        }
    }
    Ok(())
}

/// Gives certificates the ids that their sender left out.
fn name_keys(application: &mut Object) {
    if let Some(Value::Array(keys)) = application.properties.get_mut("keyCredentials") {
        for key in keys
            .iter_mut()
            .filter(|key| key.get("keyId").is_none_or(Value::is_null))
        {
            key["keyId"] = json!(new_id());
        }
    }
}

fn delete(call: &mut Call<'_>, key: &str) -> Answer {
    let application = find_for_change(call, Kind::Application, key, &["Application.ReadWrite.All"])?;
    // The application takes its service principal along.
    if let Some(principal) = call
        .directory
        .service_principal(application.text("appId"))
        .cloned()
    {
        call.directory.soft_delete(principal);
    }
    call.directory.soft_delete(application);
    Ok(done())
}
