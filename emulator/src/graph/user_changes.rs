//! Users: changing, disabling, signing out and deleting them, and who may do that to whom.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{Answer, Call, done, errors::GraphError, password_rules, schema::USER, users};
use crate::{
    clock::to_rfc3339,
    directory::{
        names,
        object::Object,
        reach::{GLOBAL_ADMINISTRATOR, PRIVILEGED_AUTHENTICATION_ADMINISTRATOR, USER_ADMINISTRATOR},
    },
    wire::Response,
};

/// The properties whose change on an administrator's account takes an administrator.
const SENSITIVE: [&str; 7] = [
    "accountEnabled",
    "businessPhones",
    "mobilePhone",
    "onPremisesImmutableId",
    "otherMails",
    "passwordProfile",
    "userPrincipalName",
];

/// Changes a user.
pub fn update(call: &mut Call<'_>, id: &str) -> Answer {
    let mut body = call.body()?;
    check_permissions(call, &body)?;
    let mut user = find_for_change(call, id)?;
    if body.keys().any(|name| SENSITIVE.contains(&name.as_str())) {
        check_reach(call, &user)?;
    }
    USER.check_update(&body)?;
    check_master(call, &user, &body)?;
    users::check_names(call.directory, &body, &user.id)?;
    let sign_in_name = user.text("userPrincipalName").to_owned();
    if body.contains_key("passwordProfile") {
        password_rules::apply(&mut body, &mut user, &sign_in_name)?;
        // A new password ends the sessions that the old one opened.
        let now = to_rfc3339(call.directory.now);
        user.properties
            .insert("lastPasswordChangeDateTime".into(), now.clone().into());
        user.properties
            .insert("signInSessionsValidFromDateTime".into(), now.into());
    }
    body.retain(|name, _| !name.contains('@'));
    for (name, value) in body {
        merge(&mut user.properties, name, value);
    }
    call.directory.put(user);
    done()
}

/// Extension attributes are changed one by one; everything else is replaced.
fn merge(properties: &mut Map<String, Value>, name: String, value: Value) {
    if let (Some(Value::Object(old)), Value::Object(new)) = (properties.get_mut(&name), &value)
        && name == "onPremisesExtensionAttributes"
    {
        old.extend(new.clone());
    } else {
        properties.insert(name, value);
    }
}

fn check_permissions(call: &Call<'_>, body: &Map<String, Value>) -> Result<(), GraphError> {
    let caller = call.caller;
    let writes_users = caller.has(&["User.ReadWrite.All", "Directory.ReadWrite.All"]);
    for name in body.keys().filter(|name| !name.contains('@')) {
        let allowed = match name.as_str() {
            "passwordProfile" => {
                let admins = [
                    USER_ADMINISTRATOR,
                    GLOBAL_ADMINISTRATOR,
                    PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
                ];
                caller.has(&["User-PasswordProfile.ReadWrite.All"])
                    || (writes_users && call.directory.holds_any(&caller.object_id, &admins))
            }
            "accountEnabled" => {
                writes_users
                    || (caller.has(&["User.EnableDisableAccount.All"])
                        && caller.has(&["User.Read.All", "Directory.Read.All"]))
            }
            _ => writes_users,
        };
        if !allowed {
            return Err(GraphError::denied());
        }
    }
    if body.is_empty() {
        Err(GraphError::bad("The request has no properties to update."))
    } else {
        Ok(())
    }
}

/// Refuses what only the on-premises directory, or the federated domain, may change.
fn check_master(call: &Call<'_>, user: &Object, body: &Map<String, Value>) -> Result<(), GraphError> {
    let is_cloud_only = |name: &String| name == "usageLocation" || name.contains('@');
    if user.flag("onPremisesSyncEnabled") && !body.keys().all(is_cloud_only) {
        return Err(GraphError::bad(
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects \
             currently undergoing migration.",
        ));
    }
    let domain = names::domain_of(call.directory, user.text("userPrincipalName"));
    if body.contains_key("passwordProfile") && domain.is_ok_and(|domain| domain.is_federated) {
        return Err(GraphError::bad_property(
            "InvalidValue",
            "passwordProfile",
            "The password of a federated user cannot be updated.",
        ));
    }
    Ok(())
}

fn check_reach(call: &Call<'_>, user: &Object) -> Result<(), GraphError> {
    if call.directory.is_protected(&user.id) && !call.directory.reaches_protected(&call.caller.object_id) {
        Err(GraphError::denied())
    } else {
        Ok(())
    }
}

fn find_for_change(call: &Call<'_>, id: &str) -> Result<Object, GraphError> {
    let seen = users::find(call.directory, id)?;
    call.directory
        .for_change(&seen.id)
        .ok_or_else(|| GraphError::not_found(id))
}

/// Soft-deletes a user.
pub fn delete(call: &mut Call<'_>, id: &str) -> Answer {
    call.caller
        .require(&["User.DeleteRestore.All", "User.ReadWrite.All"])?;
    let user = find_for_change(call, id)?;
    check_reach(call, &user)?;
    call.directory.soft_delete(user);
    done()
}

/// Ends a user's sessions.
pub fn revoke_sessions(call: &mut Call<'_>, id: &str) -> Answer {
    call.caller.require(&[
        "User.RevokeSessions.All",
        "User.ReadWrite.All",
        "Directory.ReadWrite.All",
    ])?;
    let mut user = find_for_change(call, id)?;
    let now = to_rfc3339(call.directory.now);
    user.properties
        .insert("signInSessionsValidFromDateTime".into(), now.clone().into());
    user.properties
        .insert("refreshTokensValidFromDateTime".into(), now.into());
    call.directory.put(user);
    let context = format!("{}/v1.0/$metadata#Edm.Boolean", call.request.base);
    Ok(Response::json(
        StatusCode::OK,
        json!({"@odata.context": context, "value": true}),
    ))
}
