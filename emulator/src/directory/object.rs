//! What a directory holds: users, groups, applications and service principals.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::clock::{from_rfc3339, to_rfc3339};

/// The kinds of directory object that the emulator knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A person's account.
    User,
    /// A security or Microsoft 365 group.
    Group,
    /// An application's registration.
    Application,
    /// An application's identity in the tenant.
    ServicePrincipal,
}

impl Kind {
    /// The name that `OData` uses, without `microsoft.graph.`.
    pub fn odata(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Application => "application",
            Self::ServicePrincipal => "servicePrincipal",
        }
    }
}

/// One directory object.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its object id.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// Its properties by Graph's names, without `id` and without the credentials below.
    pub properties: Map<String, Value>,
    /// The client secrets of an application or service principal.
    pub secrets: Vec<Secret>,
    /// A user's password.
    pub password: Option<String>,
    /// Whether a user must choose a new password at the next sign-in.
    pub must_change_password: bool,
    /// Object ids of the owners.
    pub owners: BTreeSet<String>,
    /// When it was soft-deleted.
    pub deleted_at: Option<i64>,
    /// Whether it was there from the start.
    pub seeded: bool,
}

impl Object {
    /// An object with nothing but its properties.
    pub fn new(id: String, kind: Kind, properties: Map<String, Value>) -> Self {
        Self {
            id,
            kind,
            properties,
            secrets: Vec::new(),
            password: None,
            must_change_password: false,
            owners: BTreeSet::new(),
            deleted_at: None,
            seeded: false,
        }
    }

    /// A property's text, or nothing when it is absent or no text.
    pub fn text(&self, name: &str) -> &str {
        self.properties
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// A yes-or-no property; absent counts as no.
    pub fn flag(&self, name: &str) -> bool {
        self.properties
            .get(name)
            .and_then(Value::as_bool)
            .unwrap_or_default()
    }

    /// Whether a list property contains `item`.
    pub fn lists(&self, name: &str, item: &str) -> bool {
        self.properties
            .get(name)
            .and_then(Value::as_array)
            .is_some_and(|items| items.iter().any(|value| value.as_str() == Some(item)))
    }

    /// Every property as Graph shows it, credentials included and secrets left out.
    pub fn view(&self) -> Map<String, Value> {
        let mut view = self.properties.clone();
        for name in ["id", "deletedDateTime", "passwordCredentials"] {
            view.extend(self.property(name).map(|value| (name.to_owned(), value)));
        }
        view
    }

    /// One of these.
    pub fn property(&self, name: &str) -> Option<Value> {
        match name {
            "id" => Some(self.id.clone().into()),
            "deletedDateTime" => Some(self.deleted_at.map(to_rfc3339).into()),
            "passwordCredentials" if matches!(self.kind, Kind::Application | Kind::ServicePrincipal) => {
                Some(self.secrets.iter().map(Secret::view).collect())
            }
            name => self.properties.get(name).cloned(),
        }
    }
}

/// A client secret.
#[derive(Clone, Debug)]
pub struct Secret {
    /// The id by which it is removed.
    pub key_id: String,
    /// The name that its creator gave it.
    pub display_name: Option<String>,
    /// From when it is valid.
    pub start: i64,
    /// Until when it is valid.
    pub end: i64,
    /// The secret itself, shown once.
    pub text: String,
    /// From when the token endpoint and `removePassword` know it.
    pub seen_from: i64,
    /// Whether it was there from the start.
    pub seeded: bool,
}

impl Secret {
    /// The credential as Graph lists it.
    pub fn view(&self) -> Value {
        serde_json::json!({
            "customKeyIdentifier": null,
            "displayName": self.display_name,
            "endDateTime": to_rfc3339(self.end),
            "hint": self.text.get(..3),
            "keyId": self.key_id,
            "secretText": null,
            "startDateTime": to_rfc3339(self.start),
        })
    }

    /// The credential as Graph shows it once, when it is made.
    pub fn view_once(&self) -> Value {
        let mut view = self.view();
        view["secretText"] = self.text.clone().into();
        view
    }
}

/// A certificate in an application's `keyCredentials` whose time is now, as base64 of its DER.
pub fn valid_certificates(object: &Object, now: i64) -> Vec<String> {
    let keys = object.properties.get("keyCredentials").and_then(Value::as_array);
    let date = |key: &Value, name: &str| key.get(name).and_then(Value::as_str).and_then(from_rfc3339);
    keys.into_iter()
        .flatten()
        .filter(|key| date(key, "startDateTime").is_none_or(|start| start <= now))
        .filter(|key| date(key, "endDateTime").is_none_or(|end| now < end))
        .filter_map(|key| key.get("key").and_then(Value::as_str).map(str::to_owned))
        .collect()
}

/// An assignment of a directory role to a principal.
#[derive(Clone, Debug)]
pub struct RoleAssignment {
    /// Its id.
    pub id: String,
    /// Who holds the role.
    pub principal_id: String,
    /// Which role.
    pub role_definition_id: String,
    /// Where it holds: `/` is the whole tenant.
    pub scope: String,
    /// Whether it was there from the start.
    pub seeded: bool,
}
