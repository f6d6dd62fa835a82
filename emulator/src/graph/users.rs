//! Users: listing, reading, creating, and what they are members of.

use serde_json::{Map, Value, json};

use super::{
    Answer, Call,
    errors::GraphError,
    odata, password_rules,
    schema::{GROUP, Schema, USER, invalid_value},
};
use crate::{
    clock::to_rfc3339,
    directory::{
        Directory,
        names::{self, NameFault},
        object::{Kind, Object},
        same_name,
    },
    entropy::new_id,
    wire::Response,
};

const READ: [&str; 5] = [
    "User.Read.All",
    "User.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "User.ReadBasic.All",
];
/// What may be read with no more than `User.ReadBasic.All`.
const BASIC: [&str; 6] = [
    "displayName",
    "givenName",
    "id",
    "mail",
    "surname",
    "userPrincipalName",
];
const READ_MEMBERSHIPS: [&str; 9] = [
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadBasic.All",
    "Group.ReadWrite.All",
    "GroupMember.Read.All",
    "GroupMember.ReadBasic.All",
    "GroupMember.ReadWrite.All",
    "User.Read.All",
];

/// Lists users.
pub fn list(call: &mut Call<'_>) -> Answer {
    let items = readable(call)?;
    odata::collection(call.request, &USER, items)
}

/// Counts users.
pub fn count(call: &mut Call<'_>) -> Answer {
    let items = readable(call)?;
    odata::count(call.request, &USER, items)
}

fn readable(call: &Call<'_>) -> Result<Vec<Map<String, Value>>, GraphError> {
    check_read(call)?;
    Ok(call
        .directory
        .all(Kind::User)
        .map(|user| limited(call, user.view()))
        .collect())
}

/// Gets a user by object id or sign-in name.
pub fn get(call: &mut Call<'_>, id: &str) -> Answer {
    check_read(call)?;
    let user = find(call.directory, id)?;
    odata::entity(call.request, &USER, &limited(call, user.view()))
}

fn check_read(call: &Call<'_>) -> Result<(), GraphError> {
    call.caller.require(&READ)?;
    let select = call.request.option("$select").unwrap_or_default();
    let only_basic = select
        .split(',')
        .all(|name| name.trim().is_empty() || BASIC.contains(&name.trim()));
    if only_basic || call.caller.has(&READ[..4]) {
        Ok(())
    } else {
        Err(GraphError::denied())
    }
}

fn limited(call: &Call<'_>, mut view: Map<String, Value>) -> Map<String, Value> {
    if !call.caller.has(&READ[..4]) {
        view.retain(|name, _| BASIC.contains(&name.as_str()));
    }
    view
}

/// The user, as readers see it, that has this object id or sign-in name.
pub fn find<'a>(directory: &'a Directory, id: &str) -> Result<&'a Object, GraphError> {
    let by_id = directory.get(id).filter(|object| object.kind == Kind::User);
    by_id
        .or_else(|| {
            directory
                .all(Kind::User)
                .find(|user| same_name(user.text("userPrincipalName"), id))
        })
        .ok_or_else(|| GraphError::not_found(id))
}

/// Creates a user.
pub fn create(call: &mut Call<'_>) -> Answer {
    call.caller
        .require(&["User.ReadWrite.All", "Directory.ReadWrite.All"])?;
    let mut body = call.body()?;
    USER.check_create(&body)?;
    let mut user = Object::new(new_id(), Kind::User, Map::new());
    let name = body
        .get("userPrincipalName")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    check_names(call.directory, &body, &user.id)?;
    if !body
        .get("passwordProfile")
        .is_some_and(|profile| profile.get("password").is_some_and(Value::is_string))
    {
        return Err(GraphError::bad_property(
            "PropertyRequired",
            "passwordProfile",
            "The specified password does not comply with password complexity requirements. Please provide a different \
             password.",
        ));
    }
    password_rules::apply(&mut body, &mut user, &name)?;
    let now = to_rfc3339(call.directory.now);
    body.retain(|name, value| !name.contains('@') && !value.is_null());
    body.insert("createdDateTime".into(), now.clone().into());
    body.insert("lastPasswordChangeDateTime".into(), now.clone().into());
    body.insert("signInSessionsValidFromDateTime".into(), now.into());
    body.entry("userType").or_insert_with(|| "Member".into());
    if let Some(mail) = body.get("mail").and_then(Value::as_str) {
        let address = json!([format!("SMTP:{mail}")]);
        body.insert("proxyAddresses".into(), address);
    }
    user.properties = body;
    let answer = odata::created(call.request, &USER, &user.view());
    call.directory.put(user);
    Ok(answer)
}

/// Judges the names in a request's body: well-formed, of a domain that may have them, and not taken by another user.
pub fn check_names(directory: &Directory, body: &Map<String, Value>, own_id: &str) -> Result<(), GraphError> {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    if let Some(name) = text("userPrincipalName") {
        let domain = names::domain_of(directory, name).map_err(|fault| match fault {
            NameFault::Malformed => {
                GraphError::bad_property("InvalidValue", "userPrincipalName", "Property userPrincipalName is invalid.")
            }
            NameFault::UnverifiedDomain => GraphError::bad_property(
                "InvalidValue",
                "userPrincipalName",
                "The domain portion of the userPrincipalName property is invalid. You must use one of the verified \
                 domain names in your organization.",
            ),
        })?;
        if domain.is_federated && text("onPremisesImmutableId").is_none() {
            return Err(GraphError::bad_property(
                "PropertyRequired",
                "onPremisesImmutableId",
                "Property onPremisesImmutableId is required for a user of a federated domain.",
            ));
        }
        if directory.user_named(name).is_some_and(|other| other.id != own_id) {
            return Err(GraphError::duplicate("userPrincipalName"));
        }
    }
    if text("mailNickname").is_some_and(|nickname| !names::is_nickname(nickname)) {
        return Err(invalid_value(&USER, "mailNickname"));
    }
    for (name, listed) in [
        ("mail", "proxyAddresses"),
        ("onPremisesImmutableId", "onPremisesImmutableId"),
    ] {
        let taken = |value: &str| {
            let others = directory
                .truth(Kind::User)
                .filter(|user| user.id != own_id && user.deleted_at.is_none());
            others.into_iter().any(|user| same_name(user.text(name), value))
        };
        if text(name).is_some_and(taken) {
            return Err(GraphError::duplicate(listed));
        }
    }
    Ok(())
}

/// Lists the groups that a user is a direct member of.
pub fn member_of(call: &mut Call<'_>, id: &str) -> Answer {
    call.caller.require(&READ_MEMBERSHIPS)?;
    let user = find(call.directory, id)?;
    let groups = call.directory.groups_of(&user.id);
    odata::mixed(
        call.request,
        groups
            .into_iter()
            .map(|group| (&GROUP as &Schema, group.view()))
            .collect(),
    )
}

/// Says which of the given groups a user is a member of.
pub fn check_member_groups(call: &mut Call<'_>, id: &str) -> Answer {
    call.caller.require(&READ_MEMBERSHIPS)?;
    let body = call.body()?;
    let ids = body.get("groupIds").and_then(Value::as_array).ok_or_else(|| {
        GraphError::bad_property(
            "PropertyRequired",
            "groupIds",
            "A value is required for property 'groupIds'.",
        )
    })?;
    if ids.len() > 20 {
        return Err(GraphError::bad("The number of groupIds must not exceed 20."));
    }
    let user = find(call.directory, id)?;
    let held = call.directory.groups_of(&user.id);
    let found: Vec<&Value> = ids
        .iter()
        .filter(|id| held.iter().any(|group| Some(group.id.as_str()) == id.as_str()))
        .collect();
    let context = format!("{}/v1.0/$metadata#Collection(Edm.String)", call.request.base);
    Ok(Response::json(
        http::StatusCode::OK,
        json!({"@odata.context": context, "value": found}),
    ))
}
