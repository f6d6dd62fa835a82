//! Client secrets of applications and service principals.

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    Answer, Call, applications, done,
    errors::GraphError,
    schema::{PASSWORD_CREDENTIAL, invalid_value},
};
use crate::{
    clock::from_rfc3339,
    directory::object::{Kind, Object, Secret},
    entropy::{new_id, new_secret},
    wire::Response,
};

/// What may write the secrets of every application.
const WRITE: [&str; 2] = ["Application.ReadWrite.All", "Directory.ReadWrite.All"];
/// How long a secret lives when nothing is said: two years.
const LIFETIME_MILLIS: i64 = 730 * 86_400_000;
/// How many values an application holds in all its collections.
const MOST_VALUES: usize = 1000;
/// How many secrets an application may have that takes personal accounts.
const MOST_PERSONAL: usize = 2;

/// Adds a secret, and shows it this once.
pub fn add(call: &mut Call<'_>, kind: Kind, key: &str) -> Answer {
    let id = applications::find_changeable(call, kind, key, &WRITE)?.id.clone();
    let secret = wanted(call)?;
    let mut body = secret.view_once();
    body["@odata.context"] = json!(format!(
        "{}/v1.0/$metadata#microsoft.graph.passwordCredential",
        call.request.base
    ));
    let add = |object: &mut Object| {
        if is_full(object) {
            return Err(GraphError::too_large());
        }
        object.secrets.push(secret);
        Ok(())
    };
    let added = call.directory.change(&id, add);
    added.ok_or_else(|| GraphError::not_found(key))??;
    Ok(Response::json(StatusCode::OK, body))
}

/// The secret that the request asks for.
fn wanted(call: &Call<'_>) -> Result<Secret, GraphError> {
    let now = call.directory.now;
    let body = if call.request.body.is_empty() {
        serde_json::Map::new()
    } else {
        call.body()?
    };
    if let Some(unknown) = body.keys().find(|name| *name != "passwordCredential") {
        return Err(GraphError::bad_property(
            "InvalidProperty",
            unknown,
            format!("Invalid property '{unknown}'."),
        ));
    }
    let asked = match body.get("passwordCredential") {
        Some(Value::Object(asked)) => asked.clone(),
        None | Some(Value::Null) => serde_json::Map::new(),
        Some(_) => return Err(invalid_value(&PASSWORD_CREDENTIAL, "passwordCredential")),
    };
    PASSWORD_CREDENTIAL.check_update(&asked)?;
    let date = |name: &str| asked.get(name).and_then(Value::as_str).and_then(from_rfc3339);
    let start = date("startDateTime").unwrap_or(now);
    let end = date("endDateTime").unwrap_or(start + LIFETIME_MILLIS);
    if end <= start || end <= now {
        return Err(GraphError::bad_property(
            "InvalidValue",
            "endDateTime",
            "Credential lifetime is invalid: the end date must be after the start date and in the future.",
        ));
    }
    Ok(Secret {
        key_id: new_id(),
        display_name: asked
            .get("displayName")
            .and_then(Value::as_str)
            .map(str::to_owned),
        start,
        end,
        text: new_secret(),
        seen_from: call.directory.seen_from(),
        seeded: false,
    })
}

/// Expired secrets count as well: they keep their place until they are removed.
fn is_full(object: &Object) -> bool {
    let values: usize = object
        .properties
        .values()
        .filter_map(Value::as_array)
        .map(Vec::len)
        .sum();
    let personal = matches!(
        object.text("signInAudience"),
        "AzureADandPersonalMicrosoftAccount" | "PersonalMicrosoftAccount"
    );
    object.secrets.len() + values >= MOST_VALUES || (personal && object.secrets.len() >= MOST_PERSONAL)
}

/// Removes a secret.
pub fn remove(call: &mut Call<'_>, kind: Kind, key: &str) -> Answer {
    let id = applications::find_changeable(call, kind, key, &WRITE)?.id.clone();
    let body = call.body()?;
    if let Some(unknown) = body.keys().find(|name| *name != "keyId") {
        return Err(GraphError::bad_property(
            "InvalidProperty",
            unknown,
            format!("Invalid property '{unknown}'."),
        ));
    }
    let Some(key_id) = body.get("keyId").and_then(Value::as_str) else {
        return Err(GraphError::bad_property(
            "PropertyRequired",
            "keyId",
            "A value is required for property 'keyId'.",
        ));
    };
    let now = call.directory.now;
    let remove = |object: &mut Object| {
        let known = object
            .secrets
            .iter()
            .position(|secret| secret.key_id.eq_ignore_ascii_case(key_id) && secret.seen_from <= now)
            .ok_or_else(|| GraphError::bad(format!("No password credential found with keyId {key_id}.")))?;
        object.secrets.remove(known);
        Ok(())
    };
    let removed = call.directory.change(&id, remove);
    removed.ok_or_else(|| GraphError::not_found(key))??;
    Ok(done())
}
