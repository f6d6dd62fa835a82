//! Schemas: which properties a resource has, which of them are shown unasked, and which a client may write.
//!
//! To let a resource have one more property, add a line to its table.

mod applications;
mod groups;
mod others;
mod users;

use serde_json::{Map, Value};

use super::errors::GraphError;
use crate::clock::from_rfc3339;

pub use applications::{APPLICATION, PASSWORD_CREDENTIAL, SERVICE_PRINCIPAL};
pub use groups::GROUP;
pub use others::{DOMAIN, ORGANIZATION, ROLE_ASSIGNMENT, ROLE_DEFINITION};
pub use users::USER;

/// The shape of a property's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Text of at most so many characters.
    Text(usize),
    /// Yes or no.
    Flag,
    /// A whole number.
    Number,
    /// A date and time.
    Date,
    /// A list of texts.
    Texts,
    /// A list of objects.
    Objects,
    /// An object.
    Object,
}

/// Who may write a property, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Write {
    Never,
    OnCreate,
    Always,
}

/// An index that queries are answered from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// The directory's own.
    Default,
    /// The one that clients ask for with `ConsistencyLevel: eventual`.
    Eventual,
}

/// A property of a resource.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// The shape of its value.
    pub shape: Shape,
    by_default: bool,
    required: bool,
    nullable: bool,
    write: Write,
    /// Which index can filter by it.
    pub index: Index,
}

impl Property {
    const fn new(name: &'static str, shape: Shape) -> Self {
        let nullable = !matches!(shape, Shape::Texts | Shape::Objects);
        Self {
            name,
            shape,
            by_default: false,
            required: false,
            nullable,
            write: Write::Always,
            index: Index::Default,
        }
    }

    /// Filtered by the eventual index only, whatever the operator (Microsoft: advanced query capabilities on directory objects).
    const fn advanced(mut self) -> Self {
        self.index = Index::Eventual;
        self
    }

    /// Shown when the client selects nothing.
    const fn shown(mut self) -> Self {
        self.by_default = true;
        self
    }

    /// Must be there on create, and may never be cleared.
    const fn required(mut self) -> Self {
        self.required = true;
        self.nullable = false;
        self
    }

    /// Only the service writes it.
    const fn read_only(mut self) -> Self {
        self.write = Write::Never;
        self
    }

    /// Can be written on create only.
    const fn fixed(mut self) -> Self {
        self.write = Write::OnCreate;
        self
    }

    /// What it is when nobody has set it.
    fn unset(&self) -> Value {
        match self.shape {
            Shape::Texts | Shape::Objects => Value::Array(Vec::new()),
            Shape::Text(_) | Shape::Flag | Shape::Number | Shape::Date | Shape::Object => Value::Null,
        }
    }

    fn fits(&self, value: &Value) -> bool {
        let texts = |value: &Value| {
            value
                .as_array()
                .is_some_and(|items| items.iter().all(Value::is_string))
        };
        match self.shape {
            _ if value.is_null() => self.nullable,
            Shape::Text(longest) => value.as_str().is_some_and(|text| {
                text.chars().count() <= longest && !(self.required && text.trim().is_empty())
            }),
            Shape::Flag => value.is_boolean(),
            Shape::Number => value.is_i64(),
            Shape::Date => value.as_str().and_then(from_rfc3339).is_some(),
            Shape::Texts => texts(value),
            Shape::Objects => value
                .as_array()
                .is_some_and(|items| items.iter().all(Value::is_object)),
            Shape::Object => value.is_object(),
        }
    }
}

const fn text(name: &'static str, longest: usize) -> Property {
    Property::new(name, Shape::Text(longest))
}

const fn flag(name: &'static str) -> Property {
    Property::new(name, Shape::Flag)
}

const fn date(name: &'static str) -> Property {
    Property::new(name, Shape::Date)
}

const fn texts(name: &'static str) -> Property {
    Property::new(name, Shape::Texts)
}

const fn objects(name: &'static str) -> Property {
    Property::new(name, Shape::Objects)
}

const fn object(name: &'static str) -> Property {
    Property::new(name, Shape::Object)
}

/// A resource's properties.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// The name of its type, without `microsoft.graph.`.
    pub type_name: &'static str,
    /// The name that the directory's own messages use.
    pub resource: &'static str,
    /// The set that it belongs to, as `$metadata` names it.
    pub set: &'static str,
    /// Its properties.
    pub properties: &'static [Property],
    /// The properties that `$search` may look into.
    pub searchable: &'static [&'static str],
    /// The properties that it can be ordered by.
    pub sortable: &'static [&'static str],
}

impl Schema {
    /// The property of this name.
    pub fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// The names in a `$select`, or why they are none.
    pub fn selection(&self, select: &str) -> Result<Vec<&'static str>, GraphError> {
        let known = |name: &str| {
            self.property(name).map(|property| property.name).ok_or_else(|| {
                GraphError::new(
                    http::StatusCode::BAD_REQUEST,
                    "BadRequest",
                    format!(
                        "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type \
                         'microsoft.graph.{}'.",
                        self.type_name
                    ),
                )
            })
        };
        let names = select.split(',').map(str::trim).filter(|name| !name.is_empty());
        if names.clone().any(|name| name == "*") {
            return Ok(self.properties.iter().map(|property| property.name).collect());
        }
        names.map(known).collect()
    }

    /// The properties of `full` that are selected, or those that are shown unasked.
    pub fn project(
        &self,
        full: &Map<String, Value>,
        selection: Option<&[&'static str]>,
    ) -> Map<String, Value> {
        self.project_from(|name| full.get(name).cloned(), selection)
    }

    /// The same, of an object that tells its properties one by one.
    pub fn project_from(
        &self,
        value: impl Fn(&str) -> Option<Value>,
        selection: Option<&[&'static str]>,
    ) -> Map<String, Value> {
        self.properties
            .iter()
            .filter(|property| selection.map_or(property.by_default, |names| names.contains(&property.name)))
            .map(|property| {
                let value = value(property.name).filter(|value| !value.is_null());
                (
                    property.name.to_owned(),
                    value.unwrap_or_else(|| property.unset()),
                )
            })
            .collect()
    }

    /// Judges the body of a create: everything known, writable and well-shaped, and nothing missing.
    pub fn check_create(&self, body: &Map<String, Value>) -> Result<(), GraphError> {
        self.check(body, true)?;
        let missing = self
            .properties
            .iter()
            .find(|property| property.required && !body.contains_key(property.name));
        missing.map_or(Ok(()), |property| {
            Err(GraphError::bad_property(
                "PropertyRequired",
                property.name,
                format!(
                    "A value is required for property '{}' of resource '{}'.",
                    property.name, self.resource
                ),
            ))
        })
    }

    /// Judges the body of an update.
    pub fn check_update(&self, body: &Map<String, Value>) -> Result<(), GraphError> {
        self.check(body, false)
    }

    fn check(&self, body: &Map<String, Value>, creating: bool) -> Result<(), GraphError> {
        for (name, value) in body.iter().filter(|(name, _)| !name.contains('@')) {
            let property = self.property(name).ok_or_else(|| {
                GraphError::bad_property("InvalidProperty", name, format!("Invalid property '{name}'."))
            })?;
            let writable = match property.write {
                Write::Never => false,
                Write::OnCreate => creating,
                Write::Always => true,
            };
            if !writable {
                return Err(GraphError::bad_property(
                    "ReadOnlyProperty",
                    name,
                    format!("Property '{name}' is read-only and cannot be set."),
                ));
            }
            if !property.fits(value) {
                return Err(invalid_value(self, name));
            }
        }
        Ok(())
    }
}

/// A value that a property cannot have.
pub fn invalid_value(schema: &Schema, name: &str) -> GraphError {
    GraphError::bad_property(
        "InvalidValue",
        name,
        format!(
            "Invalid value specified for property '{name}' of resource '{}'.",
            schema.resource
        ),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(body: &Value) -> Option<String> {
        USER.check_create(body.as_object().unwrap())
            .err()
            .and_then(|error| error.detail)
            .map(|detail| detail.target)
    }

    #[test]
    fn a_create_is_judged_property_by_property() {
        let mut body = json!({
            "accountEnabled": true, "displayName": "A", "mailNickname": "a", "userPrincipalName": "a@contoso.com",
            "passwordProfile": {"password": "x"},
        });
        assert_eq!(check(&body), None);
        for (name, value) in [
            ("displayNam", json!("A")),
            ("accountEnabled", json!("yes")),
            ("id", json!("1")),
        ] {
            let mut wrong = body.clone();
            wrong[name] = value;
            assert_eq!(check(&wrong).as_deref(), Some(name));
        }
        body.as_object_mut().unwrap().remove("mailNickname");
        assert_eq!(check(&body).as_deref(), Some("mailNickname"));
    }

    #[test]
    fn only_default_properties_are_shown_unasked() {
        let full = json!({"id": "1", "displayName": "A", "department": "IT"});
        let full = full.as_object().unwrap();
        assert!(!USER.project(full, None).contains_key("department"));
        let selected = USER.selection("department,city").unwrap();
        assert_eq!(
            Value::Object(USER.project(full, Some(&selected))),
            json!({"city": null, "department": "IT"})
        );
        assert!(USER.selection("nothing").is_err());
    }
}
